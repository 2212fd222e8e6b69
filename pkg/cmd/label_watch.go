package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// watch takes down what is refused before anything is written, and returns what follows the namespaces afterwards;
// nil without --watch.
func (o *LabelOptions) watch(ctx context.Context, p *report.LabelPlan) (func(context.Context) error, error) {
	if o.Watch == 0 {
		return nil, nil
	}
	var names []string
	for i := range p.Items {
		if p.Items[i].Action == report.ActionChange {
			names = append(names, p.Items[i].Namespace)
		}
	}
	refusals, err := survey.NewRefusals(cmp.Or(o.Survey.Binary, o.Survey.Minor), o.Survey.Minor)
	if err != nil {
		return nil, err
	}
	w := newWatcher(o.Client, refusals, cluster.RefusalOptions{Namespaces: names, ChunkSize: o.Source.ChunkSize}, o.Streams.Warn)
	if err := w.Baseline(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return o.follow(ctx, p, w) }, nil
}

// follow tells what is refused after the labels were written, and offers the way back.
func (o *LabelOptions) follow(ctx context.Context, p *report.LabelPlan, w *watcher) error {
	say(o.Streams, fmt.Sprintf("following %s for %s; Ctrl-C ends it, the labels stay", namespaces(p.Summary.Change), o.Watch))
	foreseen, unforeseen := 0, map[string]bool{}
	begin := time.Now()
	err := w.Follow(ctx, o.Watch, func(b report.Blocked) {
		word, ok := foresight(p, &b)
		if ok {
			foreseen++
		} else {
			unforeseen[b.Namespace] = true
		}
		say(o.Streams, fmt.Sprintf("%s  %s/%s lacks %d of %d pods, %s: %s",
			b.Namespace, b.Kind, b.Name, b.Missing, b.Wanted, word, b.Message))
	})
	after := time.Since(begin).Round(time.Second)
	unread := strings.Join(w.Unread(), " and ")
	switch {
	case len(unforeseen) == 0 && unread != "":
		say(o.Streams, fmt.Sprintf("whether something unforeseen was refused in %s is not known: the last look could not read %s; to look again: kubectl pss blocked", after, unread))
		if err == nil {
			err = cmp.Or(leftOver(p), error(verdictError{report.Incomplete}))
		}
	case len(unforeseen) == 0 && foreseen == 0 && w.Before() > 0:
		say(o.Streams, fmt.Sprintf("nothing new was refused in %s; before that it was %s", after, count(w.Before(), "workload")))
	case len(unforeseen) == 0 && foreseen == 0:
		say(o.Streams, fmt.Sprintf("nothing was refused in %s", after))
	case len(unforeseen) == 0:
		say(o.Streams, fmt.Sprintf("%s refused in %s, all as foreseen", count(foreseen, "workload"), after))
	default:
		names := slices.Sorted(maps.Keys(unforeseen))
		say(o.Streams, fmt.Sprintf("refused in %s, and not foreseen: something in %s", after, strings.Join(names, ", ")))
		if err == nil {
			err = o.offerBack(ctx, p, names)
		}
		if err == nil {
			err = verdictError{report.Violates}
		}
	}
	if err == nil {
		return leftOver(p)
	}
	if ctx.Err() != nil {
		return interruptedError{}
	}
	return err
}

// foresight says whether a refusal was predicted.
func foresight(p *report.LabelPlan, b *report.Blocked) (string, bool) {
	at := slices.IndexFunc(p.Items, func(item report.Planned) bool { return item.Namespace == b.Namespace })
	word := "NOT foreseen"
	if at < 0 {
		return word, false
	}
	for _, r := range p.Items[at].Refused {
		switch {
		case r.Kind != b.Kind || r.Name != b.Name:
		case r.Message == b.Message:
			return "as foreseen", true
		default:
			word = "foreseen in other words"
		}
	}
	return word, false
}

// offerBack asks whether to take back what was written in those namespaces, or says how.
func (o *LabelOptions) offerBack(ctx context.Context, p *report.LabelPlan, names []string) error {
	back := RollbackOptions{writing: o.writing, run: p.Run, names: names, output: o.Print}
	if o.yes || !o.Streams.CanPrompt() {
		say(o.Streams, "to take it back there: "+back.commandLine())
		return nil
	}
	err := back.Run(ctx)
	if _, declined := errors.AsType[declinedError](err); declined {
		say(o.Streams, "left as it is; later: "+back.commandLine())
		return nil
	}
	return err
}
