package survey

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const pinnedImage = "registry.example.com/app:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// sound breaks no control beyond the Standards, and is restricted.
func sound() corev1.PodSpec {
	spec := hardened()
	no, yes := false, true
	spec.AutomountServiceAccountToken = &no
	c := &spec.Containers[0]
	c.Image = pinnedImage
	c.SecurityContext.ReadOnlyRootFilesystem = &yes
	c.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
	return spec
}

func changed(spec corev1.PodSpec, change func(*corev1.PodSpec)) corev1.PodSpec {
	change(&spec)
	return spec
}

func mounted(spec *corev1.PodSpec) {
	spec.AutomountServiceAccountToken = nil
	spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
}

func lookBeyond(t *testing.T, f *fakeSource, o Options) *report.CheckReport {
	t.Helper()
	if o.Beyond == nil {
		o.Beyond = &beyond.Options{}
	}
	return run(t, f, o)
}

func TestBeyond(t *testing.T) {
	automount := func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = nil }
	for _, c := range []struct {
		name           string
		template, pods corev1.PodSpec
		nopods         bool
		want           []string
	}{
		{name: "sound", template: sound(), pods: sound()},
		{name: "a template alone", template: changed(sound(), automount), nopods: true, want: []string{"service-account-token"}},
		{
			name: "pods show what becomes of the token", template: changed(sound(), automount), pods: changed(sound(), automount),
		},
		{
			name: "pods that have it", template: changed(sound(), automount), pods: changed(sound(), mounted),
			want: []string{"service-account-token"},
		},
		{
			name: "a template that pods do not follow", template: changed(sound(), func(s *corev1.PodSpec) { s.Containers[0].Image = "app" }), pods: sound(),
			want: []string{"trusted-registries", "image-tags", "image-digests"},
		},
		{
			name: "what was put into pods", template: sound(), pods: changed(sound(), func(s *corev1.PodSpec) {
				sidecar := *s.Containers[0].DeepCopy()
				sidecar.Name, sidecar.Resources = "sidecar", corev1.ResourceRequirements{}
				s.Containers = append(s.Containers, sidecar)
			}),
			want: []string{"resource-limits"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
			d := f.deployment("a", "web", c.template, "1")
			set := f.replicaSet(d, "web-1", "1", c.template)
			if !c.nopods {
				f.pod("a", "web-1-x", &set, c.pods)
			}
			r := lookBeyond(t, f, Options{})
			w := r.Items[0].Workloads[0]
			if diff := cmp.Diff(c.want, w.Beyond); diff != "" && len(c.want)+len(w.Beyond) > 0 {
				t.Errorf("workload (-want +got):\n%s", diff)
			}
			for _, control := range r.Beyond.Controls {
				want := 0
				if slices.Contains(c.want, control.Control) {
					want = 1
				}
				if control.Workloads != want || r.Items[0].Beyond[control.Control] != want || control.Namespaces != want || !control.Complete {
					t.Errorf("%+v, and %d in the namespace, want %d", control, r.Items[0].Beyond[control.Control], want)
				}
			}
			if r.Summary.Verdict != report.Complies || w.Blocks || w.Strictest != "restricted" {
				t.Errorf("verdict %s, workload %+v: none of this is Pod Security's", r.Summary.Verdict, w)
			}
		})
	}
}

// Pods that differ in nothing that Pod Security sees are told apart where they differ beyond it, and their fields named.
func TestBeyondFields(t *testing.T) {
	f := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
	d := f.deployment("a", "web", sound(), "1")
	set := f.replicaSet(d, "web-1", "1", sound())
	f.pod("a", "web-1-a", &set, sound())
	f.pod("a", "web-1-b", &set, changed(sound(), func(s *corev1.PodSpec) { s.Containers[0].Image = "quay.io/app" }))
	f.pod("a", "web-1-c", &set, changed(sound(), func(s *corev1.PodSpec) { s.Containers[0].Image = "quay.io/app" }))
	field := []report.Field{{Path: "spec.containers[0].image", Container: "c", Value: "quay.io/app"}}
	want := []report.BeyondFinding{
		{Control: "trusted-registries", Fields: field}, {Control: "image-tags", Fields: field}, {Control: "image-digests", Fields: field},
	}
	r := lookBeyond(t, f, Options{Beyond: &beyond.Options{Registries: []string{"registry.example.com"}}})
	counts := map[int][]report.BeyondFinding{}
	for _, e := range r.Items[0].Workloads[0].Evidence {
		if e.Source == report.EvidencePod {
			counts[e.Count] = e.Beyond
		}
	}
	if diff := cmp.Diff(map[int][]report.BeyondFinding{1: nil, 2: want}, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plain := run(t, f, Options{}); plain.Beyond != nil || plain.Items[0].Beyond != nil || len(plain.Items[0].Workloads[0].Evidence) != 2 {
		t.Errorf("nobody asked: %+v", plain.Items[0])
	}
}

// The command names what was asked about, and what is trusted.
func TestBeyondExport(t *testing.T) {
	f := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}, gaps: []workload.Gap{{Resource: "pods", Namespace: "a", Reason: "forbidden"}}}
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{}, "kubectl pss export --all --control trusted-registries --registry REGISTRY"},
		{
			Options{Scope: "a", Beyond: &beyond.Options{Registries: []string{"quay.io/x", "docker.io/library"}}},
			"kubectl pss export a --control trusted-registries --registry quay.io/x --registry docker.io/library",
		},
	} {
		got := lookBeyond(t, f, c.options).Beyond.Controls[1]
		if diff := cmp.Diff(c.want, got.Export); diff != "" || got.Complete {
			t.Errorf("complete %t (-want +got):\n%s", got.Complete, diff)
		}
	}
}
