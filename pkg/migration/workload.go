package migration

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// finding is what came out about some pods of a workload, or about its next pod.
type finding struct {
	differences []report.PSPDifference
	// policy wrote; empty where none did.
	policy string
	// with is the level that the pods pass, without the one of the same pod that no policy has written to.
	with, without api.Level
	// bare is that pod; nil where its template is not known.
	bare *corev1.Pod
}

// workload is the report on one workload.
func (c *checker) workload(w *work) report.PSPWorkload {
	out := report.PSPWorkload{
		Group: w.Group, Kind: w.Kind, Name: w.Name, State: string(w.state),
		Policies: []report.PSPAdmission{}, Written: []report.PSPDifference{},
	}
	if w.owner != nil {
		out.Owner = &report.Owner{Group: w.owner.Group, Kind: w.owner.Kind, Name: w.owner.Name}
	}
	var choice psp.Choice
	makes := w.top != nil && w.top.Template != nil && !w.over()
	if makes && w.silent() {
		choice = c.choose(w.top)
	}
	out.Policies = c.admissions(w, &choice)
	findings := c.findings(w, &choice, makes)
	for i := range findings {
		out.Written, out.Others = split(out.Written, out.Others, findings[i].differences)
	}
	// Of pods that are not made alike the worst counts.
	with, without := api.LevelRestricted, api.LevelRestricted
	for i := range findings {
		with, without = lower(with, findings[i].with), lower(without, findings[i].without)
	}
	out.WithPolicy, out.Without = string(with), string(without)
	out.NoTemplate = c.untold(w)
	if !makes {
		return out
	}
	if len(out.Policies) == 0 {
		out.Refused = c.refused(w.top, &choice)
	}
	out.Trap = c.trap(w, findings)
	c.repair(&out, w, findings)
	return out
}

// admissions are the policies that admit a workload's pods: what the pods say, and where they say nothing what the
// server would choose.
func (c *checker) admissions(w *work, choice *psp.Choice) []report.PSPAdmission {
	list := []report.PSPAdmission{}
	silent := len(w.pods) == 0
	for _, e := range w.pods { // sorted by policy
		switch n := len(list); {
		case e.policy == "":
			silent = true
		case n > 0 && list[n-1].Name == e.policy:
			list[n-1].Pods += e.count
		default:
			list = append(list, report.PSPAdmission{Name: e.policy, Source: report.PSPByAnnotation, Pods: e.count})
			if c.policy(e.policy) == nil {
				c.unknown[e.policy] = true
			}
		}
	}
	if silent && choice.Policy != nil {
		list = append(list, report.PSPAdmission{Name: choice.Policy.Name, Source: report.PSPByAuthorisation})
	}
	return list
}

// untold says whether a policy may have written to pods of which no template is known.
func (c *checker) untold(w *work) bool {
	return slices.ContainsFunc(w.pods, func(e evidence) bool {
		if e.policy == "" || e.template != nil && e.template.Template != nil {
			return false
		}
		p := c.policy(e.policy)
		return p == nil || len(p.Assess().Writes) > 0
	})
}

// findings looks at the pods that run, and where none does that tells of today's template, at the one that would.
func (c *checker) findings(w *work, choice *psp.Choice, makes bool) []finding {
	present := w.present()
	if len(present) == 0 && makes {
		return []finding{c.foreseen(w.top, choice)}
	}
	if len(present) == 0 {
		present = w.pods
	}
	var list []finding
	for _, e := range present {
		list = append(list, c.seen(e))
	}
	if len(list) == 0 {
		list = append(list, c.finished(w))
	}
	return list
}

// foreseen is the next pod of an object.
func (c *checker) foreseen(o *workload.Object, choice *psp.Choice) finding {
	bare := c.podOf(o)
	f := finding{bare: bare, without: c.levels.of(bare)}
	f.with = f.without
	if choice.Policy == nil {
		return f
	}
	f.with = c.levels.of(choice.Pod)
	f.policy = choice.Policy.Name
	f.differences = psp.Written(bare, choice.Pod)
	for i := range f.differences {
		f.differences[i].Policy = f.policy
	}
	return f
}

// seen is what pods that run tell.
func (c *checker) seen(e evidence) finding {
	f := finding{with: e.level, without: e.level}
	if e.pod == nil || e.template == nil || e.template.Template == nil {
		return f
	}
	declared := c.podOf(e.template)
	f.differences = psp.Written(declared, e.pod)
	p := c.policy(e.policy)
	if p == nil && e.policy != "" {
		f.without = c.levels.of(without(e.pod, f.differences)) // nobody can say that it was not the policy
		return f
	}
	if p != nil {
		after, _ := c.admit(p, e.template)
		attribute(f.differences, psp.Written(declared, after), p.Name)
	}
	written, _ := split(nil, nil, f.differences)
	if len(written) > 0 {
		f.policy = e.policy
		f.bare = without(e.pod, written)
		f.without = c.levels.of(f.bare)
	}
	return f
}

// finished is a workload that makes no pods any more and has none: its template is all there is.
func (c *checker) finished(w *work) finding {
	level := api.LevelRestricted
	if w.top != nil && w.top.Template != nil {
		level = c.levels.of(c.podOf(w.top))
	}
	return finding{with: level, without: level}
}

// attribute says of the differences that a policy makes that it made them.
func attribute(seen, made []report.PSPDifference, policy string) {
	for i := range seen {
		if slices.ContainsFunc(made, func(m report.PSPDifference) bool {
			return m.Path == seen[i].Path && string(m.Pod) == string(seen[i].Pod)
		}) {
			seen[i].Policy = policy
		}
	}
}

// split adds differences to those that a policy made and to the others, each once.
func split(written, others, differences []report.PSPDifference) (w, o []report.PSPDifference) {
	for _, d := range differences {
		list := &others
		if d.Policy != "" {
			list = &written
		}
		if !slices.ContainsFunc(*list, func(have report.PSPDifference) bool {
			return have.Path == d.Path && have.Policy == d.Policy && string(have.Pod) == string(d.Pod) && string(have.Template) == string(d.Template)
		}) {
			*list = append(*list, d)
		}
	}
	return written, others
}

// trap is what happens to the next pod once no policy writes any more and the level that pods pass today is enforced.
func (c *checker) trap(w *work, findings []finding) *report.PSPTrap {
	var worst *finding
	for i := range findings {
		f := &findings[i]
		if f.policy != "" && f.bare != nil && api.CompareLevels(f.without, f.with) < 0 &&
			(worst == nil || api.CompareLevels(f.without, worst.without) < 0) {
			worst = f
		}
	}
	if worst == nil {
		return nil
	}
	enforce := latest(worst.with)
	labels := map[string]string{api.EnforceLevelLabel: string(enforce.Level), api.EnforceVersionLabel: enforce.Version.String()}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: w.top.Namespace},
		Spec:       corev1.PodSpec{RuntimeClassName: worst.bare.Spec.RuntimeClassName},
	}
	answer := c.Admission.CreatePod(labels, pod, workload.ControllerUser(w.Kind), c.levels.recall(worst.bare))
	if answer.Allowed {
		return nil // exempt
	}
	return &report.PSPTrap{Policy: worst.policy, Enforce: enforce.String(), Message: answer.Message}
}
