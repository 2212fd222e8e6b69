package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// plan makes the plan, or brings one that was made before up to date. The run is that of --continue.
func (o *LabelOptions) plan(ctx context.Context) (*report.LabelPlan, *relabel.Run, error) {
	switch {
	case o.File != "":
		old, err := o.readPlan()
		if err != nil {
			return nil, nil, err
		}
		p, err := o.revise(ctx, old)
		return p, nil, err
	case o.Continue != "":
		run, err := o.store.Load(o.Continue)
		if err != nil {
			return nil, nil, err
		}
		if run.Done() {
			return nil, nil, fmt.Errorf("run %s has come to its end: there is nothing to go on with", run.ID)
		}
		o.Allow.add(run.Allowed)
		p, err := o.revise(ctx, run.Plan)
		return p, run, err
	default:
		f, err := o.foresee(ctx)
		if err != nil {
			return nil, nil, err
		}
		if r := o.Survey.Recommend; r != nil {
			o.Asked.Pin = r.Pin.String()
		}
		return relabel.NewPlan(f, o.Asked, o.Survey.Named, time.Now()), nil, nil
	}
}

// readPlan reads the plan file.
func (o *LabelOptions) readPlan() (*report.LabelPlan, error) {
	if o.File != "-" {
		data, err := os.ReadFile(o.File)
		if err != nil {
			return nil, usageError{errors.New(terminal.Escape(err.Error()))} // a file's name may hold lines
		}
		return relabel.ParsePlan(o.File, data)
	}
	data, err := io.ReadAll(o.Streams.In)
	if err != nil {
		return nil, fmt.Errorf("reading the plan from stdin: %w", err)
	}
	return relabel.ParsePlan("stdin", data)
}

// revise reads the namespaces that a plan changes and simulates the change again. What is no longer as the plan saw
// it is left alone, and says so.
func (o *LabelOptions) revise(ctx context.Context, old *report.LabelPlan) (*report.LabelPlan, error) {
	again := o.surveyor
	again.Source = cluster.Options{ChunkSize: o.Source.ChunkSize, Whole: true}
	again.Survey.Candidate, again.Survey.Recommend = nil, nil
	again.Survey.Labels = map[string]map[string]string{}
	for i := range old.Items {
		if item := &old.Items[i]; item.Action == report.ActionChange {
			again.Source.Among = append(again.Source.Among, item.Namespace)
			again.Survey.Labels[item.Namespace] = item.After
		}
	}
	if len(again.Source.Among) == 0 {
		return old, nil
	}
	again.Survey.Named = again.Source.Among
	f, err := again.foresee(ctx)
	if err != nil {
		return nil, err
	}
	o.Survey.Minor, o.Survey.Binary = again.Survey.Minor, again.Survey.Binary
	if err := sameCluster(old.Server, f.Report.Server, "plan"); err != nil {
		return nil, err
	}
	return relabel.Revise(old, relabel.NewPlan(f, old.Asked, again.Survey.Named, time.Now())), nil
}

// sameCluster refuses what was made for another cluster. A cluster that may not be identified is told by the UIDs of
// its namespaces.
func sameCluster(then, now report.Server, what string) error {
	if then.ClusterUID == "" || now.ClusterUID == "" || then.ClusterUID == now.ClusterUID {
		return nil
	}
	return fmt.Errorf("this %s is for another cluster (context %q, whose kube-system has the UID %s; here it has %s): use the kubeconfig or --context of that one",
		what, then.Context, then.ClusterUID, now.ClusterUID)
}
