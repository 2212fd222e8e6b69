package relabel

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// parallelWrites is how many namespaces are written at once. In answer to each the server evaluates the pods
	// of that namespace, for up to a second.
	parallelWrites = 8
	// answerGrace is how long an interrupted run waits for the answer to a patch that has left.
	answerGrace = 5 * time.Second
	// lookGrace is how long it then takes to look what became of one that was not answered.
	lookGrace = 2 * time.Second
)

// Hooks are called while Write is under way, from several goroutines at once. Either may be nil.
type Hooks struct {
	// Begin is called before the first patch of a namespace leaves. Where it fails, none leaves.
	Begin func(namespace string) error
	// Done is called when a namespace has ended, but not for those that are left untried.
	Done func(namespace string, r report.Result)
}

// Write carries out the items that change something and says how each ended; results are parallel to items, and
// those of other items are zero. One namespace's failure stops nothing else. Once ctx has ended nothing new is begun,
// and a patch that has left is waited for, but not for long.
func (a *API) Write(ctx context.Context, items []report.Planned, h Hooks) []report.Result {
	results := make([]report.Result, len(items))
	var group errgroup.Group
	group.SetLimit(parallelWrites)
	for i := range items {
		if items[i].Action != report.ActionChange {
			continue
		}
		group.Go(func() error {
			w := &writing{API: a, item: &items[i], begin: h.Begin, transient: a.transient, conflict: a.conflict}
			results[i] = w.run(ctx)
			results[i].Left = items[i].Left
			if h.Done != nil && results[i].Outcome != report.EndingUntried {
				h.Done(items[i].Namespace, results[i])
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error: failures are results
	return results
}
