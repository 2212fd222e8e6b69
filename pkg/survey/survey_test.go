package survey

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// row is what a table would show of a workload.
type row struct {
	Name      string
	State     report.State
	Blocks    bool
	Strictest string
	Drift     []report.Drift
	Evidence  []string
}

func rows(item report.Namespace) []row {
	var list []row
	for i := range item.Workloads {
		w := &item.Workloads[i]
		r := row{Name: w.Kind + "/" + w.Name, State: w.State, Blocks: w.Blocks, Strictest: w.Strictest, Drift: w.Drift}
		for k := range w.Evidence {
			e := &w.Evidence[k]
			text := e.Source + " " + e.Revision
			if e.Finished {
				text += " finished"
			}
			var textSb36 strings.Builder
			for _, name := range e.Pods {
				textSb36.WriteString(" " + name)
			}
			text += textSb36.String()
			r.Evidence = append(r.Evidence, text)
		}
		list = append(list, r)
	}
	return list
}

func TestFoldingAndDrift(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop")}}
	deployment := source.deployment("shop", "web", hardened(), "2")
	today := source.replicaSet(deployment, "web-2", "2", hardened())
	yesterday := source.replicaSet(deployment, "web-1", "1", hostPath())
	source.pod("shop", "web-2-a", &today, hardened())
	source.pod("shop", "web-2-b", &today, sidecar(hardened()))
	source.pod("shop", "web-1-a", &yesterday, hostPath())
	source.pod("shop", "web-1-b", &yesterday, hostPath())
	source.pod("shop", "alone", nil, hostPath())
	done := source.pod("shop", "done", nil, hostPath())
	done.Status.Phase = corev1.PodSucceeded
	custom := workload.Object{Ref: workload.Ref{Group: "argo.io", Kind: "Workflow", Name: "etl"}, UID: "w"}
	source.pod("shop", "etl-1", &custom, hardened())
	static := workload.Object{Ref: workload.Ref{Kind: "Node", Name: "n1"}, UID: "n1"}
	source.pod("shop", "proxy-n1", &static, hostPath())
	source.pod("shop", "dns-n1", &static, hostPath())
	mutated := source.deployment("shop", "mutated", plain(), "1")
	rs := source.replicaSet(mutated, "mutated-1", "1", plain())
	source.pod("shop", "mutated-1-a", &rs, hardened())

	want := []row{
		{Name: "Pod/alone", State: "active", Strictest: "privileged", Evidence: []string{"pod current alone"}},
		{Name: "Pod/dns-n1", State: "active", Strictest: "privileged", Evidence: []string{"pod current dns-n1"}},
		{Name: "Pod/done", State: "finished", Strictest: "privileged", Evidence: []string{"pod current finished done"}},
		{Name: "Pod/proxy-n1", State: "active", Strictest: "privileged", Evidence: []string{"pod current proxy-n1"}},
		{Name: "Deployment/mutated", State: "active", Strictest: "baseline", Drift: []report.Drift{"mutated"}, Evidence: []string{"template current", "pod current"}},
		{
			Name: "Deployment/web", State: "active", Strictest: "privileged", Drift: []report.Drift{"injected", "otherRevision"},
			Evidence: []string{"template current", "template old", "pod current", "pod current web-2-b", "pod old web-1-a web-1-b"},
		},
		{Name: "Workflow/etl", State: "active", Strictest: "restricted", Evidence: []string{"pod unknown"}},
	}
	for _, backwards := range []bool{false, true} { // no order of pages may matter
		source.backwards = backwards
		r := run(t, source, Options{})
		if diff := cmp.Diff(want, rows(r.Items[0])); diff != "" {
			t.Errorf("backwards %t: workloads (-want +got):\n%s", backwards, diff)
		}
		if r.Items[0].Strictest.Blocking != (report.Blocking{Baseline: 4, Restricted: 5}) || r.Items[0].Pods != (report.Pods{Total: 10, Finished: 1}) {
			t.Errorf("strictest %+v, pods %+v", r.Items[0].Strictest, r.Items[0].Pods)
		}
	}
}

func TestCandidateDecidesWhatBlocks(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop")}}
	source.deployment("shop", "bad", hostPath(), "1")
	source.deployment("shop", "plain", plain(), "1")
	source.pod("shop", "bare", nil, hostPath())
	tests := map[string]struct {
		candidate Candidate
		blocks    []string
		verdict   report.Verdict
	}{
		"none":                {nil, nil, report.Complies},
		"enforce baseline":    {Candidate{Enforce: {Level: "baseline"}}, []string{"bad"}, report.Violates},
		"enforce restricted":  {Candidate{Enforce: {Level: "restricted"}}, []string{"bad", "plain"}, report.Violates},
		"warn restricted":     {Candidate{Warn: {Level: "restricted"}}, []string{"bad", "plain"}, report.Violates},
		"audit baseline":      {Candidate{Audit: {Level: "baseline"}}, []string{"bad"}, report.Violates},
		"enforce privileged":  {Candidate{Enforce: {Level: "privileged"}}, nil, report.Complies},
		"labels taken away":   {Candidate{Enforce: {}}, nil, report.Complies},
		"an ancient baseline": {Candidate{Enforce: {Level: "baseline", Version: "v1.0"}}, []string{"bad"}, report.Violates},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := run(t, source, Options{Candidate: tt.candidate})
			var got []string
			for _, w := range r.Items[0].Workloads {
				if w.Blocks {
					got = append(got, w.Name)
				}
			}
			if diff := cmp.Diff(tt.blocks, got); diff != "" || r.Summary.Verdict != tt.verdict {
				t.Errorf("verdict %s, blocks (-want +got):\n%s", r.Summary.Verdict, diff)
			}
		})
	}
}

func TestOutcomeInTheServersWords(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("shop", "audit", "restricted", "audit-version", "v1.20")}}
	source.deployment("shop", "bad", hostPath(), "1")
	r := run(t, source, Options{Candidate: Candidate{Enforce: {Level: "baseline", Version: "v1.30"}}})
	item := r.Items[0]
	want := report.Outcome{
		Pod: report.PodOutcome{
			Message:  `violates PodSecurity "baseline:v1.30": hostPath volumes (volume "v")`,
			Warnings: []string{},
			Audit:    `would violate PodSecurity "restricted:v1.20": restricted volume types (volume "v" uses restricted volume type "hostPath")`,
		},
		Workload: &report.WorkloadOutcome{
			Warnings: []string{`would violate PodSecurity "baseline:v1.30": hostPath volumes (volume "v")`},
			Audit:    `would violate PodSecurity "restricted:v1.20": restricted volume types (volume "v" uses restricted volume type "hostPath")`,
		},
	}
	if diff := cmp.Diff(want, item.Workloads[0].Evidence[0].Outcome); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	wantPolicy := report.Policy{
		Enforce: report.Mode{Level: "baseline", Version: "v1.30", EvaluatedAs: "v1.30", Source: "label"},
		Audit:   report.Mode{Level: "restricted", Version: "v1.20", EvaluatedAs: "v1.20", Source: "label"},
		Warn:    report.Mode{Level: "baseline", Version: "v1.30", EvaluatedAs: "v1.30", Source: "implied"},
	}
	if diff := cmp.Diff(&wantPolicy, item.Candidate); diff != "" {
		t.Errorf("candidate (-want +got):\n%s", diff)
	}
}

func TestGapsAreNoPasses(t *testing.T) {
	source := &fakeSource{
		namespaces: []corev1.Namespace{namespace("a"), namespace("b"), namespace("kube-system")},
		gaps:       []workload.Gap{{Resource: "jobs.batch", Namespace: "b", Reason: "forbidden"}},
	}
	r := run(t, source, Options{})
	var got []report.Verdict
	for _, item := range r.Items {
		got = append(got, item.Verdict)
	}
	if diff := cmp.Diff([]report.Verdict{"complies", "incomplete", "complies"}, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if r.Summary.Verdict != report.Incomplete || r.Items[1].Strictest.Complete || !r.Items[0].Strictest.Complete || r.Summary.Counted != 2 {
		t.Errorf("summary %+v, strictest %+v", r.Summary, r.Items[1].Strictest)
	}
	source.gaps[0].Namespace = ""
	for _, item := range run(t, source, Options{}).Items {
		if item.Verdict != report.Incomplete {
			t.Errorf("%s: %s with a gap of the whole cluster", item.Namespace, item.Verdict)
		}
	}
}

func TestSystemNamespacesCountWhenNamed(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("kube-system", "enforce", "baseline")}}
	source.deployment("kube-system", "dns", hostPath(), "1")
	if r := run(t, source, Options{}); r.Summary.Verdict != report.Complies || r.Items[0].Verdict != report.Violates {
		t.Errorf("unnamed: %s, item %s", r.Summary.Verdict, r.Items[0].Verdict)
	}
	if r := run(t, source, Options{Named: []string{"kube-system"}}); r.Summary.Verdict != report.Violates {
		t.Errorf("named: %s", r.Summary.Verdict)
	}
}

func TestInterruptedIsNoAnswer(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
	source.pod("a", "p", nil, plain())
	ctx, cancel := context.WithCancel(t.Context())
	source.onRead = cancel
	if r, err := Run(ctx, source, options(t, Options{})); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("report %v, error %v", r, err)
	}
}

func TestRepairs(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("a"), namespace("b"), namespace("c"), namespace("d")}}
	for _, ns := range []string{"a", "b", "c"} {
		source.deployment(ns, "log-agent", hostPath(), "1")
	}
	source.deployment("c", "other", hostPath(), "1")
	source.deployment("d", "web", plain(), "1")
	want := []report.Repair{
		{Group: "apps", Kind: "Deployment", Name: "log-agent", Level: "baseline", Namespaces: []string{"a", "b"}},
		{Group: "apps", Kind: "Deployment", Name: "web", Level: "restricted", Namespaces: []string{"d"}},
	}
	if diff := cmp.Diff(want, run(t, source, Options{}).Summary.Repairs); diff != "" {
		t.Errorf("repairs (-want +got):\n%s", diff)
	}
}

func TestOnlyOneWorkload(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
	d := source.deployment("a", "web", plain(), "1")
	source.replicaSet(d, "web-1", "1", plain())
	source.deployment("a", "other", plain(), "1")
	for _, only := range []workload.Ref{{Group: "apps", Kind: "Deployment", Name: "web"}, {Group: "apps", Kind: "ReplicaSet", Name: "web-1"}} {
		r := run(t, source, Options{Only: &only, Candidate: Candidate{Enforce: {Level: "baseline"}}})
		if r.Object == nil || r.Items[0].LabelChange != nil {
			t.Errorf("%v: object %v, label change %v", only, r.Object, r.Items[0].LabelChange)
		}
		if len(r.Summary.Repairs) > 0 {
			t.Errorf("%v: repairs %v of a namespace that was not looked at", only, r.Summary.Repairs)
		}
		item := r.Items[0]
		if len(item.Workloads) != 1 || item.Workloads[0].Name != "web" {
			t.Errorf("%v: %+v", only, rows(item))
		}
	}
}

func TestExemptUserCoversPodsOnly(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
	d := source.deployment("a", "web", hostPath(), "1")
	rs := source.replicaSet(d, "web-1", "1", hostPath())
	source.pod("a", "web-1-a", &rs, hostPath())
	config, err := simulate.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Exemptions.Usernames = []string{"system:serviceaccount:kube-system:replicaset-controller"}
	admission, err := simulate.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[Mode]report.Verdict{Enforce: report.Complies, Audit: report.Violates, Warn: report.Violates} {
		r := run(t, source, Options{Admission: admission, Candidate: Candidate{mode: {Level: "baseline"}}})
		if r.Summary.Verdict != want || r.Items[0].Workloads[0].Evidence[0].Exempt.By != report.ExemptUser {
			t.Errorf("%s: %s, want %s", mode, r.Summary.Verdict, want)
		}
	}
}
