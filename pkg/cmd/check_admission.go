package cmd

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// changersPatience is how long a result waits for what may have changed pods, which is only named beside it.
const changersPatience = 3 * time.Second

// changers starts to read what may change pods on their way. found waits for it, and stop ends the reading: nothing of
// it runs any more afterwards.
func (o *surveyor) changers(ctx context.Context) (found func() []workload.Changer, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	list := make(chan []workload.Changer, 1)
	var reading sync.WaitGroup
	reading.Go(func() { list <- o.Client.Changers(ctx) })
	found = func() []workload.Changer {
		timer := time.NewTimer(changersPatience)
		defer timer.Stop()
		select {
		case changers := <-list:
			return changers
		case <-timer.C:
			return nil
		}
	}
	return found, func() {
		cancel()
		reading.Wait()
	}
}

// dryRuns is the name of what progress counts.
const dryRuns = "dry runs"

// admit asks the server by dry run what it would make of templates, and says so before.
func (o *surveyor) admit(progress *terminal.Progress) func(context.Context, []workload.Request) (*workload.Admissions, error) {
	return func(ctx context.Context, requests []workload.Request) (*workload.Admissions, error) {
		asking, err := o.Probe.Prepare(ctx, requests)
		if err != nil {
			return nil, err
		}
		var left atomic.Int64
		left.Store(int64(asking.Count()))
		what := "to create pods"
		if left.Load() == 1 {
			what = "to create a pod"
		}
		if text := beforehand("", left.Load(), what); text != "" && !o.Streams.Quiet {
			say(o.Streams, text)
		}
		progress.Doing("asking for")
		return asking.Send(ctx, func() { progress.Page(dryRuns, 1, left.Add(-1)) })
	}
}
