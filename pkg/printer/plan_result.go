package printer

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// PlanResults returns the printer of what was done, in kubectl's own words, one namespace a line. Those that were
// skipped or failed have no line: PlanEnding tells of them.
func PlanResults(o PlanOptions) func(io.Writer, *report.LabelPlan) error {
	return func(w io.Writer, plan *report.LabelPlan) error {
		p := &page{w: w}
		suffix := map[string]string{dryRunClient: " (dry run)", dryRunServer: " (server dry run)"}[o.DryRun]
		for i := range plan.Items {
			item := &plan.Items[i]
			if word := did(plan, item, o.DryRun); word != "" {
				p.put("namespace/" + escaped(item.Namespace) + " " + word + suffix)
			}
		}
		return p.flush()
	}
}

const (
	dryRunClient = "client"
	dryRunServer = "server"
)

// did is kubectl's word for what happened to a namespace, as `kubectl label` and `kubectl rollout undo` choose it;
// empty where nothing did.
func did(plan *report.LabelPlan, item *report.Planned, dryRun string) string {
	word, not := dataChange(item), "not labeled"
	if plan.Asked.Undo != "" {
		word, not = "rolled back", "not rolled back"
	}
	switch {
	case item.Action == report.ActionKeep:
		return not
	case item.Action != report.ActionChange:
		return ""
	case dryRun == dryRunClient:
		return word
	case dryRun == dryRunServer:
		if item.Answer != nil && item.Answer.Allowed {
			return word
		}
		return ""
	case item.Result == nil:
		return ""
	case item.Result.Outcome == report.EndingWritten:
		return word
	case item.Result.Outcome == report.EndingAlready:
		return not
	default:
		return ""
	}
}

// dataChange is kubectl label's word for a change.
func dataChange(item *report.Planned) string {
	set, removed := false, false
	for _, key := range item.ChangedKeys() {
		_, stays := item.After[key]
		set, removed = set || stays, removed || !stays
	}
	switch {
	case set && removed:
		return "modified"
	case removed:
		return "unlabeled"
	default:
		return "labeled"
	}
}

// PlanEnding returns the printer of how a run ended, for stderr: what went wrong first, each cause once, and in one
// line at the end how many namespaces came to what.
func PlanEnding(o PlanOptions) func(io.Writer, *report.LabelPlan) error {
	return func(w io.Writer, plan *report.LabelPlan) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		changed := tried(plan)
		switch o.DryRun {
		case dryRunClient:
			p.line(0, "dry run: nothing was written")
		case dryRunServer:
			p.dryRunEnding(plan, changed)
		default:
			p.moved(plan)
			p.failures(changed)
			p.warned(changed)
			p.line(0, p.ending(plan, changed))
		}
		return p.flush()
	}
}

// tried are the items that were to be changed: those of the plan, and those that it would still change if they had not
// moved or gone since it was made.
func tried(plan *report.LabelPlan) []*report.Planned {
	var list []*report.Planned
	for i := range plan.Items {
		if item := &plan.Items[i]; item.Action == report.ActionChange || item.Result != nil {
			list = append(list, item)
		}
	}
	return list
}

// PlanMoved returns the printer of the namespaces that were stopped because their labels or what was foreseen of them
// are not what the plan saw. PlanTable and PlanEnding tell this too; it is for those who show neither.
func PlanMoved(o PlanOptions) func(io.Writer, *report.LabelPlan) error {
	return func(w io.Writer, plan *report.LabelPlan) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		p.moved(plan)
		return p.flush()
	}
}

func (p *page) moved(plan *report.LabelPlan) {
	for i := range plan.Items {
		item := &plan.Items[i]
		if item.Result == nil || item.Result.Outcome != report.EndingMoved {
			continue
		}
		p.line(0, p.Caution("moved")+": "+escaped(item.Namespace)+" is not what the plan saw, and was left alone")
		for line := range strings.Lines(item.Result.Message) {
			p.line(2, terminal.Escape(strings.TrimRight(line, "\r\n")))
		}
	}
}

// failures writes what stood in the way, and what a rollback did not touch.
func (p *page) failures(changed []*report.Planned) {
	for _, outcome := range []report.Ending{report.EndingGone, report.EndingFailed, report.EndingUntried} {
		var causes []*cause
		for _, item := range changed {
			if item.Result != nil && item.Result.Outcome == outcome {
				causes = addCause(causes, item.Result.Message, item.Namespace)
			}
		}
		p.causes(endings()[outcome], causes)
	}
	for _, item := range changed {
		if item.Result != nil && len(item.Result.Left) > 0 {
			keys := byMode(escaped(item.Result.Left))
			p.line(0, p.Caution("left alone")+": "+escaped(item.Namespace)+": "+list(keys, len(keys))+
				": no longer what the run wrote")
		}
	}
}

// causes writes what happened to namespaces, and why.
func (p *page) causes(what string, causes []*cause) {
	for _, c := range causes {
		text := p.Bad(what) + ": " + list(c.namespaces, maxFailed)
		if c.String() != "" {
			text += ": " + c.String()
		}
		p.line(0, text)
	}
}

// maxFailed is how many namespaces with one failure are named. -o json names all.
const maxFailed = 20

// warned writes what the server said to the changes and was not foreseen.
func (p *page) warned(changed []*report.Planned) {
	var causes []*cause
	for _, item := range changed {
		if item.Result == nil {
			continue
		}
		for _, said := range item.Result.Warnings {
			// The server cuts long warnings when it sends many.
			known := item.LabelChange != nil && slices.ContainsFunc(item.LabelChange.Warnings, func(foreseen string) bool {
				return strings.HasPrefix(foreseen, said)
			})
			if !known {
				causes = addCause(causes, said, item.Namespace)
			}
		}
	}
	for _, c := range causes {
		p.labelled(0, p.Caution("Warning:")+" ", list(c.namespaces, maxNames)+": "+c.String())
	}
}

// endings are the outcomes in a word or two.
func endings() map[report.Ending]string {
	return map[report.Ending]string{
		report.EndingWritten: "written", report.EndingAlready: "already so", report.EndingMoved: "moved", report.EndingGone: "gone", report.EndingFailed: "failed", report.EndingUntried: "not tried",
	}
}

// ending is how many namespaces came to what.
func (p *page) ending(plan *report.LabelPlan, changed []*report.Planned) string {
	sum := map[report.Ending]int{}
	for _, item := range changed {
		if item.Result != nil {
			sum[item.Result.Outcome]++
		}
	}
	if sum[report.EndingUntried] == len(changed) {
		return "nothing was written"
	}
	verb := "labeled "
	if plan.Asked.Undo != "" {
		verb = "rolled back "
	}
	text := verb + strconv.Itoa(sum[report.EndingWritten]) + " of " + count(len(changed), "namespace")
	if plan.Run != "" {
		text += " (run " + escaped(plan.Run) + ")"
	}
	var parts []string
	if n := sum[report.EndingAlready]; n > 0 {
		parts = append(parts, strconv.Itoa(n)+" "+endings()[report.EndingAlready])
	}
	for _, outcome := range []report.Ending{report.EndingMoved, report.EndingFailed, report.EndingGone, report.EndingUntried} {
		if n := sum[outcome]; n > 0 {
			parts = append(parts, p.Bad(strconv.Itoa(n)+" "+endings()[outcome]))
		}
	}
	if len(parts) > 0 {
		text += "; " + strings.Join(parts, ", ")
	}
	return text
}
