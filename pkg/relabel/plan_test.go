package relabel

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

const prefix = "pod-security.kubernetes.io/"

func policyOf(enforce, audit, warn string) report.Policy {
	mode := func(level string) report.Mode {
		return report.Mode{Level: level, Version: "latest", EvaluatedAs: "v1.37"}
	}
	return report.Policy{Enforce: mode(enforce), Audit: mode(audit), Warn: mode(warn)}
}

// foreseen is one namespace on its way from privileged to restricted.
func foreseen(name string, workloads ...report.Workload) (survey.Proposed, report.Namespace) {
	ns := survey.Proposed{
		Namespace: corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "uid", ResourceVersion: "7", Labels: map[string]string{"team": "x"}}},
		NewLabels: map[string]string{"team": "x", prefix + "enforce": "restricted"},
	}
	candidate := policyOf("restricted", "privileged", "restricted")
	return ns, report.Namespace{
		Namespace: name, Current: policyOf("privileged", "privileged", "privileged"), Candidate: &candidate,
		LabelChange: &report.LabelChange{Allowed: true}, Workloads: workloads,
	}
}

func outcome(message string, warnings ...string) report.Outcome {
	return report.Outcome{
		Pod:      report.PodOutcome{Allowed: message == "", Message: message},
		Workload: &report.WorkloadOutcome{Warnings: warnings},
	}
}

func template(blocks bool, then, now report.Outcome) report.Evidence {
	return report.Evidence{
		Source: report.EvidenceTemplate, Revision: report.RevisionCurrent, Blocks: blocks, Outcome: then, Now: &now,
		Violations: []report.Violation{
			{Check: "runAsUser", Level: "restricted", Version: "latest"}, {Check: "hostPorts", Level: "baseline", Version: "latest"},
		},
	}
}

func running(message string) report.Evidence {
	return report.Evidence{
		Source: report.EvidencePod, Revision: report.RevisionCurrent, Blocks: message != "",
		Outcome: outcome(message), Now: &report.Outcome{Pod: report.PodOutcome{Allowed: true}},
	}
}

func planOf(ns survey.Proposed, item report.Namespace, named ...string) report.Planned {
	f := &survey.Foresight{Report: &report.CheckReport{Items: []report.Namespace{item}}, Namespaces: []survey.Proposed{ns}}
	return NewPlan(f, report.Asked{}, named, time.Time{}).Items[0]
}

func TestPlanLeavesAlone(t *testing.T) {
	now := metav1.Now()
	for name, tc := range map[string]struct {
		change func(*survey.Proposed, *report.Namespace)
		action report.Action
		reason string
	}{
		"system":      {func(ns *survey.Proposed, _ *report.Namespace) { ns.Name = "kube-x" }, report.ActionSkip, "a system namespace that was not named"},
		"going":       {func(ns *survey.Proposed, _ *report.Namespace) { ns.DeletionTimestamp = &now }, report.ActionSkip, "being deleted"},
		"terminating": {func(ns *survey.Proposed, _ *report.Namespace) { ns.Status.Phase = corev1.NamespaceTerminating }, report.ActionSkip, "being deleted"},
		"held":        {func(ns *survey.Proposed, _ *report.Namespace) { ns.Held = "half a view" }, report.ActionSkip, "half a view"},
		"already":     {func(ns *survey.Proposed, _ *report.Namespace) { ns.Labels = ns.NewLabels }, report.ActionKeep, "already so"},
		"rejected": {
			func(_ *survey.Proposed, n *report.Namespace) {
				n.LabelChange = &report.LabelChange{Message: "is invalid"}
			},
			report.ActionSkip, "the server refuses the change: is invalid",
		},
	} {
		ns, item := foreseen("web", report.Workload{Evidence: []report.Evidence{template(true, outcome("no"), outcome(""))}})
		tc.change(&ns, &item)
		p := planOf(ns, item)
		if p.Action != tc.action || p.Reason != tc.reason || !cmp.Equal(p.Before, p.After) || len(p.Refused) > 0 || p.LabelChange != nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	ns, item := foreseen("kube-x")
	if p := planOf(ns, item, "kube-x"); p.Action != report.ActionChange || p.Seen != "7" {
		t.Errorf("a system namespace that was named: %+v", p)
	}
}

func TestPlan(t *testing.T) {
	next := report.Next{Event: report.EventReschedule}
	deployment := func(name string, evidence ...report.Evidence) report.Workload {
		return report.Workload{Group: "apps", Kind: "Deployment", Name: name, State: report.StateActive, Next: next, Evidence: evidence}
	}
	ns, item := foreseen(
		"web",
		deployment("fine", template(false, outcome(""), outcome(""))),
		deployment("new", template(true, outcome("no", "told"), outcome("")), running("no")),
		deployment("old", template(true, outcome("no", "told"), outcome("not today either", "told"))),
		deployment("injected", template(true, outcome("no"), outcome("")), running("worse")),
		deployment("mutated", template(true, outcome("no"), outcome("")), running("")),
		deployment("both", template(true, outcome("no"), outcome("")), running(""), running("no")),
	)
	want := []report.Refused{
		{Name: "new", Message: "no"},
		{Name: "old", Message: "no", Already: true},
		{Name: "injected", Message: "no", IfUnchanged: true},
		{Name: "injected", Message: "worse"},
		{Name: "mutated", Message: "no", IfUnchanged: true},
		{Name: "both", Message: "no"},
	}
	for i := range want {
		want[i].Group, want[i].Kind, want[i].State, want[i].Next = "apps", "Deployment", report.StateActive, next
		if want[i].Message == "no" {
			want[i].Checks = []string{"runAsUser"}
		}
	}
	p := planOf(ns, item)
	if diff := cmp.Diff(want, p.Refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]report.Warned{{Group: "apps", Kind: "Deployment", Name: "new", Warnings: []string{"told"}}}, p.Warned); diff != "" {
		t.Errorf("warned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{prefix + "enforce"}, p.ChangedKeys()); diff != "" || p.Direction != report.DirectionTightens {
		t.Errorf("%s: %s", p.Direction, diff)
	}
	plan := &report.LabelPlan{Items: []report.Planned{p}, Gaps: []report.Gap{{Resource: "pods", Namespace: "other"}}}
	Summarise(plan)
	wantSum := report.PlanSummary{Namespaces: 1, Change: 1, Tighten: 1, Refused: 4, RefusedNamespaces: 1, Warned: 1}
	if diff := cmp.Diff(wantSum, plan.Summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	plan.Gaps[0].Namespace = ""
	if Summarise(plan); plan.Summary.Incomplete != 1 {
		t.Errorf("a gap of the whole cluster: %+v", plan.Summary)
	}
}

// TestPlanForgetsDebugging: a pod that somebody debugs is made again without that container.
func TestPlanForgetsDebugging(t *testing.T) {
	debugged := func(message string) report.Evidence {
		e := running(message)
		e.Violations = []report.Violation{{
			Check: "runAsUser", Level: "restricted", Version: "latest",
			Fields: []report.Field{{Path: "spec.containers[0].securityContext"}, {Path: "spec.ephemeralContainers[0].securityContext"}},
		}}
		return e
	}
	declared := template(true, outcome("no"), outcome(""))
	passes := template(false, outcome(""), outcome(""))
	for name, tc := range map[string]struct {
		evidence []report.Evidence
		want     []string
	}{
		"one of two pods":             {[]report.Evidence{declared, running("no"), debugged("no, nor the debugger")}, []string{"no"}},
		"the only pod":                {[]report.Evidence{declared, debugged("no, nor the debugger")}, []string{"no"}},
		"nothing else in the way":     {[]report.Evidence{passes, running(""), debugged("no debugger")}, nil},
		"nothing else to go by":       {[]report.Evidence{debugged("no debugger")}, []string{"no debugger"}},
		"changed on the way, as well": {[]report.Evidence{declared, running("worse"), debugged("worse yet")}, []string{"no, if unchanged", "worse"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range planOf(foreseen("web", report.Workload{Evidence: tc.evidence})).Refused {
				if r.IfUnchanged {
					r.Message += ", if unchanged"
				}
				got = append(got, r.Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDirection(t *testing.T) {
	pinned := policyOf("restricted", "privileged", "privileged")
	pinned.Enforce.Version, pinned.Enforce.EvaluatedAs = "v1.20", "v1.19"
	alias := policyOf("restricted", "privileged", "privileged")
	alias.Enforce.Version = "v1.37"
	for name, tc := range map[string]struct {
		from, to report.Policy
		want     report.Direction
	}{
		"same":            {policyOf("baseline", "baseline", "baseline"), policyOf("baseline", "baseline", "baseline"), report.DirectionSame},
		"tightens":        {policyOf("privileged", "baseline", "baseline"), policyOf("baseline", "baseline", "restricted"), report.DirectionTightens},
		"loosens":         {policyOf("restricted", "baseline", "baseline"), policyOf("baseline", "baseline", "privileged"), report.DirectionLoosens},
		"mixed":           {policyOf("restricted", "baseline", "baseline"), policyOf("baseline", "restricted", "baseline"), report.DirectionMixed},
		"another version": {policyOf("restricted", "privileged", "privileged"), pinned, report.DirectionMixed},
		"another name":    {policyOf("restricted", "privileged", "privileged"), alias, report.DirectionSame},
	} {
		if got := direction(&tc.from, &tc.to); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestDirect(t *testing.T) {
	p := &report.LabelPlan{
		Defaults: report.Defaults{Enforce: "baseline:latest", Audit: "privileged:latest", Warn: "privileged:latest"},
		Items: []report.Planned{
			{Action: report.ActionChange, Before: map[string]string{prefix + "enforce": "restricted"}, After: map[string]string{}},
			{Action: report.ActionChange, Before: map[string]string{}, After: map[string]string{prefix + "enforce": "baseline", prefix + "warn": "privileged"}},
			{Action: report.ActionSkip},
		},
	}
	Direct(p)
	got := []report.Direction{p.Items[0].Direction, p.Items[1].Direction, p.Items[2].Direction}
	if diff := cmp.Diff([]report.Direction{report.DirectionLoosens, report.DirectionSame, ""}, got); diff != "" {
		t.Error(diff)
	}
	if p.Summary.Loosen != 1 || p.Summary.Change != 2 {
		t.Errorf("%+v", p.Summary)
	}
}
