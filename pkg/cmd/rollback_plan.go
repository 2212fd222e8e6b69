package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// parallelReads is how many namespaces a rollback reads at once.
const parallelReads = 8

// plan reads the namespaces of the run and works out the way back.
func (o *RollbackOptions) plan(ctx context.Context, api *relabel.API) (*report.LabelPlan, error) {
	uid, err := api.Cluster(ctx)
	if err != nil {
		return nil, err
	}
	run, err := o.find(string(uid))
	if err != nil {
		return nil, err
	}
	o.run = run.ID
	if run.Writing { // what it has not written yet it would write after us
		return nil, beingWritten(run)
	}
	if err := sameCluster(run.Plan.Server, report.Server{ClusterUID: string(uid)}, "run"); err != nil {
		return nil, err
	}
	if err := o.narrow(run); err != nil {
		return nil, err
	}
	live, err := o.live(ctx, api, run)
	if err != nil {
		return nil, err
	}
	p := relabel.Undo(run, live)
	p.Time = time.Now().UTC()
	relabel.Direct(p)
	return p, nil
}

// find is the run that is meant: the named one, else the last that can be taken back.
func (o *RollbackOptions) find(clusterUID string) (*relabel.Run, error) {
	if o.run != "" {
		return o.store.Load(o.run)
	}
	runs, err := o.store.List()
	if err != nil {
		return nil, err
	}
	run := relabel.LastToUndo(runs, clusterUID)
	for _, newer := range runs { // what it did is not known: the run before it may not be the one that is meant
		if newer == run {
			break
		}
		if newer.Writing && (newer.ClusterUID == clusterUID || newer.ClusterUID == "" || clusterUID == "") {
			return nil, beingWritten(newer)
		}
		if newer.Damaged != "" {
			return nil, fmt.Errorf("the journal of the last run is damaged: %s; say which RUN to take back, see 'kubectl pss rollback --list'", newer.Damaged)
		}
	}
	if run == nil {
		return nil, errors.New("there is no run on this cluster that could be taken back: kubectl pss rollback --list shows all runs of this machine")
	}
	return run, nil
}

func beingWritten(run *relabel.Run) error {
	return fmt.Errorf("run %s is being written by another process: interrupt it, or wait for its end", run.ID)
}

// narrow keeps of a run the namespaces that were named.
func (o *RollbackOptions) narrow(run *relabel.Run) error {
	if len(o.names) == 0 {
		return nil
	}
	var unknown []string
	for _, name := range o.names {
		if !slices.ContainsFunc(run.Plan.Items, func(item report.Planned) bool { return item.Namespace == name }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return usagef("run %s is not about %s: leave the names out to see what it is about", run.ID, strings.Join(unknown, ", "))
	}
	run.Plan.Items = slices.DeleteFunc(run.Plan.Items, func(item report.Planned) bool { return !slices.Contains(o.names, item.Namespace) })
	return nil
}

// live reads the namespaces of a run as they are now. A namespace that cannot be read is an item's problem.
func (o *RollbackOptions) live(ctx context.Context, api *relabel.API, run *relabel.Run) (func(string) (*corev1.Namespace, error), error) {
	type reading struct {
		namespace *corev1.Namespace
		err       error
	}
	readings := make([]reading, len(run.Plan.Items))
	at := map[string]int{}
	var group errgroup.Group
	group.SetLimit(parallelReads)
	for i := range run.Plan.Items {
		name := run.Plan.Items[i].Namespace
		at[name] = i
		group.Go(func() error {
			ns, err := api.Get(ctx, name, run.Known(name))
			readings[i] = reading{ns, err}
			return nil
		})
	}
	_ = group.Wait() // readings holds the errors
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return func(name string) (*corev1.Namespace, error) {
		i, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("namespace %s was not read", name)
		}
		return readings[i].namespace, readings[i].err
	}, nil
}
