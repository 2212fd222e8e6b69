package survey

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// unenforced says whether the server admits what the policy enforced now denies.
func (s *survey) unenforced(namespace string, pod *corev1.Pod, a *admitted) bool {
	return !s.Admission.CreatePod(s.space(namespace).Labels, pod, a.user, a.finding.recall).Allowed
}

func (s *survey) space(name string) *space {
	return &s.spaces[slices.IndexFunc(s.spaces, func(sp space) bool { return sp.Name == name })]
}

// unchanged says that the server refuses under restricted what the template alone would be refused for, word by word:
// then nothing has come to it that baseline or restricted would mind, at the version that everything here is judged at.
func (s *survey) unchanged(namespace string, a *admitted) bool {
	sp, panel := s.space(namespace), a.finding.panel
	if a.under.Level != api.LevelRestricted || sp.current.Enforce != a.under {
		return false
	}
	at := s.evaluator.EvaluatedAs(a.under.Version)
	for _, lv := range panel.policies {
		if s.evaluator.EvaluatedAs(lv.Version) != at {
			return false
		}
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace}, Spec: corev1.PodSpec{RuntimeClassName: a.runtimeClass}}
	return s.Admission.CreatePod(sp.Labels, pod, a.user, a.finding.recall).Message == a.refused
}

// parsePolicy reads level:version; the zero value where that is none.
func parsePolicy(text string) api.LevelVersion {
	edit, err := ParseEdit(text)
	if err != nil || edit.Version == "" {
		return api.LevelVersion{}
	}
	v, err := api.ParseVersion(edit.Version)
	if err != nil {
		return api.LevelVersion{}
	}
	return api.LevelVersion{Level: edit.Level, Version: v}
}

// settles says that a refusal under this policy leaves nothing open: neither level at latest would let the pod pass.
func (s *survey) settles(under api.LevelVersion) bool {
	return s.implies(under, api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()})
}

// implies says that whatever one policy denies is denied by the other.
func (s *survey) implies(denied, other api.LevelVersion) bool {
	return denied.Level != "" && api.CompareLevels(other.Level, denied.Level) >= 0 && other.Level != api.LevelPrivileged &&
		s.evaluator.EvaluatedAs(denied.Version) == s.evaluator.EvaluatedAs(other.Version)
}

// addAdmission adds what became of a template's dry run, and says how it differs from the template.
func (s *survey) addAdmission(w *work, o *workload.Object, revision string) bool {
	a, ok := s.admissions[o.UID]
	if !ok {
		return false
	}
	e := &evidence{
		source: report.EvidenceAdmission, revision: revision, finding: a.finding, admitted: &a,
		runtimeClass: a.runtimeClass, user: workload.ControllerUser(o.Kind),
	}
	w.add(e)
	if a.refused == "" {
		s.drift(w, e, o)
		return true
	}
	if i := a.finding.panel.index(a.under); i >= 0 && len(a.finding.found[i].denials) == 0 {
		w.drift[report.DriftInjected] = true
	}
	return true
}

// below is the strictest level at latest that may pass what is refused under a policy.
func (s *survey) below(under api.LevelVersion) api.Level {
	level := api.LevelRestricted
	for _, stricter := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		if s.implies(under, api.LevelVersion{Level: stricter, Version: api.LatestVersion()}) {
			level = map[api.Level]api.Level{api.LevelRestricted: api.LevelBaseline, api.LevelBaseline: api.LevelPrivileged}[stricter]
		}
	}
	return level
}

// refuse puts what the server says now in place of what the template alone would come to, where it says it under those
// labels too. An exempt user is never refused.
func (s *survey) refuse(out *report.PodOutcome, labels map[string]string, sp *space, e *evidence) {
	if s.Admission.ExemptUser(e.user) {
		return
	}
	same := labels[Enforce.LevelLabel()] == sp.Labels[Enforce.LevelLabel()] && labels[Enforce.VersionLabel()] == sp.Labels[Enforce.VersionLabel()]
	policy, _ := s.Admission.Policy(labels)
	if same || out.Allowed && s.implies(e.admitted.under, policy.Enforce) {
		*out = report.PodOutcome{Message: e.admitted.refused, Warnings: []string{}, Audit: out.Audit}
	}
}

// answerTo is the answer to the dry run of the template that pods are made from.
func (s *survey) answerTo(p *workload.Place, hash string) (admitted, bool) {
	o := p.Immediate
	if p.Top != nil && p.Revision(hash) == workload.Current {
		o = p.Top
	} else if o == nil || o == p.Top {
		return admitted{}, false
	}
	a, ok := s.admissions[o.UID]
	return a, ok
}

// since compares pods that run with the server's answer to the dry run of their template.
func (w *work) since(e *evidence, a *admitted) {
	if e.over() {
		return
	}
	if a.refused != "" {
		if i := e.finding.panel.index(a.under); i >= 0 && len(e.finding.found[i].denials) == 0 {
			w.drift[report.DriftInjectedSince] = true
		}
		return
	}
	passes, fails := differs(e.finding, a.finding)
	if passes {
		w.drift[report.DriftMutatedSince] = true
	}
	if fails {
		w.drift[report.DriftInjectedSince] = true
	}
}

// differs says whether the second judgement passes a check that the first fails, and the other way round.
func differs(first, second *judgement) (passes, fails bool) {
	for i := range first.panel.policies {
		one, other := checks(&first.found[i]), checks(&second.found[i])
		for c := range one {
			passes = passes || !other[c]
		}
		for c := range other {
			fails = fails || !one[c]
		}
	}
	return passes, fails
}

// changersOf names what may change a workload's pods: where they differ from the template, and where nothing shows what
// becomes of the next one, if there will be any.
func (s *survey) changersOf(sp *space, w *work, out *report.Workload, again bool) []string {
	changed := w.drift[report.DriftMutated] || w.drift[report.DriftInjected] || w.drift[report.DriftMutatedSince] || w.drift[report.DriftInjectedSince]
	if w.Kind == "Pod" || !changed && (out.Shown() || !again) {
		return nil
	}
	var names []string
	for i := range s.changers {
		if c := &s.changers[i]; c.Touches(&sp.Namespace, w.labels) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}
