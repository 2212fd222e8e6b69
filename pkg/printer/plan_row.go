package printer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// planColumn is a column of the table of what changes.
type planColumn struct {
	column
	cell func(*page, *report.Planned) cell
}

// planRows writes the table, one namespace that changes a row, and returns what of it wants an explanation.
func (p *page) planRows(plan *report.LabelPlan, o Options) legend {
	changed := toChange(plan)
	columns := planColumns(plan, changed, o)
	g := grid{noHeaders: o.NoHeaders, rows: make([][]cell, len(changed))}
	for i := range columns {
		g.columns = append(g.columns, columns[i].column)
	}
	for i, item := range changed {
		n := escaped(*item)
		g.rows[i] = make([]cell, len(columns))
		for k := range columns {
			g.rows[i][k] = columns[k].cell(p, &n)
		}
	}
	p.section()
	width := o.Width
	if o.Wide || o.NoHeaders {
		width = 0
	}
	lines, l, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	for _, line := range lines {
		p.put(line)
	}
	return l
}

// planColumns leaves out what is empty everywhere, but for scripts and with -o wide.
func planColumns(plan *report.LabelPlan, changed []*report.Planned, o Options) []planColumn {
	all := o.Wide || o.NoHeaders
	some := func(is func(*report.Planned) bool) bool { return all || slices.ContainsFunc(changed, is) }
	columns := []planColumn{{column{"NAMESPACE", 0}, func(_ *page, n *report.Planned) cell { return cell{text: n.Namespace} }}}
	for _, m := range modes() {
		if !some(func(n *report.Planned) bool { return relabels(n, m) }) {
			continue
		}
		turn := m.turn
		if len(columns) == 1 {
			turn = 0 // a plan must show something of what it changes
		}
		columns = append(columns, planColumn{column{m.title, turn}, func(p *page, n *report.Planned) cell { return p.relabeled(n, m) }})
	}
	columns = append(columns, planColumn{column{"DIRECTION", 1}, directionCell})
	if all || foreseen(changed) {
		columns = append(columns, planColumn{column{"REFUSED", 0}, func(p *page, n *report.Planned) cell { return p.refusedCell(plan, n) }})
	}
	if some(func(n *report.Planned) bool { return len(n.Warned) > 0 }) {
		columns = append(columns, planColumn{column{"WARNED", 4}, func(p *page, n *report.Planned) cell { return p.amount(n, len(n.Warned)) }})
	}
	if some(answered) {
		columns = append(columns, planColumn{column{"SERVER", 0}, serverCell})
	}
	if some(func(n *report.Planned) bool { return len(n.Owners) > 0 }) {
		columns = append(columns, planColumn{column{"OWNER", 1}, func(p *page, n *report.Planned) cell { return p.ownerCell(n, o.Wide) }})
	}
	return columns
}

// foreseen says whether anything is known of what the server will do. Of a rollback nothing is.
func foreseen(changed []*report.Planned) bool {
	return slices.ContainsFunc(changed, func(n *report.Planned) bool { return n.Candidate != nil })
}

// answered says whether a dry run was tried: it has an answer, or a result that says why there is none.
func answered(n *report.Planned) bool { return n.Answer != nil || n.Result != nil }

// relabeled shows the labels of a mode before and after.
func (p *page) relabeled(n *report.Planned, m mode) cell {
	before, after := carried(n.Before, m), carried(n.After, m)
	c := cell{text: after}
	if level := n.After[levelKey(m)]; level != "" && level != levelPrivileged && n.After[versionKey(m)] == "" {
		c.mark = markUnpinned
	}
	if before == after {
		c.paint = p.Faint
		return c
	}
	c.text = before + " -> " + after
	if slices.ContainsFunc(courseOf(n).loosens, func(looser mode) bool { return looser.name == m.name }) {
		c.paint = p.Caution
	}
	return c
}

func directionCell(p *page, n *report.Planned) cell {
	c := cell{text: string(n.Direction)}
	switch n.Direction {
	case report.DirectionLoosens, report.DirectionMixed:
		c.paint = p.Caution
	case "":
		c.text, c.paint = "<unknown>", p.Faint
	case report.DirectionTightens, report.DirectionSame:
	}
	return c
}

// refusedCell counts workloads; where something could not be read there may be more.
func (p *page) refusedCell(plan *report.LabelPlan, n *report.Planned) cell {
	fresh, already := distinct(n)
	c := p.amount(n, len(fresh))
	if len(fresh) > 0 {
		c.paint = p.Bad
	}
	if incomplete(plan, n) && n.Candidate != nil {
		c.text, c.mark = ">="+c.text, markAtLeast
		if len(fresh) == 0 {
			c.paint = p.Caution
		}
	}
	if len(already) > 0 {
		c.text += " +" + strconv.Itoa(len(already)) + " already"
	}
	return c
}

// amount is a number of workloads, where any were looked at.
func (p *page) amount(n *report.Planned, count int) cell {
	switch {
	case n.Candidate == nil:
		return cell{text: "<unknown>", paint: p.Faint}
	case count == 0:
		return cell{text: "0", paint: p.Faint}
	default:
		return cell{text: strconv.Itoa(count)}
	}
}

// distinct names the workloads that are refused because of the change, and those that are anyway.
func distinct(n *report.Planned) (fresh, already []string) {
	add := func(list *[]string, r *report.Refused) {
		if name := kindName(r.Group, r.Kind, r.Name); !slices.Contains(fresh, name) && !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	for _, r := range n.NewlyRefused() {
		add(&fresh, &r)
	}
	for i := range n.Refused {
		if n.Refused[i].Already {
			add(&already, &n.Refused[i])
		}
	}
	return fresh, already
}

// incomplete says whether something of a namespace could not be read.
func incomplete(plan *report.LabelPlan, n *report.Planned) bool {
	return len(n.Gaps) > 0 || slices.ContainsFunc(plan.Gaps, func(g report.Gap) bool {
		return g.Namespace == "" || g.Namespace == n.Namespace
	})
}

// serverCell is what a dry run on the server has shown.
func serverCell(p *page, n *report.Planned) cell {
	switch a := n.Answer; {
	case rejects(n):
		return cell{text: "rejects", paint: p.Bad}
	case a == nil && n.Result != nil && n.Result.Outcome != report.EndingAlready:
		return cell{text: endings()[n.Result.Outcome], paint: p.Bad}
	case a == nil:
		return cell{text: "<unknown>", paint: p.Faint}
	case a.Differs && a.Exact:
		return cell{text: "differs", paint: p.Bad}
	case a.Differs:
		return cell{text: "inexact", paint: p.Caution, mark: markInexact}
	default:
		return cell{text: "agrees", paint: p.Good}
	}
}

// ownerCell names who else has a say: in brackets those who have none in the labels that change.
func (p *page) ownerCell(n *report.Planned, wide bool) cell {
	c := cell{text: none, paint: p.Faint}
	var names []string
	for i := range n.Owners {
		o := &n.Owners[i]
		name := o.Name
		if wide {
			name = owner(o)
		}
		if len(o.Keys) == 0 {
			name = "[" + name + "]"
			c.mark = markManages
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return c
	}
	c.text, c.paint = strings.Join(names, ", "), nil
	if n.Owned() {
		c.paint = p.Caution
	}
	return c
}

// owner is Argo CD (application shop).
func owner(o *report.LabelOwner) string {
	if o.Detail == "" {
		return o.Name
	}
	return o.Name + " (" + o.Detail + ")"
}
