package printer

import (
	"slices"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The levels and the version as the API spells them. The report carries them as text.
const (
	levelBaseline   = "baseline"
	levelRestricted = "restricted"
	levelPrivileged = "privileged"
	latest          = "latest"
)

// mode is one of enforce, audit and warn, and where a policy keeps it.
type mode struct {
	name, title string
	turn        int // to be left out of a narrow table: audit refuses nothing and nobody reads it on a terminal
	of          func(*report.Policy) *report.Mode
}

func modes() []mode {
	return []mode{
		{"enforce", "ENFORCE", 0, func(p *report.Policy) *report.Mode { return &p.Enforce }},
		{"audit", "AUDIT", 3, func(p *report.Policy) *report.Mode { return &p.Audit }},
		{"warn", "WARN", 2, func(p *report.Policy) *report.Mode { return &p.Warn }},
	}
}

// changes says whether a mode would be another one. A level that merely gets a label of its own is the same.
func changes(from, to *report.Mode) bool { return from.Level != to.Level || from.Version != to.Version }

// short is how a table shows a level: the version only where it is not the latest.
func short(m *report.Mode) string {
	if m.Version == latest || m.Version == "" {
		return m.Level
	}
	return m.Level + ":" + m.Version
}

// modeColumns are the columns of the modes: all of them, or with a proposal those that it changes anywhere.
func modeColumns(r *report.CheckReport, proposed bool) []overviewColumn {
	var columns []overviewColumn
	for _, m := range modes() {
		if proposed && !changesAnywhere(r, m) {
			continue
		}
		columns = append(columns, overviewColumn{column{m.title, m.turn}, func(p *page, n *report.Namespace) cell {
			return modeCell(p, n, m)
		}})
	}
	return columns
}

func changesAnywhere(r *report.CheckReport, m mode) bool {
	for i := range r.Items {
		n := &r.Items[i]
		if n.Candidate != nil && changes(m.of(&n.Current), m.of(n.Candidate)) {
			return true
		}
	}
	return false
}

func modeCell(p *page, n *report.Namespace, m mode) cell {
	now := m.of(&n.Current)
	if n.Candidate == nil {
		return p.mode(now)
	}
	next := m.of(n.Candidate)
	if !changes(now, next) {
		return p.mode(next)
	}
	to := p.mode(next)
	c := cell{text: short(now) + "->" + to.text, mark: to.mark}
	if strictness(next.Level) < strictness(now.Level) {
		c.paint = p.Caution
	}
	return c
}

// strictness orders the levels.
func strictness(level string) int {
	return slices.Index([]string{levelPrivileged, levelBaseline, levelRestricted}, level)
}

// mode shows a level and marks where it comes from, unless that is its label.
func (p *page) mode(m *report.Mode) cell {
	switch m.Source {
	case report.SourceLabel:
		return cell{text: short(m)}
	case report.SourceInvalid:
		return cell{short(m) + "!", p.Bad, markInvalid}
	case report.SourceImplied:
		return cell{"(" + short(m) + ")", p.Faint, markImplied}
	case report.SourceAssumed:
		return cell{short(m) + "?", p.Caution, markUnread}
	default:
		return cell{"(" + short(m) + ")", p.Faint, markDefault}
	}
}
