package relabel

import (
	"slices"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// ListOf describes runs, as Store.List returns them.
func ListOf(runs []*Run) *report.RunList {
	list := &report.RunList{Items: make([]report.Run, 0, len(runs))}
	list.APIVersion, list.Kind = report.APIVersion, report.KindRunList
	for _, r := range runs {
		item := report.Run{Run: r.ID, Started: r.Started, State: stateOf(r), Problem: r.Damaged}
		if r.Damaged == "" {
			item.Context, item.ClusterUID, item.Asked = r.Plan.Server.Context, r.ClusterUID, r.Plan.Asked
			item.Namespaces, item.Outcomes = len(r.Plan.Items), r.outcomes()
			item.UndoneBy = undoneBy(r.ID, runs)
		}
		list.Items = append(list.Items, item)
	}
	return list
}

func stateOf(r *Run) report.RunState {
	switch {
	case r.Damaged != "":
		return report.RunDamaged
	case r.Writing:
		return report.RunActive
	case r.Interrupted():
		return report.RunInterrupted
	}
	if !r.Done() {
		return report.RunPartly
	}
	return report.RunDone
}

// Done says that the run came to its end, and that every namespace was then as planned.
func (r *Run) Done() bool {
	outcomes := r.outcomes()
	return r.Ended() && outcomes[report.EndingWritten]+outcomes[report.EndingAlready] >= len(r.Plan.Items)
}

// outcomes counts how the namespaces ended that the run came to.
func (r *Run) outcomes() map[report.Ending]int {
	outcomes := map[report.Ending]int{}
	for i := range r.Plan.Items {
		if result, ok := r.Result(r.Plan.Items[i].Namespace); ok {
			outcomes[result.Outcome]++
		}
	}
	return outcomes
}

func undoneBy(id string, runs []*Run) []string {
	var by []string
	for _, r := range runs {
		if r.Damaged == "" && r.Plan.Asked.Undo == id {
			by = append(by, r.ID)
		}
	}
	return by
}

// LastToUndo is the newest run on a cluster that a rollback without a name means: one that labelled something and has
// not been taken back as a whole. Nil where there is none. An empty cluster is one that may not be identified.
func LastToUndo(runs []*Run, clusterUID string) *Run {
	for _, r := range runs {
		if r.Damaged != "" || r.Plan.Asked.Undo != "" || clusterUID != "" && r.ClusterUID != "" && r.ClusterUID != clusterUID {
			continue
		}
		if left := r.written(); len(left) > 0 && !takenBack(r, runs, left) {
			return r
		}
	}
	return nil
}

// written are the namespaces whose labels may be the run's.
func (r *Run) written() []string {
	var names []string
	for i := range r.Plan.Items {
		if name := r.Plan.Items[i].Namespace; r.mayHaveWritten(name) {
			names = append(names, name)
		}
	}
	return names
}

// takenBack says whether later runs took a run back in all of the namespaces.
func takenBack(r *Run, runs []*Run, namespaces []string) bool {
	for _, later := range runs {
		if later.Damaged == "" && later.Plan.Asked.Undo == r.ID {
			namespaces = slices.DeleteFunc(namespaces, func(name string) bool {
				result, ok := later.Result(name)
				return ok && (result.Outcome == report.EndingWritten || result.Outcome == report.EndingAlready)
			})
		}
	}
	return len(namespaces) == 0
}
