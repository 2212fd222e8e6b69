//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// same counts a comparison and fails where the server did something else than was said.
func same(t *testing.T, what string, predicted, real verdict) {
	t.Helper()
	compared.Add(1)
	if diff := cmp.Diff(predicted, real); diff != "" {
		t.Errorf("%s: the plugin (-) and the server (+) differ:\n%s", what, diff)
	}
}

// expect fails where the server does something else than the case says.
func expect(t *testing.T, what string, want, real verdict) {
	t.Helper()
	if diff := cmp.Diff(want, real); diff != "" {
		t.Errorf("%s: the case (-) and the server (+) differ:\n%s", what, diff)
	}
}

// denied is what a pod is told where a level and version is enforced and audited; detail empty means allowed.
func denied(lv, detail string) verdict {
	if detail == "" {
		return verdict{Allowed: true}
	}
	text := fmt.Sprintf("PodSecurity %q: %s", lv, detail)
	return verdict{Message: "violates " + text, Audit: "would violate " + text}
}

// warned is what a pod or workload is told where a level and version only warns and is audited.
func warned(lv, detail string) verdict {
	if detail == "" {
		return verdict{Allowed: true}
	}
	text := fmt.Sprintf("would violate PodSecurity %q: %s", lv, detail)
	return verdict{Allowed: true, Warnings: []string{text}, Audit: text}
}

// comparePod stores a bare pod in a namespace of its own, asks the plugin what it would be told under the modes, tells
// it, and returns what it was told. The pod must do without a namespace: it is put into several.
func (s *server) comparePod(t *testing.T, namespace string, pod *corev1.Pod, m modes) verdict {
	t.Helper()
	item := s.checkNamespace(t, namespace, m)
	predicted := evidenceOf(t, workloadOf(t, item, "Pod", pod.Name), report.EvidencePod, report.RevisionCurrent)
	real := s.verdict(t, s.dryCreate(t.Context(), "", s.inScratch(t, pod, m)))
	same(t, fmt.Sprintf("pod %s under %+v", pod.Name, m), ofPod(predicted.Outcome.Pod), real)
	return real
}

// inScratch is a copy of an object for a scratch namespace with the modes.
func (s *server) inScratch(t *testing.T, o object, m modes) object {
	t.Helper()
	scratch, err := s.scratch(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return copyTo(o, scratch)
}

// compareWorkload asks the plugin what a stored workload object would be told under the modes, and the pod that its
// controller makes of it, tells both, and returns what they were told.
func (s *server) compareWorkload(t *testing.T, kind string, o object, m modes) (verdict, verdict) {
	t.Helper()
	item := s.checkNamespace(t, o.GetNamespace(), m)
	predicted := evidenceOf(t, workloadOf(t, item, kind, o.GetName()), report.EvidenceTemplate, report.RevisionCurrent)
	if predicted.Outcome.Workload == nil {
		t.Fatalf("the template of %s %s has no outcome for the workload object", kind, o.GetName())
	}
	what := fmt.Sprintf("%s %s under %+v", kind, o.GetName(), m)
	there := s.inScratch(t, o, m)
	told := s.verdict(t, s.dryCreate(t.Context(), "", there))
	same(t, what, ofWorkload(predicted.Outcome.Workload), told)
	user := workload.ControllerUser(kind)
	pod := s.verdict(t, s.dryCreate(t.Context(), user, podFrom(o, there.GetNamespace())))
	same(t, "the pod of "+what, ofPod(predicted.Outcome.Pod), pod)
	return told, pod
}
