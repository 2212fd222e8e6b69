package printer

import (
	"strconv"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// overviewColumn is a column of the table of namespaces.
type overviewColumn struct {
	column
	cell func(*page, *report.Namespace) cell
}

// overview writes the table, one namespace a row, and returns what of it wants an explanation.
func (p *page) overview(r *report.CheckReport, o Options) legend {
	if len(r.Items) == 0 {
		return legend{}
	}
	columns := overviewColumns(r, o.Wide)
	g := grid{noHeaders: o.NoHeaders, rows: make([][]cell, len(r.Items))}
	for i := range columns {
		g.columns = append(g.columns, columns[i].column)
	}
	for i := range r.Items {
		item := withoutWorkloads(&r.Items[i])
		g.rows[i] = make([]cell, len(columns))
		for k := range columns {
			c := columns[k].cell(p, &item)
			if !item.Counted {
				c.paint = p.Faint
			}
			g.rows[i][k] = c
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

// withoutWorkloads is an escaped copy of an item that keeps of its workloads what a row counts.
func withoutWorkloads(item *report.Namespace) report.Namespace {
	part := *item
	part.Workloads = nil
	part = escaped(part)
	part.Workloads = make([]report.Workload, len(item.Workloads))
	for i := range item.Workloads {
		w := &item.Workloads[i]
		part.Workloads[i] = report.Workload{Blocks: w.Blocks, Drift: w.Drift, Beyond: w.Beyond}
	}
	return part
}

func proposed(r *report.CheckReport) bool {
	for i := range r.Items {
		if r.Items[i].Candidate != nil {
			return true
		}
	}
	return false
}

func overviewColumns(r *report.CheckReport, wide bool) []overviewColumn {
	columns := []overviewColumn{{column{"NAMESPACE", 0}, func(_ *page, n *report.Namespace) cell { return cell{text: n.Namespace} }}}
	proposal := proposed(r)
	columns = append(columns, modeColumns(r, proposal)...)
	columns = append(
		columns,
		number("PODS", 1, func(n *report.Namespace) int { return n.Pods.Total }),
		number("WORKLOADS", 0, func(n *report.Namespace) int { return len(n.Workloads) }),
	)
	if proposal {
		columns = append(columns, number("BLOCKING", 0, blocking), verdictColumn())
	}
	if !proposal || wide {
		columns = append(
			columns, strictestColumn(),
			inTheWay("BASELINE", func(b report.Blocking) int { return b.Baseline }),
			inTheWay("RESTRICTED", func(b report.Blocking) int { return b.Restricted }),
		)
	}
	if r.Beyond != nil {
		columns = append(columns, beyondColumn())
	}
	if !wide {
		return columns
	}
	if !proposal {
		columns = append(columns, verdictColumn())
	}
	return append(
		columns,
		number("FINISHED", 0, func(n *report.Namespace) int { return n.Pods.Finished }),
		overviewColumn{column{"EXEMPT", 0}, exemptCell},
		number("DRIFT", 0, drifting),
	)
}

func number(title string, turn int, of func(*report.Namespace) int) overviewColumn {
	return overviewColumn{column{title, turn}, func(p *page, n *report.Namespace) cell {
		if v := of(n); v != 0 {
			return cell{text: strconv.Itoa(v)}
		}
		return cell{text: "0", paint: p.Faint}
	}}
}

// inTheWay counts the workloads in the way of a level.
func inTheWay(title string, of func(report.Blocking) int) overviewColumn {
	c := number(title, 0, func(n *report.Namespace) int { return of(n.Strictest.Blocking) })
	return overviewColumn{c.column, func(p *page, n *report.Namespace) cell {
		count := c.cell(p, n)
		count.mark = markCount
		return count
	}}
}

func blocking(n *report.Namespace) int {
	sum := 0
	for i := range n.Workloads {
		if n.Workloads[i].Blocks {
			sum++
		}
	}
	return sum
}

func drifting(n *report.Namespace) int {
	sum := 0
	for i := range n.Workloads {
		if len(n.Workloads[i].Drift) > 0 {
			sum++
		}
	}
	return sum
}

func verdictColumn() overviewColumn {
	return overviewColumn{column{"VERDICT", 0}, func(p *page, n *report.Namespace) cell {
		return cell{text: string(n.Verdict), paint: p.verdictPaint(n.Verdict)}
	}}
}

func (p *page) verdictPaint(v report.Verdict) func(string) string {
	switch v {
	case report.Violates:
		return p.Bad
	case report.Incomplete:
		return p.Caution
	default:
		return p.Good
	}
}

func strictestColumn() overviewColumn {
	return overviewColumn{column{"STRICTEST", 0}, func(p *page, n *report.Namespace) cell {
		c := cell{text: n.Strictest.Level, paint: p.levelPaint(n.Strictest.Level)}
		if !n.Strictest.Complete {
			c.text, c.mark = "<="+c.text, markBound
		}
		return c
	}}
}

func (p *page) levelPaint(level string) func(string) string {
	switch level {
	case levelRestricted:
		return p.Good
	case levelBaseline:
		return nil
	default:
		return p.Caution
	}
}

func exemptCell(p *page, n *report.Namespace) cell {
	if n.Exempt.By == report.ExemptNone || n.Exempt.By == "" {
		return cell{text: "<none>", paint: p.Faint}
	}
	return cell{text: n.Exempt.By, paint: p.Caution}
}
