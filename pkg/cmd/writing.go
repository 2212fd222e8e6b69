package cmd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// writing is what label and rollback share: the question, the journal and the requests that write.
type writing struct {
	getter       genericclioptions.RESTClientGetter
	streams      terminal.Streams
	host         string
	fieldManager string
	command      string
	yes          bool
	store        *relabel.Store
	// table says that stdout is for people.
	table bool
	// show prints a plan on stderr, where the question is asked, and ending how writing went.
	show, ending planPrinter
}

func newWriting(config *genericclioptions.ConfigFlags, s terminal.Streams, command, host, fieldManager string, yes, details bool) (writing, error) {
	dir, err := relabel.DefaultDir()
	if err != nil {
		return writing{}, err
	}
	o := printer.PlanOptions{Options: printer.Options{Details: details, Color: s.ErrPalette()}}
	if s.ErrTerminal {
		o.Width = s.ErrWidth()
	}
	return writing{
		getter: config, streams: s, host: host, fieldManager: fieldManager, command: command, yes: yes,
		store: relabel.NewStore(dir), show: printer.PlanTable(o), ending: printer.PlanEnding(o),
	}, nil
}

func (w *writing) api(dryRun bool) (*relabel.API, error) {
	return relabel.NewAPI(w.getter, relabel.APIOptions{Version: version, FieldManager: w.fieldManager, DryRun: dryRun})
}

// explain shows the plan of a dry run on stderr where stdout is for programs, and the exit code alone would say that
// something is left.
func (w *writing) explain(p *report.LabelPlan) error {
	if w.table || leftOver(p) == nil {
		return nil
	}
	return w.show(w.streams.ErrOut, p)
}

// declinedError says that the answer was not yes.
type declinedError struct{}

func (declinedError) Error() string { return "nothing was written" }

// confirm asks before something is written; nil means that it may be.
func (w *writing) confirm(ctx context.Context, p *report.LabelPlan, verb string) error {
	if w.yes {
		return nil
	}
	n := p.Summary.Change
	if !w.streams.CanPrompt() {
		return usagef("refusing to change %s without confirmation: pass --yes, or --dry-run to preview", namespaces(n))
	}
	where := p.Server.Context
	if where == "" {
		where = w.host
	}
	yes, err := w.streams.Confirm(ctx, fmt.Sprintf("\n%s %s of %s?", verb, namespaces(n), where))
	switch {
	case err != nil:
		return err
	case !yes:
		return declinedError{}
	default:
		return nil
	}
}

func namespaces(n int) string {
	if n == 1 {
		return "1 namespace"
	}
	return fmt.Sprintf("%d namespaces", n)
}

// send writes items with progress on stderr.
func (w *writing) send(ctx context.Context, api *relabel.API, items []report.Planned, h relabel.Hooks, doing string) []report.Result {
	progress := terminal.NewProgress(w.streams, w.host)
	progress.Doing(doing)
	defer progress.Stop()
	left := 0
	for i := range items {
		if items[i].Action == report.ActionChange {
			left++
		}
	}
	progress.Page("namespaces", 0, int64(left))
	var mu sync.Mutex
	done := h.Done
	h.Done = func(namespace string, r report.Result) {
		if done != nil {
			done(namespace, r)
		}
		mu.Lock()
		defer mu.Unlock()
		left--
		progress.Page("namespaces", 1, int64(left))
	}
	return api.Write(ctx, items, h)
}

// execute writes a plan under a journal and puts into its items how each ended. An error means that nothing was written.
func (w *writing) execute(ctx context.Context, p *report.LabelPlan, j *relabel.Journal) error {
	api, err := w.api(false)
	if err != nil {
		return err
	}
	results := w.send(ctx, api, p.Items, relabel.Hooks{Begin: j.Begin, Done: j.Done}, "writing")
	for i := range results {
		if results[i].Outcome != "" {
			p.Items[i].Result = &results[i]
		}
	}
	relabel.Summarise(p)
	interrupted := ctx.Err() != nil && p.Summary.Outcomes[report.EndingFailed] > 0
	if p.Summary.Outcomes[report.EndingUntried] == 0 && !interrupted {
		if err := j.End(); err != nil {
			w.streams.Warn("the journal of this run could not be ended: %v", err)
		}
	}
	return nil
}

// journal begins the journal of a run, which holds what the plan changes.
func (w *writing) journal(p *report.LabelPlan, allowed []string) (*relabel.Journal, error) {
	changes := *p
	changes.Items = slices.DeleteFunc(slices.Clone(p.Items), func(item report.Planned) bool { return item.Action != report.ActionChange })
	j, err := w.store.Create(&changes, relabel.RunInfo{Command: w.command, Host: w.host, Now: time.Now(), Allowed: allowed})
	p.Run = changes.Run
	return j, err
}

// partlyError says that not everything was done; what and why has been said.
type partlyError struct{}

func (partlyError) Error() string { return "not everything was done" }

// finish prints how a run ended, and how to take it back or go on.
func (w *writing) finish(ctx context.Context, p *report.LabelPlan, output planPrinter) error {
	if err := output(w.streams.Out, p); err != nil {
		return err
	}
	if !w.streams.Quiet {
		if err := w.ending(w.streams.ErrOut, p); err != nil {
			return err
		}
	}
	w.sayNext(p)
	if ctx.Err() != nil {
		return interruptedError{}
	}
	for ending, n := range p.Summary.Outcomes {
		if n > 0 && ending != report.EndingWritten && ending != report.EndingAlready {
			return partlyError{}
		}
	}
	return nil
}

// sayNext names the commands that go on from here.
func (w *writing) sayNext(p *report.LabelPlan) {
	if p.Run == "" || w.streams.Quiet {
		return
	}
	outcomes := p.Summary.Outcomes
	again := "kubectl pss label --continue " + p.Run
	if p.Asked.Undo != "" {
		again = "kubectl pss rollback " + p.Asked.Undo
	}
	switch {
	case outcomes[report.EndingUntried] > 0:
		say(w.streams, "to go on: "+again)
	case outcomes[report.EndingFailed] > 0:
		say(w.streams, "to try again what failed: "+again)
	}
	if outcomes[report.EndingWritten] > 0 || slices.ContainsFunc(p.Items, mayBeWritten) {
		say(w.streams, "to take it back: kubectl pss rollback "+p.Run)
	}
}

// mayBeWritten says that nobody knows whether an item's patch was carried out.
func mayBeWritten(item report.Planned) bool {
	return item.Result != nil && item.Result.Outcome == report.EndingFailed && item.Result.Reason == ""
}

// interruptedError says that a run was stopped in the middle; what was done has been said.
type interruptedError struct{}

func (interruptedError) Error() string { return "interrupted" }
