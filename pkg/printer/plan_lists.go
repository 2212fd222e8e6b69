package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	maxRefused = 10
	maxOwners  = 8
)

// newlyRefused lists, below a table, the workloads that the change refuses: these are what an admin is asked about.
func (p *page) newlyRefused(changed []*report.Planned) {
	type row struct{ namespace, workload, checks string }
	var rows []row
	for _, item := range changed {
		var names []string
		checks := map[string][]string{}
		for _, r := range item.NewlyRefused() {
			name := escaped(kindName(r.Group, r.Kind, r.Name))
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			for _, id := range escaped(r.Checks) {
				if !slices.Contains(checks[name], id) {
					checks[name] = append(checks[name], id)
				}
			}
		}
		for _, name := range names {
			rows = append(rows, row{escaped(item.Namespace), name, strings.Join(checks[name], ", ")})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.section()
	p.line(0, p.Bad("Refused from then on"))
	shown := rows[:min(len(rows), maxRefused)]
	namespaces, workloads := 0, 0
	for _, r := range shown {
		namespaces, workloads = max(namespaces, columns(r.namespace)), max(workloads, columns(r.workload))
	}
	for _, r := range shown {
		p.labelled(2, pad(r.namespace, namespaces)+wideGap+pad(r.workload, workloads)+wideGap, r.checks)
	}
	if more := len(rows) - maxRefused; more > 0 {
		p.linef(2, "and %d more", more)
	}
}

// pad fills text up with blanks.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}

// loosened names, below a table, the namespaces where something will be allowed that is not today.
func (p *page) loosened(changed []*report.Planned) {
	p.section()
	for _, m := range modes() {
		var names []string
		for _, item := range changed {
			if slices.ContainsFunc(courseOf(item).loosens, func(looser mode) bool { return looser.name == m.name }) {
				names = append(names, escaped(item.Namespace))
			}
		}
		if len(names) > 0 {
			p.linef(0, "%s in %s.", p.Caution("Loosens "+m.name), list(names, maxNames))
		}
	}
	var names []string
	for _, item := range changed {
		// Without a simulation it is not known which mode a label that goes was the one to loosen.
		if item.Direction == report.DirectionLoosens && len(courseOf(item).loosens) == 0 {
			names = append(names, escaped(item.Namespace))
		}
	}
	if len(names) > 0 {
		p.linef(0, "%s %s.", p.Caution("Loosens"), list(names, maxNames))
	}
}

// otherOwners names, below a table, who else sets the labels that change, and says what to do about it.
func (p *page) otherOwners(changed []*report.Planned) {
	type group struct {
		first      report.LabelOwner
		namespaces []string
	}
	var groups []*group
	for _, item := range changed {
		for _, o := range escaped(item.Owners) {
			if len(o.Keys) == 0 {
				continue
			}
			i := slices.IndexFunc(groups, func(g *group) bool { return g.first.Name == o.Name && g.first.Advice == o.Advice })
			if i < 0 {
				i = len(groups)
				groups = append(groups, &group{first: o})
			}
			groups[i].namespaces = append(groups[i].namespaces, escaped(item.Namespace))
		}
	}
	if len(groups) == 0 {
		return
	}
	p.section()
	for _, g := range groups[:min(len(groups), maxOwners)] {
		name := g.first.Name
		if len(g.namespaces) == 1 {
			name = owner(&g.first)
		}
		p.linef(0, "%s sets labels of %s: %s.", p.Caution(name), list(g.namespaces, 3), g.first.Advice)
	}
	if more := len(groups) - maxOwners; more > 0 {
		p.linef(0, "and %d more", more)
	}
}

// serverDiffers names, below a table, where the server's answer to a dry run was not the one foreseen.
func (p *page) serverDiffers(changed []*report.Planned) {
	p.section()
	var differs []string
	for _, item := range changed {
		switch a := item.Answer; {
		case rejects(item):
			p.linef(0, "%s of %s: %s", p.Bad("The server rejects the change"), escaped(item.Namespace), escaped(rejection(item)))
		case failed(item):
			p.linef(0, "%s for %s: %s", p.Bad("The dry run failed"), escaped(item.Namespace), escaped(rejection(item)))
		case a != nil && a.Differs && a.Exact:
			differs = append(differs, escaped(item.Namespace))
		}
	}
	if len(differs) > 0 {
		p.linef(0, "%s for %s.", p.Bad("The server's answer is not the one foreseen"), list(differs, maxNames))
	}
}
