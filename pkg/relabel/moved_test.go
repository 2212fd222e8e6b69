package relabel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func onePlan(change func(*report.Planned)) *report.LabelPlan {
	item := report.Planned{
		Namespace: "web", UID: "1", Action: report.ActionChange,
		Before: map[string]string{prefix + "enforce": "baseline"}, After: map[string]string{prefix + "enforce": "restricted"},
		Refused: []report.Refused{{Kind: "Deployment", Name: "api", Message: "no"}, {Kind: "Job", Name: "once", Message: "never"}},
	}
	change(&item)
	return &report.LabelPlan{Items: []report.Planned{item}}
}

// TestReviseKeepsGaps: what could not be read of a namespace that is left alone is still so, although only those to be
// changed were read again.
func TestReviseKeepsGaps(t *testing.T) {
	old := onePlan(func(*report.Planned) {})
	old.Items = append(old.Items, report.Planned{Namespace: "hidden", Action: report.ActionSkip})
	hidden := report.Gap{Resource: "cronjobs.batch", Namespace: "hidden"}
	old.Gaps = []report.Gap{hidden, {Resource: "pods", Namespace: old.Items[0].Namespace}}
	now := onePlan(func(*report.Planned) {})
	now.Gaps = []report.Gap{{Resource: "jobs.batch", Namespace: "elsewhere"}}
	if diff := cmp.Diff([]report.Gap{hidden, now.Gaps[0]}, Revise(old, now).Gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

func TestRevise(t *testing.T) {
	moved := func(message string) *report.Result {
		return &report.Result{Outcome: report.EndingMoved, Message: message}
	}
	for name, tc := range map[string]struct {
		now    *report.LabelPlan
		action report.Action
		result *report.Result
	}{
		"as it was": {onePlan(func(*report.Planned) {}), report.ActionChange, nil},
		"in another order": {onePlan(func(p *report.Planned) {
			p.Refused[0], p.Refused[1] = p.Refused[1], p.Refused[0]
		}), report.ActionChange, nil},
		"refused today already": {onePlan(func(p *report.Planned) { p.Refused[0].Already = true }), report.ActionChange, nil},
		"done":                  {onePlan(func(p *report.Planned) { p.Action, p.Before = report.ActionKeep, p.After }), report.ActionKeep, nil},
		"gone": {&report.LabelPlan{}, report.ActionSkip, &report.Result{
			Outcome: report.EndingGone, Message: "deleted since the plan was made",
		}},
		"made anew": {onePlan(func(p *report.Planned) { p.UID = "2" }), report.ActionSkip, &report.Result{
			Outcome: report.EndingGone, Message: "deleted since the plan was made; another namespace has taken its name",
		}},
		"label moved": {
			onePlan(func(p *report.Planned) { p.Before = map[string]string{prefix + "warn": "baseline"} }), report.ActionSkip,
			moved(prefix + "enforce: the plan saw baseline, now it is no label\n" + prefix + "warn: the plan saw no label, now it is baseline"),
		},
		"refused as well": {
			onePlan(func(p *report.Planned) {
				p.Refused = append(p.Refused, report.Refused{Kind: "Pod", Name: "x", Message: "oh"})
			}),
			report.ActionSkip, moved("Pod/x would be refused, which the plan did not see: oh"),
		},
		"other words": {
			onePlan(func(p *report.Planned) { p.Refused[0].Message = "no, no" }), report.ActionSkip,
			moved("Deployment/api would be refused in other words than the plan saw: no, no"),
		},
		"no longer": {onePlan(func(p *report.Planned) { p.Refused = p.Refused[:1] }), report.ActionSkip, moved("Job/once would no longer be refused")},
		"going":     {onePlan(func(p *report.Planned) { p.Action, p.Reason = report.ActionSkip, "being deleted" }), report.ActionSkip, moved("being deleted")},
		"half a view": {
			&report.LabelPlan{Items: onePlan(func(*report.Planned) {}).Items, Gaps: []report.Gap{{Resource: "pods"}, {Resource: "jobs.batch", Namespace: "x"}}},
			report.ActionSkip, moved("pods can no longer be read"),
		},
	} {
		old := onePlan(func(*report.Planned) {})
		old.Asked, old.Run = report.Asked{Recommend: true}, "r"
		p := Revise(old, tc.now)
		if p.Items[0].Action != tc.action || !p.Asked.Recommend || p.Run != "r" {
			t.Errorf("%s: %+v", name, p)
		}
		if diff := cmp.Diff(tc.result, p.Items[0].Result); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
