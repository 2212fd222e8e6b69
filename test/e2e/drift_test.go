//go:build e2e

package e2e

import (
	"slices"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestDrift looks at what the estate's policies and rollouts leave different from the templates.
func TestDrift(t *testing.T) {
	t.Parallel()
	s := estate(t)
	t.Run("injected", func(t *testing.T) {
		t.Parallel()
		item := s.checkNamespace(t, "shop", all(baseline))
		checkDrift(t, item, report.DriftInjected, "non-default capabilities", true)
	})
	t.Run("mutated", func(t *testing.T) {
		t.Parallel()
		item := s.checkNamespace(t, "partner-api", all(restricted))
		checkDrift(t, item, report.DriftMutated, "runAsNonRoot != true", false)
	})
	t.Run("old revision", func(t *testing.T) {
		t.Parallel()
		item := s.checkNamespace(t, "orders", all(restricted))
		w := workloadOf(t, item, "Deployment", "order-api")
		if !slices.Equal(w.Drift, []report.Drift{report.DriftOtherRevision}) || !w.Blocks {
			t.Errorf("in the middle of a rollout: drift %q, blocks %t", w.Drift, w.Blocks)
		}
		old := evidenceOf(t, w, report.EvidencePod, report.RevisionOld)
		now := evidenceOf(t, w, report.EvidencePod, report.RevisionCurrent)
		if old.Count == 0 || now.Count == 0 || old.Outcome.Pod.Allowed || !now.Outcome.Pod.Allowed {
			t.Errorf("the old revision %+v, the new one %+v", old, now)
		}
		evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent)
		evidenceOf(t, w, report.EvidenceTemplate, report.RevisionOld) // its ReplicaSet still makes pods
		for _, name := range []string{"order-store", "spool-reader"} {
			i := slices.IndexFunc(item.Workloads, func(w report.Workload) bool { return w.Name == name })
			if i < 0 || !slices.Contains(item.Workloads[i].Drift, report.DriftOtherRevision) {
				t.Errorf("%s has pods of two revisions: %+v", name, item.Workloads)
			}
		}
	})
}

// checkDrift fails unless some workload of a namespace drifts that way, and every one that does has a check which its
// pods fail and its template passes, or the other way round.
func checkDrift(t *testing.T, item *report.Namespace, drift report.Drift, reason string, pods bool) {
	t.Helper()
	seen := 0
	for i := range item.Workloads {
		w := &item.Workloads[i]
		if !slices.Contains(w.Drift, drift) {
			continue
		}
		seen++
		declared := violates(evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent), reason)
		running := violates(evidenceOf(t, w, report.EvidencePod, report.RevisionCurrent), reason)
		if declared == running || running != pods {
			t.Errorf("%s %s is %s, and %q: template %t, pods %t", w.Kind, w.Name, drift, reason, declared, running)
		}
	}
	if seen == 0 {
		t.Errorf("nothing in %s is %s: %+v", item.Namespace, drift, item.Workloads)
	}
}

// violates says whether evidence has a violation for that reason.
func violates(e *report.Evidence, reason string) bool {
	return slices.ContainsFunc(e.Violations, func(v report.Violation) bool { return v.Reason == reason })
}
