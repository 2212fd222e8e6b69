package migration

import (
	"context"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// estate is a cluster of a test's own.
type estate struct {
	namespaces []corev1.Namespace
	pods       []corev1.Pod
	objects    []*workload.Object
	gaps       []workload.Gap
	options    CheckOptions
	automount  *bool // what service accounts say of tokens
}

var _ workload.Source = (*estate)(nil)

func (e *estate) Namespaces(context.Context) ([]corev1.Namespace, error) { return e.namespaces, nil }

func (e *estate) Read(ctx context.Context, _ []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	pods := make([]corev1.Pod, len(e.pods)) // the sink owns what it gets
	for i := range e.pods {
		pods[i] = *e.pods[i].DeepCopy()
	}
	if err := sink.Pods(ctx, pods); err != nil {
		return nil, err
	}
	return e.gaps, sink.Objects(ctx, e.objects)
}

// newEstate has the namespace shop, in which every service account may use the policies.
func newEstate(t *testing.T, policies ...string) *estate {
	t.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	e := &estate{options: CheckOptions{Minor: 24, Served: true}}
	if e.options.Admission, err = simulate.New(config); err != nil {
		t.Fatal(err)
	}
	e.namespace("shop", nil)
	for _, text := range policies {
		p := policyOf(t, text)
		e.options.Policies = append(e.options.Policies, p)
		e.grant("shop", "policy", p.Name, rbacv1.Subject{Kind: "Group", APIGroup: rbacv1.GroupName, Name: "system:serviceaccounts:shop"})
	}
	return e
}

func (e *estate) namespace(name string, labels map[string]string) {
	e.namespaces = append(e.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
}

// grant lets a subject use a policy in a namespace, in one of the API groups.
func (e *estate) grant(namespace, group, policy string, subject rbacv1.Subject) {
	name := namespace + "-" + policy
	rules := []rbacv1.PolicyRule{{Verbs: []string{"use"}, APIGroups: []string{group}, Resources: []string{"podsecuritypolicies"}, ResourceNames: []string{policy}}}
	e.options.Access.Roles = append(e.options.Access.Roles, rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Rules: rules})
	e.options.Access.RoleBindings = append(e.options.Access.RoleBindings, rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Subjects: []rbacv1.Subject{subject},
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
	})
}

func (e *estate) check(t *testing.T) *report.PSPCheck {
	t.Helper()
	r, err := Check(t.Context(), e, e.options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// only is the one workload of the estate.
func (e *estate) only(t *testing.T) *report.PSPWorkload {
	t.Helper()
	r := e.check(t)
	if len(r.Items) != 1 || len(r.Items[0].Workloads) != 1 {
		t.Fatalf("not one workload: %+v", r.Items)
	}
	return &r.Items[0].Workloads[0]
}

// hardening writes what restricted demands, open admits everything and writes nothing.
const (
	hardening = `
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: hardening
  annotations:
    seccomp.security.alpha.kubernetes.io/allowedProfileNames: runtime/default
    seccomp.security.alpha.kubernetes.io/defaultProfileName: runtime/default
spec:
  allowPrivilegeEscalation: false
  requiredDropCapabilities: [ALL]
  volumes: [configMap, emptyDir, projected, secret]
  runAsUser: {rule: MustRunAsNonRoot}
  seLinux: {rule: RunAsAny}
  supplementalGroups: {rule: RunAsAny}
  fsGroup: {rule: RunAsAny}`
	open24 = `
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: open
  annotations: {seccomp.security.alpha.kubernetes.io/allowedProfileNames: '*'}
spec:
  privileged: true
  allowedCapabilities: ['*']
  volumes: ['*']
  hostNetwork: true
  hostPorts: [{min: 0, max: 65535}]
  runAsUser: {rule: RunAsAny}
  seLinux: {rule: RunAsAny}
  supplementalGroups: {rule: RunAsAny}
  fsGroup: {rule: RunAsAny}`
)

func policyOf(t *testing.T, text string) *psp.Policy {
	t.Helper()
	raw, err := sigsyaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	p, err := psp.Decode(fields)
	if err != nil {
		t.Fatal(err)
	}
	if errs := p.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	return p
}

// plain is a template that says nothing of its security.
func plain() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}}}
}

// deploy adds a Deployment and its ReplicaSet, which made as many pods as it has replicas; admitted is what became of
// these.
func (e *estate) deploy(name string, replicas int32, template corev1.PodTemplateSpec, admitted func(*corev1.Pod)) {
	revision := map[string]string{"deployment.kubernetes.io/revision": "1"}
	yes := true
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name), Annotations: revision},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Template: *template.DeepCopy()},
	}
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name + "-1", UID: types.UID(name + "-1"), Annotations: revision,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: name, UID: d.UID, Controller: &yes}},
		},
		Spec:   appsv1.ReplicaSetSpec{Replicas: &replicas, Template: *template.DeepCopy()},
		Status: appsv1.ReplicaSetStatus{Replicas: replicas},
	}
	for range replicas {
		pod := &corev1.Pod{ObjectMeta: *template.ObjectMeta.DeepCopy(), Spec: *template.Spec.DeepCopy()}
		e.pod(pod, metav1.OwnerReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: rs.Name, UID: rs.UID, Controller: &yes}, admitted)
	}
	now := metav1.Now().Time
	e.objects = append(e.objects, workload.From(d, now), workload.From(rs, now))
}

// pod adds a pod.
func (e *estate) pod(pod *corev1.Pod, owner metav1.OwnerReference, admitted func(*corev1.Pod)) {
	pod.Namespace = "shop"
	pod.Name = owner.Name + "-" + string(rune('a'+len(e.pods)))
	pod.UID = types.UID(pod.Name)
	pod.OwnerReferences = []metav1.OwnerReference{owner}
	*pod = *psp.WithToken(pod, e.automount)
	if n := len(pod.Spec.Volumes); n > 0 {
		pod.Spec.Volumes[n-1].Name = "kube-api-access-" + pod.Name // each has one of its own
	}
	admitted(pod)
	e.pods = append(e.pods, *pod)
}

// by admits pods by a policy, as the server does.
func by(t *testing.T, text string) func(*corev1.Pod) {
	t.Helper()
	p := policyOf(t, text)
	return func(pod *corev1.Pod) {
		after, errs := p.Admit(pod)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		*pod = *after
		if pod.Annotations == nil {
			pod.Annotations = map[string]string{}
		}
		pod.Annotations[psp.Annotation] = p.Name
	}
}

func untouched(*corev1.Pod) {}

func accountsOf(names ...string) []types.NamespacedName {
	var list []types.NamespacedName
	for _, name := range names {
		list = append(list, types.NamespacedName{Namespace: "shop", Name: name})
	}
	return list
}
