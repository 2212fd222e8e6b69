package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const refusedNow = `violates PodSecurity "restricted:latest": unrestricted capabilities (container "mesh" must not include "NET_ADMIN")`

// answers is an Admit that answers by the name of the object, and hears what it was asked.
type answers struct {
	by    map[string]workload.Admission
	asked []string
}

func (a *answers) admit(_ context.Context, requests []workload.Request) (*workload.Admissions, error) {
	all := &workload.Admissions{Asked: len(requests)}
	for _, r := range requests {
		a.asked = append(a.asked, r.Kind+"/"+r.Name+" "+r.Pod.GenerateName)
		all.Answers = append(all.Answers, a.by[r.Name])
	}
	return all, nil
}

func shows(spec corev1.PodSpec) workload.Admission {
	return workload.Admission{User: "system:serviceaccount:kube-system:replicaset-controller", Pod: &corev1.Pod{Spec: spec}}
}

// running adds a Deployment with one pod.
func (f *fakeSource) running(name string, template, pods corev1.PodSpec) {
	d := f.deployment("a", name, template, "1")
	rs := f.replicaSet(d, name+"-1", "1", template)
	f.pod("a", name+"-1-x", &rs, pods)
}

func TestThroughAdmission(t *testing.T) {
	for name, tt := range map[string]struct {
		labels         []string
		template, pods corev1.PodSpec
		answer         workload.Admission
		candidate      Candidate
		drift          []report.Drift
		blocks         bool
		strictest      string
		verdict        report.Verdict
		complete       bool
		gaps           []report.Gap
		// answered are the sources of evidence that no longer decide; admitted is the outcome of the one that does.
		answered []string
		admitted *report.PodOutcome
	}{
		"nothing changes it": {
			template: plain(), pods: plain(), answer: shows(plain()), candidate: enforced("baseline"),
			strictest: "baseline", verdict: report.Complies, complete: true, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
		},
		"passes only because it is hardened": {
			template: plain(), pods: hardened(), answer: shows(hardened()), candidate: enforced("restricted"),
			drift: []report.Drift{report.DriftMutated}, strictest: "restricted", verdict: report.Complies, complete: true,
			answered: []string{"template", "pod"}, admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
		},
		"fails only because of a sidecar": {
			template: hardened(), pods: sidecar(hardened()), answer: shows(sidecar(hardened())), candidate: enforced("baseline"),
			drift: []report.Drift{report.DriftInjected}, blocks: true, strictest: "privileged", verdict: report.Violates, complete: true,
			answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Warnings: []string{}, Message: `violates PodSecurity "baseline:latest": non-default capabilities ` +
				`(container "mesh" must not include "NET_ADMIN" in securityContext.capabilities.add)`},
		},
		"old pods fail, new ones would pass": {
			template: plain(), pods: plain(), answer: shows(hardened()), candidate: enforced("restricted"),
			drift:     []report.Drift{report.DriftMutated, report.DriftMutatedSince},
			strictest: "baseline", verdict: report.Complies, complete: true,
			answered: []string{"template", "pod"}, admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
		},
		"old pods pass, new ones would fail": {
			template: hardened(), pods: hardened(), answer: shows(sidecar(hardened())), candidate: enforced("baseline"),
			drift:  []report.Drift{report.DriftInjected, report.DriftInjectedSince},
			blocks: true, strictest: "privileged", verdict: report.Violates, complete: true, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Warnings: []string{}, Message: `violates PodSecurity "baseline:latest": non-default capabilities ` +
				`(container "mesh" must not include "NET_ADMIN" in securityContext.capabilities.add)`},
		},
		"no answer is no pass": {
			template: hardened(), pods: hardened(), candidate: enforced("restricted"),
			answer:    workload.Admission{Reason: "quota", Message: "exceeded quota: none"},
			strictest: "restricted", verdict: report.Incomplete,
			gaps: []report.Gap{{Resource: "deployments.apps", Namespace: "a", Name: "web", Reason: "quota", Message: "exceeded quota: none"}},
		},
		"no answer lets the template decide": {
			template: hostPath(), pods: hostPath(), answer: workload.Admission{Reason: "noDryRun"}, candidate: enforced("baseline"),
			blocks: true, strictest: "privileged", verdict: report.Violates,
			gaps: []report.Gap{{Resource: "deployments.apps", Namespace: "a", Name: "web", Reason: "noDryRun"}},
		},
		"refused now, and asked about now": {
			labels: []string{"enforce", "restricted"}, template: hardened(), pods: hardened(), answer: workload.Admission{Refused: refusedNow},
			drift:  []report.Drift{report.DriftInjected, report.DriftInjectedSince},
			blocks: true, strictest: "baseline", verdict: report.Violates, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Message: refusedNow, Warnings: []string{}},
			gaps:     []report.Gap{hiddenGap()},
		},
		"refused now for what the template has": {
			labels: []string{"enforce", "restricted"}, template: plain(), pods: plain(), answer: workload.Admission{Refused: refusedPlain},
			candidate: enforced("baseline"), strictest: "baseline", verdict: report.Complies, complete: true, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
		},
		"refused now for what the template has, at another version": {
			labels:   []string{"enforce", "restricted", "enforce-version", "v1.30"},
			template: plain(), pods: plain(), answer: workload.Admission{Refused: strings.Replace(refusedPlain, "latest", "v1.30", 1)},
			candidate: enforced("baseline:latest"), strictest: "baseline", verdict: report.Incomplete, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
			gaps:     []report.Gap{hiddenGap()},
		},
		"refused now, and a looser candidate": {
			labels: []string{"enforce", "restricted"}, template: hardened(), pods: hardened(), answer: workload.Admission{Refused: refusedNow},
			candidate: enforced("baseline"), drift: []report.Drift{report.DriftInjected, report.DriftInjectedSince},
			strictest: "baseline", verdict: report.Incomplete, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Allowed: true, Warnings: []string{}},
			gaps:     []report.Gap{hiddenGap()},
		},
		"refused by baseline, which leaves nothing open": {
			labels: []string{"enforce", "baseline"}, template: hardened(), pods: hardened(),
			answer:    workload.Admission{Refused: strings.Replace(refusedNow, "restricted", "baseline", 1)},
			candidate: enforced("restricted"), drift: []report.Drift{report.DriftInjected, report.DriftInjectedSince},
			blocks: true, strictest: "privileged", verdict: report.Violates, complete: true, answered: []string{"template", "pod"},
			admitted: &report.PodOutcome{Message: strings.Replace(refusedNow, "restricted", "baseline", 1), Warnings: []string{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := &fakeSource{namespaces: []corev1.Namespace{namespace("a", tt.labels...)}}
			source.running("web", tt.template, tt.pods)
			server := &answers{by: map[string]workload.Admission{"web": tt.answer}}
			r := run(t, source, Options{Candidate: tt.candidate, Admit: server.admit})
			item := &r.Items[0]
			w := &item.Workloads[0]
			if diff := cmp.Diff([]string{"Deployment/web web-1-"}, server.asked); diff != "" {
				t.Error(diff)
			}
			if w.Blocks != tt.blocks || w.Strictest != tt.strictest || item.Verdict != tt.verdict || item.Strictest.Complete != tt.complete {
				t.Errorf("blocks %t, strictest %s, %s, complete %t", w.Blocks, w.Strictest, item.Verdict, item.Strictest.Complete)
			}
			if diff := cmp.Diff(tt.drift, w.Drift); diff != "" {
				t.Errorf("drift: %s", diff)
			}
			if diff := cmp.Diff(tt.gaps, item.Gaps); diff != "" {
				t.Errorf("gaps: %s", diff)
			}
			var answered []string
			var admitted *report.PodOutcome
			for i := range w.Evidence {
				e := &w.Evidence[i]
				if e.Answered {
					answered = append(answered, e.Source)
				}
				if e.Source == report.EvidenceAdmission {
					admitted = &e.Outcome.Pod
				}
			}
			if diff := cmp.Diff(tt.answered, answered); diff != "" {
				t.Errorf("answered: %s", diff)
			}
			if diff := cmp.Diff(tt.admitted, admitted); diff != "" {
				t.Errorf("admitted: %s", diff)
			}
		})
	}
}

const refusedPlain = `violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set ` +
	`securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ` +
	`runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set ` +
	`securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`

func hiddenGap() report.Gap {
	return report.Gap{
		Resource: "deployments.apps", Namespace: "a", Name: "web", Reason: "refusedNow",
		Message: "the policy enforced now refuses the pod, and so it is not shown",
	}
}

func enforced(level string) Candidate {
	edit, err := ParseEdit(level)
	if err != nil {
		panic(err)
	}
	return Candidate{Enforce: edit}
}

// Every template that is evidence is asked about once, as whoever makes its pods, and none that is not.
func TestThroughAdmissionAsks(t *testing.T) {
	for _, backwards := range []bool{false, true} {
		source := &fakeSource{namespaces: []corev1.Namespace{namespace("b"), namespace("a")}, backwards: backwards}
		web := source.deployment("a", "web", hardened(), "2")
		source.replicaSet(web, "web-old", "1", hostPath())
		source.replicaSet(web, "web-new", "2", hardened())
		rollout := workload.Object{Ref: workload.Ref{Group: "argoproj.io", Kind: "Rollout", Name: "canary"}, Namespace: "a", UID: "rollout"}
		source.replicaSet(rollout, "canary-1", "", plain())
		source.deployment("b", "web", plain(), "1")
		source.pod("b", "bare", nil, plain())
		server := &answers{by: map[string]workload.Admission{"web": shows(hardened()), "web-old": shows(hostPath()), "canary-1": shows(plain())}}
		r := run(t, source, Options{Candidate: enforced("baseline"), Admit: server.admit})
		slices.Sort(server.asked)
		want := []string{"Deployment/web web-", "Deployment/web web-new-", "ReplicaSet/canary-1 canary-1-", "ReplicaSet/web-old web-old-"}
		if diff := cmp.Diff(want, server.asked); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(&report.DryRuns{Asked: 4, Shown: 4}, r.DryRuns); diff != "" {
			t.Error(diff)
		}
		w := &r.Items[0].Workloads[0]
		var got []string
		for _, e := range w.Evidence {
			got = append(got, fmt.Sprintf("%s %s answered=%t blocks=%t", e.Source, e.Revision, e.Answered, e.Blocks))
		}
		want = []string{
			"template current answered=true blocks=false", "template old answered=true blocks=false",
			"admission current answered=false blocks=false", "admission old answered=false blocks=true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("evidence of %s: %s", w.Name, diff)
		}
	}
}

func TestThroughAdmissionUnenforced(t *testing.T) {
	source := &fakeSource{namespaces: []corev1.Namespace{namespace("a", "enforce", "baseline")}}
	source.deployment("a", "web", hostPath(), "1")
	answer := shows(hostPath())
	answer.Pod.Annotations = map[string]string{"kubernetes.io/psp": "open"}
	server := &answers{by: map[string]workload.Admission{"web": answer}}
	r := run(t, source, Options{Admit: server.admit})
	w := &r.Items[0].Workloads[0]
	want := &report.Admission{
		User: "system:serviceaccount:kube-system:replicaset-controller", PodSecurityPolicy: "open", Unenforced: true,
	}
	if diff := cmp.Diff(want, w.Evidence[1].Admission); diff != "" {
		t.Error(diff)
	}
	if !w.Blocks {
		t.Error("an exemption that is only supposed must not count as a pass")
	}
}
