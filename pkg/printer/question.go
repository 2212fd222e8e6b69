package printer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// question is a policy that somebody wants to know about.
type question struct {
	level, version string
	// title heads the checks that answer it.
	title string
	// modes are those of the proposal that hold this policy.
	modes []string
}

// questions are what the report was asked of a namespace: with a proposal the modes that it names or changes, else
// both levels at latest and, where it is another one, the policy that is enforced now.
func questions(r *report.CheckReport, n *report.Namespace) []question {
	if n.Candidate != nil {
		return proposedQuestions(r, n)
	}
	list := []question{
		{level: levelBaseline, version: latest, title: "in the way of baseline"},
		{level: levelRestricted, version: latest, title: "in the way of restricted"},
	}
	now := n.Current.Enforce
	if now.Level != levelPrivileged && now.Version != latest {
		title := "against " + now.String() + ", which is enforced now"
		list = append(list, question{level: now.Level, version: now.Version, title: title})
	}
	return list
}

func proposedQuestions(r *report.CheckReport, n *report.Namespace) []question {
	asked := askedModes(r, n)
	if len(asked) == 0 {
		asked = modes()
	}
	var list []question
	for _, m := range asked {
		policy := m.of(n.Candidate)
		if policy.Level == levelPrivileged {
			continue
		}
		i := slices.IndexFunc(list, func(q question) bool { return q.level == policy.Level && q.version == policy.Version })
		if i < 0 {
			i = len(list)
			list = append(list, question{level: policy.Level, version: policy.Version})
		}
		list[i].modes = append(list[i].modes, m.name)
	}
	for i := range list {
		list[i].title = fmt.Sprintf("against %s:%s (%s)", list[i].level, list[i].version, strings.Join(list[i].modes, ", "))
	}
	slices.SortStableFunc(list, func(a, b question) int { return cmp.Compare(a.level, b.level) }) // baseline first
	return list
}

// askedModes are the modes that decide the verdict, and those that change besides (warn follows enforce).
func askedModes(r *report.CheckReport, n *report.Namespace) []mode {
	return slices.DeleteFunc(modes(), func(m mode) bool {
		return !slices.Contains(r.Judged, m.name) && !changes(m.of(&n.Current), m.of(n.Candidate))
	})
}

// answers says whether a violation is one under this question's policy.
func (q *question) answers(v *report.Violation) bool {
	return q.level == v.Level && q.version == v.Version
}

func violates(w *report.Workload, asked []question) bool {
	return slices.ContainsFunc(w.Evidence, func(e report.Evidence) bool { return fails(&e, asked) })
}

// fails says whether evidence counts against a workload: its pod violates a policy, or the object that holds the
// template is told off though its pod passes (a StatefulSet's claim takes the place of a volume).
func fails(e *report.Evidence, asked []question) bool {
	return podFails(e, asked) || toldOff(e, asked)
}

func toldOff(e *report.Evidence, asked []question) bool {
	said := e.Outcome.Workload
	return said != nil && slices.ContainsFunc(asked, func(q question) bool {
		return len(said.Warnings) > 0 && slices.Contains(q.modes, "warn") || said.Audit != "" && slices.Contains(q.modes, "audit")
	})
}

func podFails(e *report.Evidence, asked []question) bool {
	return hidden(e) && !e.Outcome.Pod.Allowed || slices.ContainsFunc(e.Violations, func(v report.Violation) bool {
		return slices.ContainsFunc(asked, func(q question) bool { return q.answers(&v) })
	})
}
