package printer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// upgrade writes what changes on a server of another release, and nothing else.
func (p *page) upgrade(r *report.CheckReport, o Options) {
	up := escaped(*r.Upgrade)
	items := changing(r)
	if o.NoHeaders {
		p.upgradeRows(items, o)
		return
	}
	p.server(&r.Server)
	p.linef(0, "What changes when the server goes from %s to %s; nothing else is shown.", up.From, up.To)
	if !up.Exact {
		p.line(0, p.Caution("These predictions may differ from what that release says")+": "+strings.Join(up.Inexact, "; ")+".")
	}
	p.upgradeRows(items, o)
	if o.Details {
		for i := range items {
			p.upgradeDetails(&items[i], &up)
			if p.flush() != nil {
				return
			}
		}
	}
	p.section()
	p.apart(r)
	p.gaps(allGaps(r))
	p.implied(items)
	p.pins(items, &up)
	p.upgradeVerdict(r, &up)
	if !o.Details && up.Sum() > 0 {
		p.line(0, p.Faint("For every workload and what it is told: ")+o.Next)
	}
}

// changing are escaped copies of the namespaces in which something changes.
func changing(r *report.CheckReport) []report.Namespace {
	var list []report.Namespace
	for i := range r.Items {
		if r.Items[i].Upgrade != nil {
			list = append(list, escaped(r.Items[i]))
		}
	}
	return list
}

// upgradeRows writes a row for each namespace with workloads for which something changes.
func (p *page) upgradeRows(items []report.Namespace, o Options) {
	g := grid{noHeaders: o.NoHeaders, columns: []column{
		{"NAMESPACE", 0}, {"ENFORCE", 0}, {"FAILS", 0}, {"PASSES", 0}, {"OTHER", 0}, {"CHECKS", 0}, {"KEPT-BY", 1},
	}}
	for i := range items {
		n := &items[i]
		up := n.Upgrade
		if up.Sum() == 0 {
			continue
		}
		checks, kept := cell{text: none, paint: p.Faint}, cell{text: none, paint: p.Faint}
		if len(up.Checks) > 0 {
			checks = cell{text: strings.Join(up.Checks, ",")}
		}
		if len(up.Pins) > 0 && up.Kept {
			kept = cell{text: pinCell(up.Pins)}
		}
		row := []cell{
			{text: n.Namespace},
			{text: up.Policy.Enforce.String()},
			p.tally(up.Fails, p.Bad), p.tally(up.Passes, p.Good),
			p.tally(up.Other, nil), checks, kept,
		}
		if !n.Counted {
			for k := range row {
				row[k].paint = p.Faint
			}
		}
		g.rows = append(g.rows, row)
	}
	if len(g.rows) == 0 {
		return
	}
	width := o.Width
	if o.Wide || o.NoHeaders {
		width = 0
	}
	p.section()
	lines, shown, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	for _, line := range lines {
		p.put(line)
	}
	if !o.NoHeaders {
		p.explain(shown, [][2]string{
			{"FAILS, PASSES", "workloads that enforce newly refuses, or no longer"},
			{"OTHER", "workloads that are told otherwise: in the denial, the warnings or the audit log"},
			{"KEPT-BY", "version labels with which nothing changes; <none> where no version does that"},
		})
	}
}

func (p *page) tally(n int, paint func(string) string) cell {
	if n == 0 {
		paint = p.Faint
	}
	return cell{text: strconv.Itoa(n), paint: paint}
}

// pinCell is enforce=v1.24,warn=v1.24.
func pinCell(pins map[string]string) string {
	var parts []string
	for _, m := range modes() {
		if version, ok := pins["pod-security.kubernetes.io/"+m.name+"-version"]; ok {
			parts = append(parts, m.name+"="+version)
		}
	}
	return strings.Join(parts, ",")
}

// implied says where the policy itself changes: since 1.26 enforce implies warn.
func (p *page) implied(items []report.Namespace) {
	var names []string
	for i := range items {
		now := items[i].Current.Warn
		if items[i].Candidate != nil {
			now = items[i].Candidate.Warn
		}
		if now.Level != items[i].Upgrade.Policy.Warn.Level {
			names = append(names, items[i].Namespace)
		}
	}
	if len(names) > 0 {
		p.section()
		p.linef(0, "Enforce implies warn from v1.26 on, and not before, where no label says otherwise: that changes the warnings in %s.", list(names, 5))
	}
}

// pins writes the commands that keep things as they are.
func (p *page) pins(items []report.Namespace, up *report.Upgrade) {
	const most = 20
	var commands []string
	partly := false
	for i := range items {
		n := items[i].Upgrade
		if n.Command == "" {
			continue
		}
		text := n.Command
		if !n.Kept {
			text, partly = text+" *", true
		}
		commands = append(commands, text)
	}
	if len(commands) == 0 {
		return
	}
	p.section()
	p.line(0, p.Strong("To keep what "+up.From+" checks")+", before or after the upgrade")
	for _, command := range commands[:min(len(commands), most)] {
		p.put("  " + command)
	}
	if more := len(commands) - most; more > 0 {
		p.linef(2, "and %d more: -o json has them all", more)
	}
	if partly {
		p.line(2, p.Faint("* not all of it: something in the release itself follows no policy version"))
	}
}

func (p *page) upgradeVerdict(r *report.CheckReport, up *report.Upgrade) {
	p.section()
	workloads, blocks, in := 0, 0, map[string]bool{}
	for i := range r.Items {
		item := &r.Items[i]
		if !item.Counted {
			continue
		}
		workloads += len(item.Workloads)
		for k := range item.Workloads {
			if w := item.Workloads[k].Upgrade; w != nil && w.Blocks {
				blocks++
				in[item.Namespace] = true
			}
		}
	}
	if r.Summary.Counted == 0 {
		p.line(0, "Nothing to judge.")
		return
	}
	switch verdict := p.verdictPaint(up.Verdict); up.Verdict {
	case report.Violates:
		p.linef(0, "%s %s would newly refuse the pods of %d of %s, in %s.", verdict("Violates:"),
			up.To, blocks, count(workloads, "workload"), list(slices.Sorted(maps.Keys(in)), 3))
	case report.Incomplete:
		p.linef(0, "%s nothing that was read newly fails under %s, but not everything could be read.", verdict("Incomplete:"), up.To)
	default:
		text := fmt.Sprintf("%s newly refuses the pods of none of %s.", up.To, count(workloads, "workload"))
		if up.Sum() == 0 {
			text = fmt.Sprintf("%s says of %s what %s says.", up.To, count(workloads, "workload"), up.From)
		}
		p.line(0, verdict("Complies:")+" "+text)
	}
}
