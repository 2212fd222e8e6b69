package printer

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
)

// PSPCheck is how to print a PSPCheck. Command are the words of the check itself, flags those of kubectl that name the
// cluster: they stand on every command that is printed, so that none is carried out on another one.
func PSPCheck(o Options, command, flags []string) Document[*report.PSPCheck] {
	o.Next = shell.Join(command...)
	return Document[*report.PSPCheck]{
		Table: PSPCheckTable,
		Names: func(c *report.PSPCheck) []string {
			list := make([]string, len(c.Items))
			for i := range c.Items {
				list[i] = "namespace/" + c.Items[i].Namespace
			}
			return list
		},
		Extra:   map[string]func(io.Writer, *report.PSPCheck) error{formatPatch: pspPatches(flags)},
		Options: o,
	}
}

// PSPCheckTable returns the printer for people: a row a namespace, every trap in plain words, and with Details every
// workload. Next is the command of the check.
func PSPCheckTable(o Options) func(io.Writer, *report.PSPCheck) error {
	return func(w io.Writer, c *report.PSPCheck) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		items := escaped(c.Items)
		p.pspNamespaces(items, o)
		if o.NoHeaders {
			return p.flush()
		}
		for i := range items {
			for k := range items[i].Workloads {
				if w := &items[i].Workloads[k]; w.Trap != nil || o.Details {
					p.pspWorkload(&items[i], w, o.Details)
				}
			}
			if err := p.flush(); err != nil {
				return err
			}
		}
		p.gaps(escaped(c.Gaps))
		p.pspSummary(c, o.Next)
		return p.flush()
	}
}

func (p *page) pspNamespaceColumns(wide bool) []columnOf[report.PSPNamespace] {
	columns := []columnOf[report.PSPNamespace]{
		{column{"NAMESPACE", 0}, func(n *report.PSPNamespace) cell { return cell{text: n.Namespace} }},
		{column{"POLICIES", 1}, func(n *report.PSPNamespace) cell { return p.pspNames(n, wide) }},
		{column{"WORKLOADS", 3}, func(n *report.PSPNamespace) cell { return cell{text: strconv.Itoa(len(n.Workloads))} }},
		{column{"TRAPPED", 0}, p.trappedCell},
		{column{"ENFORCE", 2}, func(n *report.PSPNamespace) cell { return cell{text: n.Current.Enforce} }},
		{column{"RECOMMENDED", 0}, func(n *report.PSPNamespace) cell { return p.levelCell(n.Recommended.Enforce) }},
		{column{"AFTER-PATCHES", 0}, func(n *report.PSPNamespace) cell { return p.levelCell(n.AfterPatches.Enforce) }},
	}
	if !wide {
		return columns
	}
	return append(
		columns,
		columnOf[report.PSPNamespace]{column{"AUDIT", 0}, func(n *report.PSPNamespace) cell { return cell{text: n.Current.Audit} }},
		columnOf[report.PSPNamespace]{column{"WARN", 0}, func(n *report.PSPNamespace) cell { return cell{text: n.Current.Warn} }},
	)
}

func (p *page) pspNamespaces(items []report.PSPNamespace, o Options) {
	if len(items) == 0 {
		return
	}
	l := tabulate(p, o, p.pspNamespaceColumns(o.Wide), items, func(n *report.PSPNamespace) bool { return !n.Counted })
	if o.NoHeaders {
		return
	}
	p.section()
	if len(l.hidden) > 0 {
		p.line(0, p.Faint(list(l.hidden, len(l.hidden))+" left out to fit this terminal; -o wide shows every column."))
	}
	p.labelled(0, p.Faint("RECOMMENDED     "), p.Faint("to be enforced: what all workloads pass with their policies and without; audit and warn one level above"))
	p.labelled(0, p.Faint("AFTER-PATCHES   "), p.Faint("the same once their templates say what policies write today"))
	if l.marks[markUnread] {
		p.labelled(0, p.Faint("<unknown>       "), p.Faint("not everything could be read"))
	}
}

// maxPolicies is how many policies a row names.
const maxPolicies = 2

func (p *page) pspNames(n *report.PSPNamespace, wide bool) cell {
	switch names := n.Policies; {
	case len(names) == 0:
		return cell{text: none, paint: p.Faint}
	case len(names) > maxPolicies && !wide:
		return cell{text: fmt.Sprintf("%s +%d", strings.Join(names[:maxPolicies], ","), len(names)-maxPolicies)}
	default:
		return cell{text: strings.Join(names, ",")}
	}
}

func (p *page) trappedCell(n *report.PSPNamespace) cell {
	trapped := 0
	for i := range n.Workloads {
		if n.Workloads[i].Trap != nil {
			trapped++
		}
	}
	c := cell{text: strconv.Itoa(trapped)}
	if trapped > 0 {
		c.paint = p.Bad
	}
	return c
}

func (p *page) levelCell(level string) cell {
	if level == "" {
		return cell{text: "<unknown>", paint: p.Faint, mark: markUnread}
	}
	return cell{text: level}
}

// pspSummary adds the check up, and says how to go on.
func (p *page) pspSummary(c *report.PSPCheck, command string) {
	p.section()
	s := &c.Summary
	if n := pspUntold(c); n > 0 {
		p.line(0, p.Caution("Unknown:")+" what policies wrote into the pods of "+count(n, "workload")+", of which the template or the policy is not known.")
	}
	switch {
	case s.Trapped > 0:
		text := fmt.Sprintf("%s %d of %s pass only by what a policy writes", p.Bad("Trapped:"), s.Trapped, count(s.Workloads, "workload"))
		if s.Trapped == 1 {
			text = fmt.Sprintf("%s 1 of %s passes only by what a policy writes", p.Bad("Trapped:"), count(s.Workloads, "workload"))
		}
		if s.Repaired > 0 {
			text += fmt.Sprintf("; with %s without", repairedOf(s.Repaired, s.Trapped))
		}
		p.line(0, text+".")
	case len(c.Items) == 0:
	case len(c.Gaps) > 0:
		p.line(0, p.Caution("Incomplete:")+" no workload that was read passes only by what a policy writes, but not everything could be read.")
	default:
		p.line(0, fmt.Sprintf("%s none of %s passes only by what a policy writes.", p.Good("No trap:"), count(s.Workloads, "workload")))
	}
	if patches := pspPatched(c); patches > 0 {
		p.line(0, p.Faint("For what policies write, as patches of "+count(patches, "template")+": ")+command+" -o patch")
	}
}

// untold says that nobody can tell whether a workload is trapped: no template is known, or the policy is not.
func untold(w *report.PSPWorkload) bool {
	if w.Trap != nil || w.WithPolicy == levelPrivileged {
		return false
	}
	return w.NoTemplate || len(w.Written) == 0 && len(w.Others) > 0 && w.WithPolicy != w.Without
}

// pspUntold counts the workloads of which nobody can tell.
func pspUntold(c *report.PSPCheck) int {
	n := 0
	for i := range c.Items {
		for k := range c.Items[i].Workloads {
			if untold(&c.Items[i].Workloads[k]) {
				n++
			}
		}
	}
	return n
}

// repairedOf says how many of the trapped workloads their patches help.
func repairedOf(repaired, trapped int) string {
	switch {
	case trapped == 1:
		return "its patch it passes"
	case repaired == trapped && trapped == 2:
		return "their patches both pass"
	case repaired == trapped:
		return fmt.Sprintf("their patches all %d pass", trapped)
	case repaired == 1:
		return "its patch 1 passes"
	default:
		return fmt.Sprintf("their patches %d pass", repaired)
	}
}

// pspPatched counts the workloads that can be patched where they are.
func pspPatched(c *report.PSPCheck) int {
	n := 0
	for i := range c.Items {
		for k := range c.Items[i].Workloads {
			if w := &c.Items[i].Workloads[k]; len(w.Patch) > 0 && w.Fixed == "" {
				n++
			}
		}
	}
	return n
}
