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
}

// questions are what the report was asked of a namespace: with a proposal the modes that it changes, else both
// levels at latest and, where it is another one, the policy that is enforced now.
func questions(n *report.Namespace) []question {
	if n.Candidate != nil {
		return proposedQuestions(n)
	}
	list := []question{
		{levelBaseline, latest, "in the way of baseline"},
		{levelRestricted, latest, "in the way of restricted"},
	}
	now := n.Current.Enforce
	if now.Level != levelPrivileged && now.Version != latest {
		list = append(list, question{now.Level, now.Version, "against " + now.String() + ", which is enforced now"})
	}
	return list
}

func proposedQuestions(n *report.Namespace) []question {
	asked := changedModes(n)
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
			list = append(list, question{policy.Level, policy.Version, ""})
		}
		list[i].title += ", " + m.name
	}
	for i := range list {
		list[i].title = fmt.Sprintf("against %s:%s (%s)", list[i].level, list[i].version, strings.TrimPrefix(list[i].title, ", "))
	}
	slices.SortStableFunc(list, func(a, b question) int { return cmp.Compare(a.level, b.level) }) // baseline first
	return list
}

func changedModes(n *report.Namespace) []mode {
	return slices.DeleteFunc(modes(), func(m mode) bool { return !changes(m.of(&n.Current), m.of(n.Candidate)) })
}

// answers says whether a violation is one under this question's policy.
func (q *question) answers(v *report.Violation) bool {
	return q.level == v.Level && q.version == v.Version
}

func violates(w *report.Workload, asked []question) bool {
	return slices.ContainsFunc(w.Evidence, func(e report.Evidence) bool { return fails(&e, asked) })
}

func fails(e *report.Evidence, asked []question) bool {
	return slices.ContainsFunc(e.Violations, func(v report.Violation) bool {
		return slices.ContainsFunc(asked, func(q question) bool { return q.answers(&v) })
	})
}
