package printer

import (
	"slices"
	"strconv"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// beyond writes what the controls that the Standards lack add up to, and what would enforce them.
func (p *page) beyond(r *report.CheckReport) {
	if r.Beyond == nil {
		return
	}
	b := escaped(*r.Beyond)
	g := grid{columns: []column{{"CONTROL", 0}, {"WORKLOADS", 0}, {"NAMESPACES", 1}, {"DEMANDS", 2}}}
	var commands []string
	complete := true
	for i := range b.Controls {
		c := &b.Controls[i]
		counted := cell{text: strconv.Itoa(c.Workloads)}
		if c.Workloads == 0 {
			counted.paint = p.Faint
		} else {
			commands = append(commands, c.Export)
		}
		complete = complete && c.Complete
		g.rows = append(g.rows, []cell{{text: c.Control}, counted, {text: strconv.Itoa(c.Namespaces)}, {text: c.Demand}})
	}
	width := 0
	if p.width > 0 {
		width = max(p.width-2, 1)
	}
	lines, _, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	p.section()
	p.line(0, p.Strong("Beyond the Standards")+" (nothing that Pod Security could enforce)")
	for _, line := range lines {
		p.put("  " + line)
	}
	if !complete {
		p.line(2, p.Caution("At least so many: not everything could be read."))
	}
	if len(commands) == 0 {
		return
	}
	p.line(0, "Policies that enforce them, for the engine that the cluster has:")
	for _, command := range commands {
		p.put("  " + command) // whole, for whoever copies it
	}
}

// beyondIn lists the workloads of a namespace that break such controls, each with the places.
func (p *page) beyondIn(n *report.Namespace) {
	first := true
	for i := range n.Workloads {
		w := &n.Workloads[i]
		if len(w.Beyond) == 0 {
			continue
		}
		if first {
			p.section()
			p.line(0, p.Strong("Beyond the Standards")+" (nothing that Pod Security could enforce)")
			first = false
		}
		p.line(2, p.Strong(kindName(w.Group, w.Kind, w.Name)))
		for _, control := range w.Beyond {
			p.line(4, control)
			fields := beyondFields(w, control)
			for _, text := range fields[:min(len(fields), maxFields)] {
				p.line(6, p.Faint(text))
			}
			if more := len(fields) - maxFields; more > 0 {
				p.line(6, p.Faint("and "+strconv.Itoa(more)+" more"))
			}
		}
	}
}

// beyondFields are the places of a control in all evidence, each once.
func beyondFields(w *report.Workload, control string) []string {
	var texts []string
	for i := range w.Evidence {
		e := &w.Evidence[i]
		for k := range e.Beyond {
			if e.Beyond[k].Control != control || !w.Foretells(e) {
				continue
			}
			for _, f := range e.Beyond[k].Fields {
				text := f.Path + " = " + value(f.Value)
				if f.Container != "" {
					text = f.Container + ": " + text
				}
				if !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
			}
		}
	}
	return texts
}

// beyondColumn counts the workloads of a namespace that break any of the controls.
func beyondColumn() overviewColumn {
	c := number("BEYOND", 1, func(n *report.Namespace) int {
		sum := 0
		for i := range n.Workloads {
			if len(n.Workloads[i].Beyond) > 0 {
				sum++
			}
		}
		return sum
	})
	return overviewColumn{c.column, func(p *page, n *report.Namespace) cell {
		count := c.cell(p, n)
		count.mark = markBeyond
		return count
	}}
}
