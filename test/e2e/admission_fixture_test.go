//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// oneOfEachKind stores a workload of every kind that has a template, made of one pod, and returns them by kind.
func (s *server) oneOfEachKind(t *testing.T, pod func(name string) *corev1.Pod) map[string]object {
	t.Helper()
	p := pod("rc")
	one := int32(1)
	own := template(p)
	set := func(name string) *corev1.Pod { // labels of its own, so that no two controllers fight over pods
		p := pod(name)
		p.Labels = map[string]string{"app": name}
		return p
	}
	rc := &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "rc"}}
	own.Labels = map[string]string{"app": "rc"}
	rc.Spec = corev1.ReplicationControllerSpec{Replicas: &one, Selector: own.Labels, Template: &own}
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "rs"}, Spec: appsv1.ReplicaSetSpec{
		Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "rs"}}, Template: template(set("rs")),
	}}
	ds := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "ds"}, Spec: appsv1.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "ds"}}, Template: template(set("ds")),
	}}
	ds.Spec.Template.Spec.NodeSelector = map[string]string{"e2e.pss.dev/nowhere": ""}
	suspended := job(set("job"))
	suspended.Spec.Suspend = new(true)
	return map[string]object{
		"Deployment": create(t, s, deployment(set("d"), 1)), "StatefulSet": create(t, s, statefulSet(set("sts"), 1, "data")),
		"DaemonSet": create(t, s, ds), "ReplicaSet": create(t, s, rs), "ReplicationController": create(t, s, rc),
		"Job": create(t, s, suspended), "CronJob": create(t, s, cronJob(set("cj"), false)),
		"PodTemplate": create(t, s, &corev1.PodTemplate{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "pt"}, Template: template(set("pt"))}),
	}
}

// through is check --through-admission of one namespace, which leaves nothing behind.
func (s *server) through(t *testing.T, namespace string, m modes, flags ...string) (*report.CheckReport, int) {
	t.Helper()
	s.atRestIn(t, namespace)
	before := s.everythingIn(t, namespace)
	r := s.pss(t, slices.Concat([]string{"check", "ns", namespace, "--through-admission", "-o", "json"}, m.flags(), s.flags, flags)...)
	if r.exit == 2 {
		t.Fatalf("exit code 2: %s", r.stderr)
	}
	if diff := cmp.Diff(before, s.everythingIn(t, namespace)); diff != "" {
		t.Errorf("left behind in %s:\n%s", namespace, diff)
	}
	report := decode(t, r.stdout)
	said := ""
	if n := report.DryRuns.Asked; n == 1 {
		said = "Sending 1 dry-run request to create a pod. Nothing is stored, but it reaches the audit log and the admission webhooks.\n"
	} else if n > 1 {
		said = fmt.Sprintf("Sending %d dry-run requests to create pods. Nothing is stored, but they reach the audit log and the admission webhooks.\n", n)
	}
	if r.stderr != said {
		t.Errorf("beforehand: %q, want %q", r.stderr, said)
	}
	return report, r.exit
}

// eventuallySteady waits until the controllers of oneOfEachKind have made their four pods.
func (s *server) eventuallySteady(t *testing.T, namespace string) {
	t.Helper()
	s.eventuallyPods(t, namespace, 4)
}
