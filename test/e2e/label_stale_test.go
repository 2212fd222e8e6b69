//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestLabelFile carries out a plan file after the workloads have changed: whatever is foreseen otherwise by now stops
// its namespace, for better or worse, and what went on without making a difference does not.
func TestLabelFile(t *testing.T) {
	t.Parallel()
	s := plain(t)
	a := newAdmin(t, s.Kubeconfig)
	names, selector := s.group(t, "planned", 6)
	same, added, repaired, worse, restarted, gone := names[0], names[1], names[2], names[3], names[4], names[5]
	for _, ns := range names {
		if err := s.account(t.Context(), ns, "default"); err != nil {
			t.Fatal(err)
		}
		create(t, s, deployment(plainPod(ns, "w", hostPID), 1))
		s.eventuallyPods(t, ns, 1)
	}
	text := a.must(t, 1, "label", "ns", "-l", selector, "--enforce=baseline", "--dry-run=client", "-o", "yaml").stdout
	plan := file(t, "plan.yaml", text)

	create(t, s, deployment(plainPod(added, "new", hostNetwork), 1))
	s.eventuallyPods(t, added, 2)
	s.edit(t, repaired, `{"spec":{"template":{"spec":{"hostPID":false}}}}`)
	s.edit(t, worse, `{"spec":{"template":{"spec":{"hostIPC":true}}}}`)
	s.edit(t, restarted, `{"spec":{"template":{"metadata":{"annotations":{"restarted":"now"}}}}}`)
	if err := s.client.AppsV1().Deployments(gone).Delete(t.Context(), "w", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for ns, count := range map[string]int{gone: 0, repaired: 1, worse: 1, restarted: 1} {
		s.eventuallyPods(t, ns, count)
	}

	carryOut := []string{"label", "-f", plan, "--yes", "--allow-violations"}
	p := a.plan(t, 2, carryOut...)
	moved := map[string]string{
		added: `Deployment/new would be refused, which the plan did not see: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), ` +
			`hostPort (container "c" uses hostPort 8080)`,
		repaired: "Deployment/w would no longer be refused",
		worse: `Deployment/w would be refused in other words than the plan saw: violates PodSecurity "baseline:latest": host namespaces ` +
			`(hostPID=true, hostIPC=true)`,
		gone: "Deployment/w would no longer be refused",
	}
	for i := range p.Items {
		why, stops := moved[p.Items[i].Namespace]
		s.carriedOut(t, &p.Items[i], why, stops)
	}
	if p.Summary.Outcomes[report.EndingWritten] != 2 || len(p.Items) != len(names) {
		t.Errorf("of %s and %s, which are as they were: %+v", same, restarted, p.Summary)
	}

	uid := p.Server.ClusterUID
	elsewhere := strings.Replace(text, uid, "a-cluster-far-away", 1)
	r := a.must(t, 2, "label", "-f", file(t, "plan.yaml", elsewhere), "--yes", "--allow-violations")
	r.says(t, "error: this plan is for another cluster", uid)
}

// carriedOut holds what a plan's file came to in a namespace: it was stopped and why, or it was written.
func (s *server) carriedOut(t *testing.T, item *report.Planned, why string, stops bool) {
	t.Helper()
	stored, err := s.client.CoreV1().Namespaces().Get(t.Context(), item.Namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := &report.Result{Outcome: report.EndingWritten, Warnings: item.Result.Warnings, ResourceVersion: stored.ResourceVersion}
	if stops {
		want = &report.Result{Outcome: report.EndingMoved, Message: why}
	}
	if diff := cmp.Diff(want, item.Result); diff != "" {
		t.Errorf("%s (-want +got):\n%s", item.Namespace, diff)
	}
	if level := s.podSecurity(t, item.Namespace)["enforce"]; (level == "baseline") == stops {
		t.Errorf("%s has the level %q, %+v", item.Namespace, level, item.Result)
	}
}

// edit changes the Deployment w of a namespace, and waits until the change is rolled out.
func (s *server) edit(t *testing.T, namespace, patch string) {
	t.Helper()
	s.kubectl(t, "patch", "deployment", "w", "-n", namespace, "--patch", patch)
	s.kubectl(t, "rollout", "status", "deployment/w", "-n", namespace, "--timeout="+patience.String())
}

// TestLabelRecommendRights recommends on behalf of somebody who may not list one resource in one of two namespaces:
// that one is not raised.
func TestLabelRecommendRights(t *testing.T) {
	t.Parallel()
	s := plain(t)
	seen, hidden := s.namespace(t, "seen", nil), s.namespace(t, "hidden", nil)
	for _, ns := range []string{seen, hidden} {
		create(t, s, deployment(strictPod(ns, "w"), 1))
		create(t, s, cronJob(plainPod(ns, "c", hostPID), false))
		s.eventuallyPods(t, ns, 1)
	}
	if err := s.client.BatchV1().CronJobs(seen).Delete(t.Context(), "c", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var least rbacv1.ClusterRole
	readme(t, "least ClusterRole", &least)
	rules := append(without(least.Rules, "cronjobs"), rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"patch"}})
	user := s.grant(t, "recommender", "", rules)
	s.also(t, user, seen, rbacv1.PolicyRule{APIGroups: []string{"batch"}, Resources: []string{"cronjobs"}, Verbs: []string{"get", "list"}})

	p := newAdmin(t, s.Kubeconfig, "--as", user).plan(t, 3, "label", "ns", seen, hidden, "--recommend", "--yes")
	at := slices.IndexFunc(p.Items, func(item report.Planned) bool { return item.Namespace == hidden })
	if held := p.Items[at]; held.Action != report.ActionSkip || held.Reason != "not everything could be read (cronjobs.batch)" {
		t.Errorf("of which not everything could be read: %+v", held)
	}
	want := map[string]string{
		"enforce": "restricted", "enforce-version": p.Server.PolicyVersion,
		"audit": "restricted", "audit-version": "latest", "warn": "restricted", "warn-version": "latest",
	}
	for ns, labels := range map[string]map[string]string{seen: want, hidden: {}} {
		if diff := cmp.Diff(labels, s.podSecurity(t, ns)); diff != "" {
			t.Errorf("the labels of %s (-want +got):\n%s", ns, diff)
		}
	}
	// Somebody who sees everything finds why: the level would have refused the next run.
	p = newAdmin(t, s.Kubeconfig).plan(t, 0, "label", "ns", hidden, "--recommend", "--dry-run=client")
	if after := p.Items[0].After; after[labelKey("enforce")] != "" || after[labelKey("warn")] != "baseline" {
		t.Errorf("with a violating CronJob %v is recommended", after)
	}
}

// also gives a user one more right in one namespace, and waits until it holds.
func (s *server) also(t *testing.T, user, namespace string, rule rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: user}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{rule}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta, Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
	}
	if _, err := s.client.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rights of "+user, func() (bool, error) {
		answer := s.exec(t, s.Kubectl, "auth", "can-i", rule.Verbs[len(rule.Verbs)-1], rule.Resources[0], "-n", namespace, "--as", user)
		return answer.exit == 0, nil
	})
}
