//go:build e2e

package e2e

import (
	"context"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// TestThroughPolicies: on the last release with PodSecurityPolicy a policy is what makes pods pass, and is named.
func TestThroughPolicies(t *testing.T) {
	t.Parallel()
	s := pspServer(t)
	name := "through-" + suite.id
	s.storePolicy(t, policy(name, demanding, hardening))
	t.Cleanup(func() { s.removePolicy(context.WithoutCancel(t.Context()), t, name) })
	ns, there := s.passing(t, "through-psp", nil), s.passing(t, "through-psp-there", all(restricted).labels())
	for _, namespace := range []string{ns, there} {
		s.letUse(t, name, namespace, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:serviceaccounts:" + namespace})
		s.awaitUse(t, name, namespace)
	}
	web := create(t, s, deployment(plainPod(ns, "web"), 0))
	create(t, s, cronJob(plainPod(ns, "bad", hostPID), false))

	got, exit := s.through(t, ns, modes{enforce: restricted})
	w := workloadOf(t, &got.Items[0], "Deployment", "web")
	e := evidenceOf(t, w, report.EvidenceAdmission, report.RevisionCurrent)
	if w.Blocks || !slices.Equal(w.Drift, []report.Drift{report.DriftMutated}) || e.Admission.PodSecurityPolicy != name {
		t.Errorf("blocks %t, drift %q, %+v", w.Blocks, w.Drift, e.Admission)
	}
	if bad := workloadOf(t, &got.Items[0], "CronJob", "bad"); exit != 1 || !bad.Blocks || len(got.Gaps) != 1 || got.Gaps[0].Name != "bad" || got.Gaps[0].Reason != "podSecurityPolicy" {
		t.Errorf("what the policy refuses is not shown, and its template decides: exit code %d, blocks %t, %+v", exit, bad.Blocks, got.Gaps)
	}
	got, _ = s.through(t, ns, all(restricted))
	e = evidenceOf(t, workloadOf(t, &got.Items[0], "Deployment", "web"), report.EvidenceAdmission, report.RevisionCurrent)
	same(t, "web", ofPod(e.Outcome.Pod), s.verdict(t, s.dryCreate(t.Context(), workload.ControllerUser("Deployment"), podFrom(web, there))))
}
