//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// stoppedByQuota is something else that stops pods: before Pod Security did, after, and alone.
func stoppedByQuota(t *testing.T, s *server) {
	ns := s.namespace(t, "blocked-quota", nil)
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")},
	}}
	if _, err := s.client.CoreV1().ResourceQuotas(ns).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quota to be counted", func() (bool, error) {
		q, err := s.client.CoreV1().ResourceQuotas(ns).Get(t.Context(), "none", metav1.GetOptions{})
		return err == nil && len(q.Status.Hard) > 0, err
	})
	set := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "rs"},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: new(int32(2)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "rs"}},
			Template: template(soloPod(ns, "rs", hostPID)),
		},
	}
	refuse(t, s, set)
	// condition waits until the ReplicaSet's condition begins so, and touch makes it try again.
	condition := func(text string) {
		eventually(t, "a condition about "+text, func() (bool, error) {
			rs, err := s.client.AppsV1().ReplicaSets(ns).Get(t.Context(), "rs", metav1.GetOptions{})
			return err == nil && len(rs.Status.Conditions) > 0 && strings.Contains(rs.Status.Conditions[0].Message, text), err
		})
	}
	replicas := 2
	touch := func() {
		replicas++
		patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
		if _, err := s.client.AppsV1().ReplicaSets(ns).Patch(t.Context(), "rs", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	condition("exceeded quota")
	s.eventuallyBlocked(t, ns)

	s.relabel(t, ns, modes{enforce: "baseline"})
	touch()
	r := s.eventuallyBlocked(t, ns, "ReplicaSet/rs 3/3")
	condition("exceeded quota") // it keeps its first words, so that only events know
	if b := &r.Items[0]; b.SinceExact || !slices.Equal(b.Sources, []string{"event"}) {
		t.Errorf("%+v", b)
	}
	s.relabel(t, ns, modes{enforce: "privileged"})
	touch()
	s.eventuallyBlocked(t, ns)
}

// rightsForBlocked is what README.md calls the least role, together with the right to list events.
func rightsForBlocked(t *testing.T, s *server) {
	ns := s.namespace(t, "blocked-rights", modes{enforce: "baseline"}.labels())
	refuse(t, s, deployment(soloPod(ns, "d", hostPID), 1))
	refuse(t, s, daemonSet(soloPod(ns, "ds", hostPID)))
	eventually(t, "two refusals", func() (bool, error) {
		r, _ := s.blocked(t, "ns", ns)
		return len(r.Items) == 2, nil
	})
	var role rbacv1.Role
	readme(t, "least Role", &role)
	some := s.grant(t, "blocked-some", ns, role.Rules)
	events := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"list"}}
	all := s.grant(t, "blocked-all", ns, append(role.Rules, events))

	if r, exit := s.blocked(t, "ns", ns, "--as", all); exit != 1 || len(r.Items) != 2 || len(r.Gaps) > 0 {
		t.Errorf("exit code %d, %+v", exit, r)
	}
	r, exit := s.blocked(t, "ns", ns, "--as", some)
	if exit != 1 || len(r.Items) != 1 || r.Items[0].Name != "d" || len(r.Gaps) != 1 || r.Gaps[0].Resource != "events" {
		t.Errorf("without events: exit code %d, %+v", exit, r)
	}
	if r := s.pss(t, "blocked", "--as", all); r.exit != 2 || !strings.Contains(r.stderr, "kubectl pss blocked ns NAME") {
		t.Errorf("everywhere: %+v", r)
	}
}
