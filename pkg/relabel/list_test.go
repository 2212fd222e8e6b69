package relabel

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// ranOn is a run that wrote namespaces of a cluster.
func ranOn(id, cluster, undo string, ended bool, wrote ...string) *Run {
	r := &Run{
		ID: id, ClusterUID: cluster, Started: time.Unix(0, 0), ended: ended, trails: map[string]*trail{},
		Plan: &report.LabelPlan{Asked: report.Asked{Undo: undo}},
	}
	for _, ns := range append([]string{"untouched"}, wrote...) {
		r.Plan.Items = append(r.Plan.Items, report.Planned{Namespace: ns, Action: report.ActionChange})
		r.trails[ns] = &trail{}
	}
	for _, ns := range wrote {
		r.noteBegin(ns)
		r.noteDone(ns, &report.Result{Outcome: report.EndingWritten})
	}
	return r
}

func TestLastToUndo(t *testing.T) {
	a, b := ranOn("a", "here", "", true, "web", "db"), ranOn("b", "here", "", false, "web")
	damaged := &Run{ID: "z", Damaged: "cut", Plan: &report.LabelPlan{}}
	for name, tc := range map[string]struct {
		runs    []*Run // the newest first
		cluster string
		want    string
	}{
		"none":                   {nil, "here", ""},
		"the newest":             {[]*Run{damaged, b, a}, "here", "b"},
		"of this cluster":        {[]*Run{ranOn("x", "there", "", true, "web"), a}, "here", "a"},
		"cluster not known":      {[]*Run{ranOn("x", "there", "", true, "web"), a}, "", "x"},
		"nothing written":        {[]*Run{ranOn("x", "here", "", true), a}, "here", "a"},
		"taken back":             {[]*Run{ranOn("u", "here", "b", true, "web"), b, a}, "here", "a"},
		"taken back in part":     {[]*Run{ranOn("u", "here", "a", true, "web"), a}, "here", "a"},
		"taken back in two runs": {[]*Run{ranOn("v", "here", "a", true, "db"), ranOn("u", "here", "a", true, "web"), a}, "here", ""},
	} {
		got := ""
		if r := LastToUndo(tc.runs, tc.cluster); r != nil {
			got = r.ID
		}
		if got != tc.want {
			t.Errorf("%s: run %q, want %q", name, got, tc.want)
		}
	}
}

func TestListOf(t *testing.T) {
	writing := ranOn("w", "here", "", false, "web")
	writing.Writing = true
	done := ranOn("d", "here", "", true, "web")
	done.Plan.Items = done.Plan.Items[1:]
	list := ListOf([]*Run{{ID: "z", Damaged: "cut", Plan: &report.LabelPlan{}}, ranOn("u", "here", "d", true, "web"), writing, ranOn("i", "here", "", false, "web"), done})
	var got []report.RunState
	for _, r := range list.Items {
		got = append(got, r.State)
	}
	want := []report.RunState{report.RunDamaged, report.RunPartly, report.RunActive, report.RunInterrupted, report.RunDone}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	last := list.Items[4]
	if diff := cmp.Diff([]string{"u"}, last.UndoneBy); diff != "" || last.Namespaces != 1 || last.Outcomes[report.EndingWritten] != 1 {
		t.Errorf("%+v", last)
	}
}
