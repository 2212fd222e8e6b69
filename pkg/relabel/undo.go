package relabel

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// Reasons of an undo plan.
const (
	reasonUnwritten = "this run never wrote it"
	reasonBefore    = "as before the run"
	reasonDeleted   = "deleted since the run"
	reasonRecreated = "deleted since the run, and created again"
	reasonUnread    = "cannot be read: "
	reasonLeft      = "left alone: "
)

// Undo plans to take a run back. live reads a namespace as it is now; one that is not there is NotFound, or nil. Of the
// labels that the run changed, those that still hold what it wrote get their old values back; those that somebody
// has changed since are left alone, and named. Directions and the summary are the caller's to fill in.
func Undo(run *Run, live func(namespace string) (*corev1.Namespace, error)) *report.LabelPlan {
	plan := &report.LabelPlan{
		Server: run.Plan.Server, Defaults: run.Plan.Defaults, Asked: report.Asked{Undo: run.ID},
		Items: []report.Planned{}, Gaps: []report.Gap{},
	}
	plan.APIVersion, plan.Kind = report.APIVersion, report.KindLabelPlan
	for i := range run.Plan.Items {
		if item := &run.Plan.Items[i]; item.Action == report.ActionChange {
			plan.Items = append(plan.Items, undone(item, run.mayHaveWritten(item.Namespace), live))
		}
	}
	return plan
}

// undone is the plan for one namespace.
func undone(item *report.Planned, written bool, read func(string) (*corev1.Namespace, error)) report.Planned {
	p := report.Planned{
		Namespace: item.Namespace, UID: item.UID, Action: report.ActionSkip,
		Before: map[string]string{}, After: map[string]string{}, Refused: []report.Refused{},
	}
	if !written {
		p.Action, p.Reason = report.ActionKeep, reasonUnwritten
		return p
	}
	switch live, err := read(item.Namespace); {
	case apierrors.IsNotFound(err), err == nil && live == nil:
		p.Reason = reasonDeleted
	case err != nil:
		p.Reason = reasonUnread + patience.Text(err)
	case string(live.UID) != item.UID:
		p.Reason = reasonRecreated
	default:
		p.Seen = live.ResourceVersion
		restore(&p, item, live.Labels)
	}
	return p
}

// restore gives the labels that a run changed their old values back, where they still hold what it wrote. The two
// labels of a mode go together: half of a mode would be a policy that nobody chose.
func restore(p, item *report.Planned, live map[string]string) {
	p.Before = survey.PodSecurityLabels(live)
	p.After = maps.Clone(p.Before)
	wrote := changed(item.Before, item.After)
	var left []string
	for _, m := range survey.Modes() {
		keys := slices.DeleteFunc([]string{m.LevelLabel(), m.VersionLabel()}, func(key string) bool { _, ok := wrote[key]; return !ok })
		if reasons := unrestorable(item, live, keys); len(reasons) > 0 {
			left = append(left, reasons...)
			for _, key := range keys {
				if !holds(live, item.Before, key) {
					p.Left = append(p.Left, key)
				}
			}
			continue
		}
		for _, key := range keys {
			delete(p.After, key)
			if value, had := item.Before[key]; had {
				p.After[key] = value
			}
		}
	}
	if len(left) > 0 {
		p.Reason = reasonLeft + strings.Join(left, "; ")
	}
	switch {
	case !maps.Equal(p.Before, p.After):
		p.Action = report.ActionChange
	case len(left) == 0:
		p.Action, p.Reason = report.ActionKeep, reasonBefore
	}
}

// unrestorable says why labels of a mode cannot get their old values back: somebody has changed one since, or the
// server refuses an old value, which is older than Pod Security. None where they can, or have them.
func unrestorable(item *report.Planned, live map[string]string, keys []string) []string {
	var reasons []string
	for _, key := range keys {
		switch before, had := item.Before[key]; {
		case holds(live, item.Before, key):
		case !holds(live, item.After, key):
			reasons = append(reasons, fmt.Sprintf("%s: the run wrote %s, now it is %s", key, valueOf(item.After, key), valueOf(live, key)))
		case had && !acceptable(key, before):
			reasons = append(reasons, fmt.Sprintf("%s: it was %q, which the server does not take any more", key, before))
		}
	}
	return reasons
}

// acceptable says whether the server takes a label's value.
func acceptable(key, value string) bool {
	_, errs := api.PolicyToEvaluate(map[string]string{key: value}, api.Policy{})
	return len(errs) == 0
}

// holds says whether a label is as it is in other labels.
func holds(live, other map[string]string, key string) bool {
	value, has := live[key]
	wanted, wants := other[key]
	return has == wants && value == wanted
}

func valueOf(labels map[string]string, key string) string {
	value, has := labels[key]
	return labelValue(value, has)
}
