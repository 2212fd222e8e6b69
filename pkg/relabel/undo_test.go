package relabel

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestUndo takes back a run that changed shop from oldLabels to newLabels: enforce was baseline and is restricted,
// enforce-version was v1.30 and is no more, warn was not and is restricted.
func TestUndo(t *testing.T) {
	with := func(labels labelSet, more labelSet) labelSet {
		labels = maps.Clone(labels)
		maps.Copy(labels, more)
		return labels
	}
	read := func(labels labelSet) func() (*corev1.Namespace, error) {
		return func() (*corev1.Namespace, error) { return live("shop", labels), nil }
	}
	planned := func(action report.Action, reason string, before, after labelSet, left ...string) report.Planned {
		return report.Planned{
			Namespace: "shop", UID: "uid-shop", Action: action, Reason: reason, Before: before, After: after, Left: left, Refused: []report.Refused{},
		}
	}
	done := func(outcome report.Ending) trail { return trail{begun: true, result: &report.Result{Outcome: outcome}} }
	wrote := trail{begun: true, wrote: true}
	for name, tc := range map[string]struct {
		trail trail
		live  func() (*corev1.Namespace, error)
		want  report.Planned
	}{
		"written": {wrote, read(newLabels()), planned(report.ActionChange, "", newLabels(), oldLabels())},
		"cut off": {trail{begun: true, open: true}, read(newLabels()), planned(report.ActionChange, "", newLabels(), oldLabels())},
		"cut off before the patch": {
			trail{begun: true, open: true},
			read(oldLabels()),
			planned(report.ActionKeep, "as before the run", oldLabels(), oldLabels()),
		},
		"labels that the run did not touch stay": {
			wrote, read(with(newLabels(), labelSet{audit: "baseline"})),
			planned(report.ActionChange, "", with(newLabels(), labelSet{audit: "baseline"}), with(oldLabels(), labelSet{audit: "baseline"})),
		},
		"one moved": {
			wrote, read(labelSet{enforce: "restricted", warn: "baseline"}),
			planned(report.ActionChange, "left alone: pod-security.kubernetes.io/warn: the run wrote restricted, now it is baseline",
				labelSet{enforce: "restricted", warn: "baseline"}, with(oldLabels(), labelSet{warn: "baseline"}), warn),
		},
		"one moved, one back already": {
			wrote, read(labelSet{enforce: "baseline", enforceVersion: "v1.31"}),
			planned(report.ActionSkip, "left alone: pod-security.kubernetes.io/enforce-version: the run wrote no label, now it is v1.31",
				labelSet{enforce: "baseline", enforceVersion: "v1.31"}, labelSet{enforce: "baseline", enforceVersion: "v1.31"}, enforceVersion),
		},
		"the other label of a mode moved": {
			wrote, read(labelSet{enforce: "privileged", warn: "restricted"}),
			planned(report.ActionChange, "left alone: pod-security.kubernetes.io/enforce: the run wrote restricted, now it is privileged",
				labelSet{enforce: "privileged", warn: "restricted"}, labelSet{enforce: "privileged"}, enforce, enforceVersion),
		},
		"all moved": {
			wrote, read(labelSet{enforce: "privileged", enforceVersion: "v1.31", warn: ""}),
			planned(report.ActionSkip, "left alone: pod-security.kubernetes.io/enforce: the run wrote restricted, now it is privileged; "+
				"pod-security.kubernetes.io/enforce-version: the run wrote no label, now it is v1.31; "+
				"pod-security.kubernetes.io/warn: the run wrote restricted, now it is an empty value",
				labelSet{enforce: "privileged", enforceVersion: "v1.31", warn: ""}, labelSet{enforce: "privileged", enforceVersion: "v1.31", warn: ""},
				enforce, enforceVersion, warn),
		},
		"never begun":      {trail{}, nil, planned(report.ActionKeep, "this run never wrote it", labelSet{}, labelSet{})},
		"found as planned": {done(report.EndingAlready), nil, planned(report.ActionKeep, "this run never wrote it", labelSet{}, labelSet{})},
		"found moved":      {done(report.EndingMoved), nil, planned(report.ActionKeep, "this run never wrote it", labelSet{}, labelSet{})},
		"refused": {
			trail{begun: true, wrote: true, result: &report.Result{Outcome: report.EndingFailed}},
			read(oldLabels()),
			planned(report.ActionKeep, "as before the run", oldLabels(), oldLabels()),
		},
		"deleted": {
			wrote, func() (*corev1.Namespace, error) {
				return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), "shop")
			},
			planned(report.ActionSkip, "deleted since the run", labelSet{}, labelSet{}),
		},
		"not in a list": {wrote, func() (*corev1.Namespace, error) { return nil, nil }, planned(report.ActionSkip, "deleted since the run", labelSet{}, labelSet{})},
		"recreated": {
			wrote, func() (*corev1.Namespace, error) {
				again := live("shop", newLabels())
				again.UID = "another"
				return again, nil
			},
			planned(report.ActionSkip, "deleted since the run, and created again", labelSet{}, labelSet{}),
		},
		"unreadable": {
			wrote, func() (*corev1.Namespace, error) { return nil, errors.New("no") },
			planned(report.ActionSkip, "cannot be read: no", labelSet{}, labelSet{}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan := twoChanges()
			plan.Items = plan.Items[:2] // shop, and lab that was kept
			run := &Run{ID: "20261122-120000-aaaa", Plan: plan, trails: map[string]*trail{"shop": &tc.trail}}
			got := Undo(run, func(namespace string) (*corev1.Namespace, error) {
				if namespace != "shop" || tc.live == nil {
					t.Errorf("%s is read", namespace)
					return nil, nil
				}
				return tc.live()
			})
			want := &report.LabelPlan{
				TypeMeta: metav1.TypeMeta{APIVersion: report.APIVersion, Kind: report.KindLabelPlan},
				Server:   plan.Server, Asked: report.Asked{Undo: run.ID}, Items: []report.Planned{tc.want}, Gaps: []report.Gap{},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUndoLeavesWhatNoServerTakes: an old value from before Pod Security cannot come back; the other modes can.
func TestUndoLeavesWhatNoServerTakes(t *testing.T) {
	item := report.Planned{
		Namespace: "shop", UID: "uid-shop", Action: report.ActionChange,
		Before: labelSet{enforce: "strict", warn: "baseline"}, After: labelSet{enforce: "baseline", warn: "restricted"},
	}
	run := &Run{ID: "r", Plan: &report.LabelPlan{Items: []report.Planned{item}}, trails: map[string]*trail{"shop": {begun: true, wrote: true}}}
	p := Undo(run, func(string) (*corev1.Namespace, error) { return live("shop", item.After), nil }).Items[0]
	if diff := cmp.Diff(labelSet{enforce: "baseline", warn: "baseline"}, p.After); diff != "" || p.Action != report.ActionChange {
		t.Errorf("%s (-want +got):\n%s", p.Action, diff)
	}
	if want := `left alone: pod-security.kubernetes.io/enforce: it was "strict", which the server does not take any more`; p.Reason != want || len(p.Left) != 1 {
		t.Errorf("reason %q, left %v", p.Reason, p.Left)
	}
}
