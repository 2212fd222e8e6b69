package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	switch {
	case len(p.Items) > 0:
	case o.File != "":
		say(o.Streams, "The plan is about no namespace.")
	default:
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
		if err := o.explain(p); err != nil {
			return err
		}
		for _, hint := range o.hints {
			say(o.Streams, "hint: "+hint)
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
	if n := forbidden(results); n > 0 {
		o.hints = append(o.hints, fmt.Sprintf("asking the server takes the right to patch namespaces, which it denied for %d: --dry-run=client asks nothing", n))
	}
	return nil
}

// forbidden counts the dry runs that the server does not allow this user.
func forbidden(results []report.Result) int {
	n := 0
	for i := range results {
		if results[i].Reason == string(metav1.StatusReasonForbidden) && strings.Contains(results[i].Message, `cannot patch resource "namespaces"`) {
			n++
		}
	}
	return n
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
