package relabel

import (
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// What became of a namespace since a plan was made.
const (
	reasonGone  = "deleted since the plan was made"
	reasonOther = "deleted since the plan was made; another namespace has taken its name"
	reasonMoved = "no longer what the plan saw"
)

// Revise holds a plan against the same plan made anew, and returns what of it still stands: the items of today, in the
// order of old. Where labels or prediction moved, the namespace is left alone and its result says what moved.
func Revise(old, now *report.LabelPlan) *report.LabelPlan {
	revised := *now
	revised.Run, revised.Asked = old.Run, old.Asked
	revised.Items = make([]report.Planned, 0, len(old.Items))
	for i := range old.Items {
		if old.Items[i].Action == report.ActionChange {
			revised.Items = append(revised.Items, revise(old, &old.Items[i], now))
		} else {
			revised.Items = append(revised.Items, old.Items[i])
		}
	}
	revised.Gaps = append(gapsLeft(old), now.Gaps...)
	Summarise(&revised)
	return &revised
}

// gapsLeft are the gaps that are why namespaces were left alone: nobody has looked there again.
func gapsLeft(old *report.LabelPlan) []report.Gap {
	gaps := []report.Gap{}
	for _, g := range old.Gaps {
		at := slices.IndexFunc(old.Items, func(p report.Planned) bool { return p.Namespace == g.Namespace })
		if at >= 0 && old.Items[at].Action != report.ActionChange {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

func revise(old *report.LabelPlan, item *report.Planned, now *report.LabelPlan) report.Planned {
	at := slices.IndexFunc(now.Items, func(p report.Planned) bool { return p.Namespace == item.Namespace })
	if at < 0 {
		return stopped(*item, reasonGone, report.EndingGone, reasonGone)
	}
	today := now.Items[at]
	if today.UID != item.UID {
		return stopped(*item, reasonOther, report.EndingGone, reasonOther)
	}
	if today.Action == report.ActionKeep {
		return today
	}
	if lines := Moved(old, item, now, &today); len(lines) > 0 {
		return stopped(today, reasonMoved, report.EndingMoved, strings.Join(lines, "\n"))
	}
	return today
}

// stopped is an item that is not carried out.
func stopped(item report.Planned, reason string, ending report.Ending, message string) report.Planned {
	item.Action, item.Reason = report.ActionSkip, reason
	item.Result = &report.Result{Outcome: ending, Message: message}
	return item
}
