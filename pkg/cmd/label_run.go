package cmd

import (
	"context"

	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// Run plans, and then shows what would become of it or carries it out.
func (o *LabelOptions) Run(ctx context.Context) error {
	p, run, err := o.plan(ctx)
	if err != nil {
		return err
	}
	if len(p.Items) == 0 {
		say(o.Streams, "No namespaces found.")
	}
	if o.DryRun == dryRunServer {
		if err := o.ask(ctx, p); err != nil {
			return err
		}
	}
	if o.DryRun != "" {
		if err := o.Print(o.Streams.Out, p); err != nil {
			return err
		}
		return o.Allow.dryRun(p)
	}
	return o.carryOut(ctx, p, run)
}

// ask lets the server check every change of a plan without keeping it, and puts its answer beside the prediction.
func (o *LabelOptions) ask(ctx context.Context, p *report.LabelPlan) error {
	api, err := o.api(true)
	if err != nil {
		return err
	}
	results := o.send(ctx, api, p.Items, relabel.Hooks{}, "asking about")
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range results {
		item, r := &p.Items[i], results[i]
		switch {
		case item.Action != report.ActionChange:
		case r.Outcome == report.EndingWritten && item.LabelChange != nil:
			item.Answer = answer(item.LabelChange, r)
		case r.Outcome != "":
			item.Result = &results[i]
		}
	}
	relabel.Summarise(p)
	return nil
}

// answer compares what the server said with what was foreseen.
func answer(foreseen *report.LabelChange, r report.Result) *report.Answer {
	a := &report.Answer{
		Allowed: true, Warnings: r.Warnings, Expected: simulate.Delivered(foreseen.Warnings), Exact: foreseen.Exact,
	}
	if a.Warnings == nil {
		a.Warnings = []string{}
	}
	a.Differs = !equalTexts(a.Warnings, a.Expected)
	return a
}

// equalTexts compares two lists of warnings in order.
func equalTexts(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
