package cmd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const (
	// watchInterval is how long a watcher waits between two looks. Controllers write their events at once and try again
	// after seconds to minutes; shorter would cost the server more than it tells anybody.
	watchInterval = 3 * time.Second
	// watchShare bounds how much of the time a watcher asks: after a look that took long it waits so many times as long.
	watchShare = 4
)

// watcher follows namespaces for refusals that were not there before.
type watcher struct {
	client    *cluster.Client
	refusals  *survey.Refusals
	options   cluster.RefusalOptions
	warn      func(format string, args ...any)
	interval  time.Duration
	baseline  map[refusalKey]workload.Word
	before    int // workloads refused at the baseline
	announced map[refusalKey]bool
	warned    map[string]bool
	// unread is what the last look could not read.
	unread []string
}

// refusalKey is an object and what it was told.
type refusalKey struct {
	uid     types.UID
	message string
}

// newWatcher follows those namespaces on the server whose refusals these understand; none means all. warn hears once of
// each thing that cannot be read.
func newWatcher(client *cluster.Client, refusals *survey.Refusals, o cluster.RefusalOptions, warn func(format string, args ...any)) *watcher {
	return &watcher{
		client: client, refusals: refusals, options: o, warn: warn, interval: watchInterval,
		announced: map[refusalKey]bool{}, warned: map[string]bool{},
	}
}

// Baseline takes down which refusals there are. It belongs before the labels are written: from then on only what the
// server wrote since is new, whatever the clocks of server and client say.
func (w *watcher) Baseline(ctx context.Context) error {
	refusals, err := w.look(ctx)
	if err != nil {
		return err
	}
	w.baseline, w.before = newestWords(refusals), len(w.refusals.Blocked(refusals))
	return nil
}

// Unread is what the last look could not read, sorted: of it nothing is known. Events outlast the time between two looks,
// so that earlier looks do not matter.
func (w *watcher) Unread() []string { return w.unread }

// Before is how many workloads were refused at the baseline.
func (w *watcher) Before() int { return w.before }

// Follow reports every workload whose pods are refused, once for each object and message, provided that the server
// said so after the baseline. It ends when the time is over, without an error, or with the context, with its error.
// What goes wrong in between is warned about once.
func (w *watcher) Follow(ctx context.Context, d time.Duration, onRefusal func(report.Blocked)) error {
	deadline := time.Now().Add(d)
	for {
		begin := time.Now()
		refusals, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			w.warnOnce("", "cannot look for refusals, and will try again: %v", err)
		default:
			w.announce(refusals, onRefusal)
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil
		}
		// The last look is at the deadline: what came right before it counts.
		if err := pause(ctx, min(left, max(w.interval, watchShare*time.Since(begin)))); err != nil {
			return err
		}
	}
}

// look reads what is refused, and warns of what could not be read: the same in many namespaces is one warning.
func (w *watcher) look(ctx context.Context) ([]workload.Refusal, error) {
	refusals, gaps, err := w.client.Refusals(ctx, w.options)
	namespaces := map[string]int{}
	w.unread = nil
	if err != nil {
		w.unread = []string{"anything"}
	}
	for _, g := range gaps {
		namespaces[g.Resource+g.Reason]++
		if !slices.Contains(w.unread, g.Resource) {
			w.unread = append(w.unread, g.Resource)
		}
	}
	slices.Sort(w.unread)
	for _, g := range gaps {
		where := ""
		switch n := namespaces[g.Resource+g.Reason]; {
		case n > 1:
			where = fmt.Sprintf(" in %d namespaces", n)
		case g.Namespace != "":
			where = " in namespace " + g.Namespace
		}
		w.warnOnce(g.Resource+g.Reason, "cannot list %s%s: %s; refusals may go unnoticed", g.Resource, where, g.Reason)
	}
	return refusals, err
}

func (w *watcher) warnOnce(about, format string, args ...any) {
	if !w.warned[about] {
		w.warned[about] = true
		w.warn(format, args...)
	}
}

// announce reports what is new. Each refusal is judged for itself, so that it can be told which of the report's items
// it became.
func (w *watcher) announce(refusals []workload.Refusal, onRefusal func(report.Blocked)) {
	newest := newestWords(refusals)
	var fresh []workload.Refusal
	for _, r := range refusals {
		spell, now := r.Current()
		if !now {
			continue
		}
		key := refusalKey{r.UID, spell.Message}
		word := newest[key]
		if before, known := w.baseline[key]; w.announced[key] || known && !word.After(&before) {
			continue
		}
		w.announced[key] = true
		fresh = append(fresh, r)
	}
	for _, b := range w.refusals.Blocked(fresh) {
		onRefusal(b)
	}
}

// newestWords are the newest refusals for each object and message.
func newestWords(refusals []workload.Refusal) map[refusalKey]workload.Word {
	newest := map[refusalKey]workload.Word{}
	for _, r := range refusals {
		for _, word := range r.Words {
			if word.Message == "" {
				continue
			}
			key := refusalKey{r.UID, word.Message}
			if before, known := newest[key]; !known || word.After(&before) {
				newest[key] = word
			}
		}
	}
	return newest
}

// pause waits, or returns the context's error if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
