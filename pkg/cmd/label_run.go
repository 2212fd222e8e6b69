package cmd

import (
	"context"
	"slices"

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
	noteAnswers(p, results)
	return nil
}

// noteAnswers puts the results of a dry run into a plan.
func noteAnswers(p *report.LabelPlan, results []report.Result) {
	for i := range results {
		item, r := &p.Items[i], results[i]
		switch {
		case item.Action != report.ActionChange:
		case r.Outcome == report.EndingWritten:
			item.Answer = answer(item.LabelChange, r)
		case r.Outcome != "":
			item.Result = &results[i]
		}
	}
	relabel.Summarise(p)
}

// answer compares what the server said with what was foreseen; where nothing was, there is nothing to differ from.
func answer(foreseen *report.LabelChange, r report.Result) *report.Answer {
	a := &report.Answer{Allowed: true, Warnings: r.Warnings, Expected: r.Warnings, Exact: true}
	if a.Warnings == nil {
		a.Warnings = []string{}
	}
	if foreseen != nil {
		a.Expected, a.Exact = simulate.Delivered(foreseen.Warnings), foreseen.Exact
	}
	a.Differs = !slices.Equal(a.Warnings, a.Expected)
	return a
}
