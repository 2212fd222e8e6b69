package simulate

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
)

// The server minors since which namespaces are answered for as today (semantics 2, 3.3, 7.2).
const (
	// exemptWarningSince: before, nobody was told that a namespace with labels is exempt.
	exemptWarningSince = 25
	// impliedWarnSince: before, enforce implied no warn, and the warning of an exempt namespace named every mode that
	// is not privileged, whether a label asked for it or not.
	impliedWarnSince = 26
)

// ForServer returns the same admission as a server of that release runs it, whatever version it emulates.
func (a *Admission) ForServer(minor int) *Admission {
	old := *a
	old.server = minor
	return &old
}

// seen are a namespace's labels as the server takes them. To servers that imply nothing, a level label with the
// default's value means what none does; with all three there, upstream implies nothing either, and its warning of an
// exempt namespace names every mode.
func (a *Admission) seen(labels map[string]string) map[string]string {
	if a.server >= impliedWarnSince {
		return labels
	}
	spelt := map[string]string{
		api.EnforceLevelLabel: string(a.defaults.Enforce.Level),
		api.AuditLevelLabel:   string(a.defaults.Audit.Level),
		api.WarnLevelLabel:    string(a.defaults.Warn.Level),
	}
	maps.Copy(spelt, labels)
	return spelt
}

// changeExempt is ChangeLabels of an exempt namespace where nobody is told of that: only the audit log is, where the
// server would otherwise have looked at the pods.
func (a *Admission) changeExempt(name string, oldLabels, newLabels map[string]string) LabelAnswer {
	upstream, looked := a.upstream, false
	upstream.PodLister = lister(func() { looked = true })
	attributes := a.labelChange(name, oldLabels, newLabels)
	attributes.Namespace = "" // so that upstream does not see the exemption, and lists pods
	answer := answerOf(upstream.Validate(a.quiet, attributes))
	if looked {
		answer.Audit = map[string]string{api.ExemptionReasonAnnotationKey: "namespace"}
	}
	return LabelAnswer{Answer: answer, Exact: true}
}

// lister lists no pods, and tells that it was asked to.
type lister func()

func (l lister) ListPods(context.Context, string) ([]*corev1.Pod, error) {
	l()
	return nil, nil
}
