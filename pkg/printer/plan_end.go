package printer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// maxNames is how many namespaces with the same fate are named.
const maxNames = 6

// cause is what several namespaces have in common.
type cause struct {
	key, text  string
	namespaces []string
}

// String is the cause in words.
func (c *cause) String() string {
	if len(c.namespaces) == 1 {
		return c.text
	}
	return c.key
}

// addCause joins a namespace to those of the same cause. A message that differs only by the namespace's name, as
// servers quote it, is the same.
func addCause(causes []*cause, message, namespace string) []*cause {
	key := escaped(strings.ReplaceAll(message, strconv.Quote(namespace), `"NAME"`))
	i := slices.IndexFunc(causes, func(c *cause) bool { return c.key == key })
	if i < 0 {
		i = len(causes)
		causes = append(causes, &cause{key: key, text: escaped(message)})
	}
	causes[i].namespaces = append(causes[i].namespaces, escaped(namespace))
	return causes
}

// leftAlone groups what a plan does not change by the reason, those first that are as they should be. A rollback may
// leave single labels alone in a namespace of which it changes others.
func leftAlone(plan *report.LabelPlan) []*cause {
	var causes []*cause
	for _, kept := range []bool{true, false} {
		for i := range plan.Items {
			item := &plan.Items[i]
			if item.Action == report.ActionChange && len(item.Left) == 0 || kept != (item.Action == report.ActionKeep) {
				continue
			}
			text := item.Reason
			switch {
			case text != "":
			case kept:
				text = "already so"
			default:
				text = "for a reason unknown"
			}
			causes = addCause(causes, text, item.Namespace)
		}
	}
	return causes
}

// planEnd is what stands last: what is left alone, what could not be read, and what all of it adds up to.
func (p *page) planEnd(plan *report.LabelPlan, o PlanOptions, changed []*report.Planned) {
	causes := leftAlone(plan)
	if len(causes) > 0 && (len(changed) > 0 || len(causes) > 1) {
		p.section()
		p.line(0, p.Strong("Left alone"))
		widest := 0
		for _, c := range causes {
			widest = max(widest, len(strconv.Itoa(len(c.namespaces))))
		}
		for _, c := range causes {
			p.labelled(2, pad(strconv.Itoa(len(c.namespaces)), widest)+wideGap, c.String()+" ("+list(c.namespaces, maxNames)+")")
		}
	}
	p.section()
	p.moved(plan)
	p.gaps(planGaps(plan, o, changed))
	p.section()
	if len(changed) == 0 {
		p.line(0, nothingToChange(plan, causes))
		return
	}
	p.totals(plan, changed)
	if !o.Details && o.Next != "" {
		p.line(0, p.Faint("For every workload, label and warning: ")+o.Next)
	}
}

// planGaps are the gaps of the plan and of its items, without those that the details have told.
func planGaps(plan *report.LabelPlan, o PlanOptions, changed []*report.Planned) []report.Gap {
	var gaps []report.Gap
	add := func(list []report.Gap) {
		for _, g := range list {
			told := o.Details && slices.ContainsFunc(changed, func(n *report.Planned) bool { return slices.Contains(n.Gaps, g) })
			if e := escaped(g); (!told || g.Namespace == "") && !slices.Contains(gaps, e) {
				gaps = append(gaps, e)
			}
		}
	}
	add(plan.Gaps)
	for i := range plan.Items {
		add(plan.Items[i].Gaps)
	}
	return gaps
}

// nothingToChange is the whole of a plan that changes nothing.
func nothingToChange(plan *report.LabelPlan, causes []*cause) string {
	switch {
	case len(causes) > 1:
		return "Nothing to change."
	case len(plan.Items) == 1:
		return "Nothing to change in namespace " + causes[0].namespaces[0] + ": " + causes[0].String() + "."
	default:
		return "Nothing to change in " + count(len(plan.Items), "namespace") + ": " + causes[0].String() + "."
	}
}

// totals adds the plan up. Lines without anything in them are left out, but that nothing is refused is said.
func (p *page) totals(plan *report.LabelPlan, changed []*report.Planned) {
	sum := plan.Summary
	p.line(0, p.Strong("In all"))
	p.fact("to change", strconv.Itoa(len(changed))+" of "+count(len(plan.Items), "namespace")+": "+p.directions(changed))
	nothing, today := "nothing", ""
	if n := refusedToday(changed); n > 0 {
		nothing, today = "nothing new", ", beside "+count(n, "workload")+" of today"
	}
	switch {
	case sum.Refused > 0:
		p.fact("refused", p.Bad(count(sum.Refused, "workload")+" in "+count(sum.RefusedNamespaces, "namespace")))
	case !foreseen(changed):
		p.fact("refused", p.Caution("not foreseen")+": what the server makes of these labels was not looked at")
	case sum.Incomplete > 0:
		p.fact("refused", nothing+" that was read"+today)
	default:
		p.fact("refused", p.Good(nothing)+today)
	}
	if sum.Warned > 0 {
		p.fact("warned", count(sum.Warned, "workload")+" with new warnings")
	}
	if sum.Owned > 0 {
		p.fact("owned", p.Caution(count(sum.Owned, "namespace"))+" with labels that somebody else sets")
	}
	if sum.Incomplete > 0 {
		p.fact("incomplete", p.Caution(count(sum.Incomplete, "namespace"))+" of which not everything could be read")
	}
	p.dryRunTotals(changed)
}

// refusedToday counts the workloads that are refused already, without the change.
func refusedToday(changed []*report.Planned) int {
	n := 0
	for _, item := range changed {
		n += len(item.Refused) - len(item.NewlyRefused())
	}
	return n
}

// directions counts what the changes do.
func (p *page) directions(changed []*report.Planned) string {
	sum := map[report.Direction]int{}
	for _, n := range changed {
		sum[n.Direction]++
	}
	var parts []string
	add := func(d report.Direction, text string, paint func(string) string) {
		switch {
		case sum[d] == 0:
		case len(changed) == 1: // one of one needs no number
			parts = append(parts, paint(text))
		default:
			parts = append(parts, paint(strconv.Itoa(sum[d])+" "+text))
		}
	}
	plain := func(s string) string { return s }
	add(report.DirectionTightens, "tightened", plain)
	add(report.DirectionLoosens, "loosened", p.Caution)
	add(report.DirectionMixed, "mixed", p.Caution)
	add(report.DirectionSame, "without effect", plain)
	add("", "in an unknown direction", p.Caution)
	return strings.Join(parts, ", ")
}
