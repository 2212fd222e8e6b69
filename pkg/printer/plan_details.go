package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// planned writes one namespace that changes, in detail.
func (p *page) planned(plan *report.LabelPlan, item *report.Planned) {
	n := escaped(*item)
	p.section()
	p.line(0, p.Strong("Namespace "+n.Namespace))
	p.diff(&n)
	p.loosening(&n)
	for i := range n.Owners {
		p.ownerFact(&n.Owners[i])
	}
	p.effective(plan.Defaults, &n)
	p.directionFact(&n)
	p.unread(&n)
	p.serverFact(&n)
	p.refusedWorkloads(&n)
	p.newWarnings(&n)
}

// loosening says in words what a label alone does not: that something will be allowed that is not today.
func (p *page) loosening(n *report.Planned) {
	for _, m := range courseOf(n).loosens {
		what := carried(n.Before, m) + " -> " + carried(n.After, m)
		if n.Current != nil && n.Candidate != nil {
			what = m.of(n.Current).String() + " -> " + m.of(n.Candidate).String()
		}
		meaning := map[string]string{
			"enforce": "pods that are refused today may be admitted",
			"audit":   "some of today's audit annotations end",
			"warn":    "some of today's warnings end",
		}[m.name]
		p.line(2, p.Caution("This loosens "+m.name+": "+what+"; "+meaning+"."))
	}
}

// ownerFact names somebody else and gives the advice that fits.
func (p *page) ownerFact(o *report.LabelOwner) {
	if len(o.Keys) == 0 {
		p.fact("manager", owner(o)+": "+o.Advice)
		return
	}
	p.fact("owner", p.Caution(owner(o)+" sets "+list(shortKeys(o.Keys), len(o.Keys)))+": "+o.Advice)
}

// shortKeys are label keys without the prefix that all of them have.
func shortKeys(keys []string) []string {
	short := byMode(slices.Clone(keys))
	for i, key := range short {
		short[i] = key[strings.LastIndexByte(key, '/')+1:]
	}
	return short
}

// effective writes what each mode is and would be, wherever that comes from.
func (p *page) effective(d report.Defaults, n *report.Planned) {
	if n.Current == nil || n.Candidate == nil {
		return
	}
	for _, m := range modes() {
		now, next := m.of(n.Current), m.of(n.Candidate)
		text := now.String() + " (" + origin(d, m.name, now) + ")"
		switch {
		case changes(now, next):
			text += " -> " + next.String()
			if next.Source != report.SourceLabel {
				text += " (" + origin(d, m.name, next) + ")"
			}
		case now.Source != next.Source:
			text += ", from then on by " + origin(d, m.name, next)
		}
		if !relabels(n, m) && !changes(now, next) {
			text = p.Faint(text)
		}
		p.fact(m.name, text+versionMeans(n, m, next))
	}
}

// versionMeans says what the version of a mode comes to.
func versionMeans(n *report.Planned, m mode, next *report.Mode) string {
	kept := n.Before[versionKey(m)] != "" && n.Before[versionKey(m)] == n.After[versionKey(m)] &&
		n.Before[levelKey(m)] != n.After[levelKey(m)]
	text := ""
	switch {
	case next.Level == levelPrivileged:
		return ""
	case next.EvaluatedAs == "" || next.EvaluatedAs == next.Version:
	case next.Version == latest:
		text = ", " + next.EvaluatedAs + " today"
	default:
		text = ", evaluated as " + next.EvaluatedAs
	}
	if kept {
		text += "; the version label stays as it is"
	}
	return text
}

// directionFact says what the change comes to, loosening aside: that has been said.
func (p *page) directionFact(n *report.Planned) {
	c := courseOf(n)
	var parts []string
	if len(c.tightens) > 0 {
		parts = append(parts, "tightens "+named(c.tightens))
	}
	switch {
	case len(c.unclear) == 0:
	case n.Current == nil || n.Candidate == nil:
		if n.Direction != "" && len(c.tightens)+len(c.loosens) == 0 {
			parts = append(parts, directionCell(p, n).painted())
		}
	default:
		parts = append(parts, p.Caution("another version for "+named(c.unclear))+": may allow more in one place and less in another")
	}
	if len(parts) == 0 && n.Direction == report.DirectionSame {
		parts = append(parts, "none today: the labels say what holds already")
	}
	if len(parts) > 0 {
		p.fact("direction", strings.Join(parts, "; "))
	}
}

// unread says what of the namespace could not be read. What of the whole cluster could not is said once, at the end.
func (p *page) unread(n *report.Planned) {
	var parts []string
	for _, g := range n.Gaps {
		if g.Namespace != "" {
			parts = append(parts, g.Resource+" ("+g.Reason+")")
		}
	}
	if len(parts) > 0 {
		p.fact("unread", p.Caution(list(parts, 5))+": more may be refused than is said here")
	}
}

// refusedWorkloads writes the workloads whose next pods are refused, those apart that are refused anyway.
func (p *page) refusedWorkloads(n *report.Planned) {
	fresh, already := distinct(n)
	if len(fresh) > 0 {
		p.section()
		p.line(2, p.Bad("Refused from then on")+": "+count(len(fresh), "workload"))
		p.refused(n.NewlyRefused(), true)
	}
	if len(already) > 0 {
		p.section()
		p.line(2, "Refused today already: "+count(len(already), "workload"))
		p.refused(slices.DeleteFunc(slices.Clone(n.Refused), func(r report.Refused) bool {
			return !r.Already || slices.Contains(fresh, kindName(r.Group, r.Kind, r.Name))
		}), false)
	}
}

// refused writes workloads and how the server denies their pods, those that meet the same at the same time once.
func (p *page) refused(entries []report.Refused, then bool) {
	var texts []string // of a workload: when, and each message, a line each
	text, names := map[string]string{}, map[string][]string{}
	for i := range entries {
		r := &entries[i]
		name := kindName(r.Group, r.Kind, r.Name)
		if text[name] == "" {
			texts = append(texts, name)
			text[name] = bites(r, then)
		}
		denied := p.Bad("denied") + ": "
		if r.IfUnchanged {
			denied = p.Caution("denied, should nothing change these pods on the way any more as it does now") + ": "
		}
		text[name] += "\n" + denied + r.Message
	}
	for _, name := range texts {
		names[text[name]] = append(names[text[name]], name)
	}
	for _, name := range texts {
		same := names[text[name]]
		if same[0] != name {
			continue
		}
		p.line(4, p.Strong(list(same, 10)))
		for line := range strings.SplitSeq(text[name], "\n") {
			p.line(6, line)
		}
	}
}

// bites says when the refusal is felt.
func bites(r *report.Refused, then bool) string {
	w := report.Workload{Group: r.Group, Kind: r.Kind, Name: r.Name, State: r.State, Next: r.Next}
	if r.State == report.StateFinished || r.State == report.StateTerminating {
		return when(&w) + "."
	}
	n := report.Namespace{}
	if then {
		n.Candidate = &report.Policy{}
	}
	w.Evidence = []report.Evidence{{Revision: report.RevisionCurrent}} // not allowed
	return whatHappens(&n, &w)
}

// newWarnings writes what people are told from then on, the same text for several workloads once.
func (p *page) newWarnings(n *report.Planned) {
	if len(n.Warned) == 0 {
		return
	}
	var texts []string
	told := map[string][]string{}
	for i := range n.Warned {
		w := &n.Warned[i]
		for _, text := range w.Warnings {
			if told[text] == nil {
				texts = append(texts, text)
			}
			told[text] = append(told[text], kindName(w.Group, w.Kind, w.Name))
		}
	}
	p.section()
	p.line(2, p.Caution("New warnings")+" to whoever applies them: "+count(len(n.Warned), "workload"))
	for _, text := range texts {
		p.line(4, p.Strong(list(told[text], 10)))
		p.line(6, text)
	}
}
