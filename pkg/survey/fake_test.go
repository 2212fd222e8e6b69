package survey

import (
	"context"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// fakeSource is a cluster in memory. Every object goes out as a page of its own, pods first or last.
type fakeSource struct {
	namespaces []corev1.Namespace
	deploys    []appsv1.Deployment
	sets       []appsv1.ReplicaSet
	pods       []*corev1.Pod
	gaps       []workload.Gap
	backwards  bool
	onRead     func()
}

var _ workload.Source = (*fakeSource)(nil)

func (f *fakeSource) Namespaces(context.Context) ([]corev1.Namespace, error) {
	return f.namespaces, nil
}

func (f *fakeSource) Read(ctx context.Context, _ []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	if f.onRead != nil {
		f.onRead()
	}
	var pages []func() error
	object := func(o *workload.Object) {
		pages = append(pages, func() error { return sink.Objects(ctx, []*workload.Object{o}) })
	}
	for i := range f.deploys {
		object(workload.From(f.deploys[i].DeepCopy(), time.Time{}))
	}
	for i := range f.sets {
		object(workload.From(f.sets[i].DeepCopy(), time.Time{}))
	}
	for _, p := range f.pods {
		pages = append(pages, func() error { return sink.Pods(ctx, []corev1.Pod{*p.DeepCopy()}) })
	}
	pages = append(pages, pages...) // lists that had to start again send everything twice
	if f.backwards {
		slices.Reverse(pages)
	}
	for _, page := range pages {
		if err := page(); err != nil {
			return nil, err
		}
	}
	return f.gaps, nil
}

func namespace(name string, labels ...string) corev1.Namespace {
	ns := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	for i := 0; i < len(labels); i += 2 {
		ns.Labels["pod-security.kubernetes.io/"+labels[i]] = labels[i+1]
	}
	return ns
}

func meta(namespace, name string, owner *workload.Object) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + "/" + name)}
	if owner != nil {
		yes := true
		m.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: schema.GroupVersion{Group: owner.Group, Version: "v1"}.String(),
			Kind:       owner.Kind, Name: owner.Name, UID: owner.UID, Controller: &yes,
		}}
	}
	return m
}

func (f *fakeSource) deployment(ns, name string, spec corev1.PodSpec, revision string) workload.Object {
	d := appsv1.Deployment{ObjectMeta: meta(ns, name, nil)}
	d.Annotations = map[string]string{"deployment.kubernetes.io/revision": revision}
	d.Spec.Template.Spec = spec
	f.deploys = append(f.deploys, d)
	return workload.Object{Ref: workload.Ref{Group: "apps", Kind: "Deployment", Name: name}, Namespace: ns, UID: d.UID}
}

func (f *fakeSource) replicaSet(owner workload.Object, name, revision string, spec corev1.PodSpec) workload.Object {
	r := appsv1.ReplicaSet{ObjectMeta: meta(owner.Namespace, name, &owner)}
	r.Annotations = map[string]string{"deployment.kubernetes.io/revision": revision}
	r.Spec.Template.Spec = spec
	r.Status.Replicas = 1
	f.sets = append(f.sets, r)
	return workload.Object{Ref: workload.Ref{Group: "apps", Kind: "ReplicaSet", Name: name}, Namespace: owner.Namespace, UID: r.UID}
}

func (f *fakeSource) pod(ns, name string, owner *workload.Object, spec corev1.PodSpec) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: meta(ns, name, owner), Spec: spec}
	f.pods = append(f.pods, p)
	return p
}

// plain passes baseline, hardened passes restricted, hostPath passes neither.
func plain() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}
}

func hostPath() corev1.PodSpec {
	spec := hardened()
	spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
	return spec
}

func hardened() corev1.PodSpec {
	yes, no := true, false
	return corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   &yes,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{Name: "c", SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no,
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}}},
	}
}

// sidecar adds what a service mesh's webhook would.
func sidecar(spec corev1.PodSpec) corev1.PodSpec {
	spec.InitContainers = []corev1.Container{{Name: "mesh", SecurityContext: &corev1.SecurityContext{
		Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"NET_ADMIN"}},
	}}}
	return spec
}

func options(t *testing.T, o Options) Options {
	t.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	if o.Admission == nil {
		if o.Admission, err = simulate.New(config); err != nil {
			t.Fatal(err)
		}
	}
	o.Minor = 37
	return o
}

func run(t *testing.T, source workload.Source, o Options) *report.CheckReport {
	t.Helper()
	r, err := Run(t.Context(), source, options(t, o))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
