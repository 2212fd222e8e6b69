package printer

import (
	"fmt"
	"slices"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const maxGaps = 10

// missing is the same gap in one or more namespaces, none where it is the whole cluster's.
type missing struct {
	resource, reason, message string
	namespaces                []string
	names                     []string // of workloads, where only these were not answered
}

// gaps says in plain words what could not be read. The same in many namespaces is one line.
func (p *page) gaps(all []report.Gap) {
	var list []*missing
	for _, g := range all {
		i := slices.IndexFunc(list, func(m *missing) bool {
			if g.Name != "" || len(m.names) > 0 {
				return g.Name != "" && len(m.names) > 0 && m.reason == g.Reason && m.message == g.Message
			}
			return m.resource == g.Resource && m.reason == g.Reason && len(m.namespaces) > 0 == (g.Namespace != "")
		})
		if i < 0 {
			i = len(list)
			list = append(list, &missing{resource: g.Resource, reason: g.Reason, message: g.Message})
		}
		if g.Name != "" {
			list[i].names = append(list[i].names, g.Namespace+"/"+g.Name)
		}
		if m := list[i]; g.Namespace != "" && !slices.Contains(m.namespaces, g.Namespace) {
			m.namespaces = append(m.namespaces, g.Namespace)
			if m.message != g.Message {
				m.message = ""
			}
		}
	}
	if len(list) == 0 {
		return
	}
	p.section()
	for _, m := range list[:min(len(list), maxGaps)] {
		p.line(0, p.Caution(m.String()))
	}
	if more := len(list) - maxGaps; more > 0 {
		p.line(0, p.Caution(fmt.Sprintf("and %d more", more)))
	}
}

// allGaps are the gaps of the report and of its items, which mostly are the same ones.
func allGaps(r *report.CheckReport) []report.Gap {
	gaps := escaped(r.Gaps)
	for i := range r.Items {
		for _, g := range escaped(r.Items[i].Gaps) {
			if !slices.Contains(gaps, g) {
				gaps = append(gaps, g)
			}
		}
	}
	return gaps
}

// String is the gap in words.
func (m *missing) String() string {
	if len(m.names) > 0 {
		return m.unanswered()
	}
	text := "Could not read " + m.resource
	if m.resource == "namespaces" && len(m.namespaces) > 0 { // these themselves, and nothing in them
		text = "Could not read"
	} else if len(m.namespaces) > 0 {
		text += " in"
	}
	switch len(m.namespaces) {
	case 0:
	case 1:
		text += ` namespace "` + m.namespaces[0] + `"`
	default:
		text += fmt.Sprintf(" %d namespaces (%s)", len(m.namespaces), list(m.namespaces, 3))
	}
	text += ": " + m.reason
	// A server's "forbidden" tells at length what has just been said.
	if m.message != "" && m.message != m.reason && m.reason != "forbidden" {
		text += " (" + m.message + ")"
	}
	return text
}

// unanswered is the gap of workloads of which a dry run did not tell.
func (m *missing) unanswered() string {
	text := "Not told what the server would create for " + list(m.names, 3) + ": " + m.reason
	if m.message != "" && m.message != m.reason {
		text += " (" + m.message + ")"
	}
	return text
}
