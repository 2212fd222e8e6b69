package cmd

import (
	"context"
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// carryOut shows the plan, asks, reads everything again and writes what still stands.
func (o *LabelOptions) carryOut(ctx context.Context, p *report.LabelPlan, run *relabel.Run) error {
	if err := o.show(o.Streams.ErrOut, p); err != nil {
		return err
	}
	if p.Summary.Change == 0 {
		return o.nothingToWrite(p)
	}
	if err := o.Allow.check(p, false); err != nil {
		return err
	}
	if err := o.confirm(ctx, p, "Write these labels to"); err != nil {
		return err
	}
	p, err := o.revise(ctx, p)
	if err != nil {
		return err
	}
	if p.Summary.Change == 0 {
		return o.finish(ctx, p, o.Print)
	}
	follow, err := o.watch(ctx, p)
	if err != nil {
		return err
	}
	if err := o.writeUnder(ctx, p, run); err != nil {
		return err
	}
	ended := o.finish(ctx, p, o.Print)
	if follow != nil && ctx.Err() == nil && p.Summary.Outcomes[report.EndingWritten] > 0 {
		if err := follow(ctx); err != nil {
			return err
		}
	}
	if ended != nil {
		return ended
	}
	return leftOver(p)
}

// writeUnder writes a plan under a journal: the interrupted run's, or a new one. The journal is closed when it returns,
// so that the run can be taken back.
func (o *LabelOptions) writeUnder(ctx context.Context, p *report.LabelPlan, run *relabel.Run) error {
	var journal *relabel.Journal
	var err error
	if run != nil {
		journal, _, err = o.store.Resume(run.ID)
		p.Run = run.ID
	} else {
		journal, err = o.journal(p, o.Allow.words())
	}
	if err != nil {
		return fmt.Errorf("%w; nothing was written", err)
	}
	defer func() { _ = journal.Close() }() // what counts has been synced
	if run != nil {
		noteKept(journal, p)
	}
	return o.execute(ctx, p, journal)
}

// noteKept tells the journal of a run that is continued which namespaces are as planned already: the process that was
// killed may have lost its word on them.
func noteKept(journal *relabel.Journal, p *report.LabelPlan) {
	for i := range p.Items {
		if p.Items[i].Action == report.ActionKeep {
			journal.Done(p.Items[i].Namespace, report.Result{Outcome: report.EndingAlready})
		}
	}
}

// nothingToWrite ends a run whose plan changes nothing; an interrupted one that is complete by now has ended.
func (o *LabelOptions) nothingToWrite(p *report.LabelPlan) error {
	if err := o.Print(o.Streams.Out, p); err != nil {
		return err
	}
	if o.Continue != "" {
		journal, _, err := o.store.Resume(o.Continue)
		if err != nil {
			return err
		}
		defer func() { _ = journal.Close() }() // what counts has been synced
		noteKept(journal, p)
		if err := journal.End(); err != nil {
			return err
		}
	}
	return leftOver(p)
}
