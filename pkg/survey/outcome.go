package survey

import (
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// settle gives a workload whose own object was not read the state that its pods tell.
func (w *work) settle() {
	if !w.seen && slices.IndexFunc(w.evidence, func(e *evidence) bool { return !e.finished }) < 0 {
		w.state, w.next = workload.Finished, workload.Next{Event: workload.Never}
	}
}

// workload is the report on one workload.
func (s *survey) workload(sp *space, w *work) report.Workload {
	out := report.Workload{
		Group: w.Group, Kind: w.Kind, Name: w.Name,
		State:     report.State(w.state),
		Next:      report.Next{Event: report.Event(w.next.Event), At: w.next.At},
		Strictest: string(w.strictest(api.LatestVersion())),
		Evidence:  make([]report.Evidence, 0, len(w.evidence)),
	}
	if w.owner != nil {
		out.Owner = &report.Owner{Group: w.owner.Group, Kind: w.owner.Kind, Name: w.owner.Name}
	}
	if w.location != nil {
		out.Location = &report.Location{File: w.location.File, Document: w.location.Document}
	}
	for _, d := range []report.Drift{
		report.DriftMutated, report.DriftInjected, report.DriftMutatedSince, report.DriftInjectedSince, report.DriftOtherRevision,
	} {
		if w.drift[d] {
			out.Drift = append(out.Drift, d)
		}
	}
	sortEvidence(w.evidence)
	again := w.next.Event != workload.Never && w.state != workload.Finished && w.state != workload.Terminating
	for _, e := range w.evidence {
		judged := s.evidence(sp, w, e)
		if again && w.foretells(e) && s.blocks(sp, e, &judged) {
			out.Blocks, judged.Blocks = true, true
		}
		out.Evidence = append(out.Evidence, judged)
	}
	out.MayBeChangedBy = s.changersOf(sp, w, &out, again)
	s.upgradeWorkload(sp, w, &out, again)
	if s.Beyond != nil {
		out.Beyond = broken(&out)
	}
	return out
}

func (s *survey) evidence(sp *space, w *work, e *evidence) report.Evidence {
	out := report.Evidence{
		Source: e.source, Revision: e.revision, Finished: e.finished, Count: e.count, Answered: e.answered,
		Exempt:     report.Exempt{By: report.ExemptNone, Source: s.evidenceSource(e)},
		Violations: violations(e.finding),
		Outcome:    s.outcome(sp.newLabels, sp, w, e),
	}
	if s.proposing() {
		if now := s.outcome(sp.Labels, sp, w, e); !reflect.DeepEqual(now, out.Outcome) {
			out.Now = &now
		}
	}
	if a := e.admitted; a != nil {
		out.Admission = &report.Admission{User: a.user, PodSecurityPolicy: a.psp, Refused: a.refused, Unenforced: a.unenforced}
	}
	out.Updates = s.updates(sp, w, e)
	out.Beyond = findings(e.finding.beyond)
	if !e.finding.clean() {
		out.Pods = slices.Sorted(slices.Values(e.names))
	}
	switch {
	case s.Admission.ExemptUser(e.user):
		out.Exempt.By = report.ExemptUser
	case s.Admission.ExemptRuntimeClass(e.runtimeClass):
		out.Exempt.By = report.ExemptRuntimeClass
	}
	return out
}

// outcome lets upstream's admission answer, in a namespace with those labels.
func (s *survey) outcome(labels map[string]string, sp *space, w *work, e *evidence) report.Outcome {
	return s.answerOf(s.Admission, labels, sp, w, e, func(j *judgement) *judgement { return j })
}

// answerOf is the outcome on one of the servers, by its own judgement.
func (s *survey) answerOf(
	a *simulate.Admission, labels map[string]string, sp *space, w *work, e *evidence, of func(*judgement) *judgement,
) report.Outcome {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: sp.Name},
		Spec:       corev1.PodSpec{RuntimeClassName: e.runtimeClass},
	}
	answer := a.CreatePod(labels, pod, e.user, of(e.finding).recall)
	out := report.Outcome{Pod: report.PodOutcome{
		Allowed: answer.Allowed, Message: answer.Message,
		Warnings: orEmpty(answer.Warnings), Audit: audit(answer),
	}}
	if e.admitted != nil && e.admitted.refused != "" {
		s.refuse(&out.Pod, labels, sp, e)
	}
	if e.stored != nil {
		template := &corev1.PodTemplateSpec{Spec: corev1.PodSpec{RuntimeClassName: e.runtimeClass}}
		answer := a.CreateWorkload(labels, sp.Name, template, of(e.stored).recall)
		out.Workload = &report.WorkloadOutcome{Warnings: orEmpty(answer.Warnings), Audit: audit(answer)}
	}
	return out
}

func audit(a simulate.Answer) string { return a.Audit[api.AuditViolationsAnnotationKey] }

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// blocks says whether evidence violates one of the modes that decide the verdict. Enforce is the server's answer;
// for audit and warn, which a denied pod never gets to, it is the policy's own judgement. An exempt user covers the
// pods that it makes, and not the workload object, which somebody else writes. What a dry run has answered says no more
// about pods.
func (s *survey) blocks(sp *space, e *evidence, judged *report.Evidence) bool {
	for _, m := range s.judgedModes() {
		if m == Enforce {
			if !e.answered && !judged.Outcome.Pod.Allowed {
				return true
			}
			continue
		}
		if judged.Exempt.By == report.ExemptRuntimeClass || s.Admission.ExemptNamespace(sp.Name) {
			continue
		}
		lv := m.of(sp.candidate)
		if !e.answered && judged.Exempt.By == report.ExemptNone && s.denies(e, lv) || e.stored != nil && e.stored.denies(lv) {
			return true
		}
	}
	return false
}

// denies says whether a policy denies the pod, also where the server does not show it.
func (s *survey) denies(e *evidence, lv api.LevelVersion) bool {
	return e.finding.denies(lv) || e.admitted != nil && e.admitted.refused != "" && s.implies(e.admitted.under, lv)
}

// text is a judgement's key to a stable order.
func (j *judgement) text() string {
	var b strings.Builder
	for i := range j.found {
		writeKey(&b, &j.found[i])
	}
	writeBeyond(&b, j.beyond)
	if j.then != nil {
		b.WriteString(j.then.text())
	}
	return b.String()
}
