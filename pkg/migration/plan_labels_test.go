package migration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	enforceLabel = "pod-security.kubernetes.io/enforce"
	auditLabel   = "pod-security.kubernetes.io/audit"
	warnLabel    = "pod-security.kubernetes.io/warn"
	longAgo      = -30 * time.Hour
)

func audited(level string) map[string]string {
	return map[string]string{auditLabel: level, warnLabel: level}
}

func TestPlanAuditWarn(t *testing.T) {
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"neither": {func(*PlanFacts) {}, planned{
			report.StepOpen, "audit and warn are below restricted",
			[]string{"kubectl pss label ns shop --audit=restricted --warn=restricted --yes"},
			[]string{"kubectl pss label ns shop --audit=- --warn=- --yes"},
		}},
		"audit too low, warn right": {
			func(f *PlanFacts) {
				labelled(f, planNoon(), map[string]string{auditLabel: "baseline", auditLabel + "-version": "v1.24", warnLabel: "restricted"})
			},
			planned{
				report.StepOpen, "audit is below restricted",
				[]string{"kubectl pss label ns shop --audit=restricted --yes"},
				[]string{"kubectl pss label ns shop --audit=baseline --yes"},
			},
		},
		"a level that is none": {
			func(f *PlanFacts) {
				labelled(f, planNoon(), map[string]string{auditLabel: "strict", warnLabel: "restricted"})
			},
			planned{
				report.StepOpen, "audit is below restricted",
				[]string{"kubectl pss label ns shop --audit=restricted --yes"},
				[]string{"kubectl label ns shop --overwrite pod-security.kubernetes.io/audit=strict"},
			},
		},
		"both": {func(f *PlanFacts) { labelled(f, planNoon(), audited("restricted")) }, planned{
			report.StepDone, "audit and warn are at restricted or above", nil, []string{"kubectl pss label ns shop --audit=- --warn=- --yes"},
		}},
		"above": {
			func(f *PlanFacts) {
				f.Check.Items[1].AfterPatches.Enforce = "baseline"
				labelled(f, planNoon(), audited("restricted"))
			},
			planned{report.StepDone, "audit and warn are at baseline or above", nil, []string{"kubectl pss label ns shop --audit=- --warn=- --yes"}},
		},
		"enforced": {func(f *PlanFacts) { labelled(f, planNoon(), map[string]string{enforceLabel: "restricted"}) }, planned{
			State: report.StepDone, Why: "enforce is at restricted already",
		}},
		"privileged": {func(f *PlanFacts) { f.Check.Items[1].AfterPatches.Enforce = "privileged" }, planned{
			State: report.StepNone, Why: "workloads here need privileged, which audits and warns about nothing",
		}},
		"gaps": {
			func(f *PlanFacts) {
				f.Check.Items[1].AfterPatches = report.PSPModes{}
				f.Check.Items[1].Gaps = []report.Gap{{Resource: "cronjobs.batch", Namespace: "shop", Reason: "forbidden"}}
			},
			planned{State: report.StepUnknown, Why: "which level it can bear is not known without cronjobs.batch"},
		},
		"another cluster is named": {func(f *PlanFacts) { f.Shell.Cluster = []string{"--context", "prod's"} }, planned{
			report.StepOpen, "audit and warn are below restricted",
			[]string{`kubectl pss label ns shop --audit=restricted --warn=restricted --yes --context 'prod'\''s'`},
			[]string{`kubectl pss label ns shop --audit=- --warn=- --yes --context 'prod'\''s'`},
		}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepAuditWarn, tt.want) })
	}
}

func same(t *testing.T, given func(*PlanFacts), step string, want planned) {
	t.Helper()
	f := planFacts()
	given(&f)
	item := stepOf(t, &f, step)
	if diff := cmp.Diff(want, plannedOf(&item)); diff != "" {
		t.Error(diff)
	}
}

func TestPlanSoak(t *testing.T) {
	sign := []string{"kubectl annotate ns shop --overwrite pss.dev/soaked=restricted"}
	back := []string{"kubectl annotate ns shop pss.dev/soaked-"}
	young := func(f *PlanFacts) {
		f.Oldest["shop"] = Made{Namespace: "shop", Name: "web-2", At: planNoon().Add(-time.Hour)}
	}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"no labels": {func(*PlanFacts) {}, planned{report.StepOpen, "audit and warn come first; the command signs it off", sign, back}},
		"too early": {
			func(f *PlanFacts) { young(f); labelled(f, planNoon().Add(-23*time.Hour), audited("restricted")) },
			planned{report.StepOpen, "audit and warn are to stand until 2026-11-22T13:00:00Z; the command signs it off", sign, back},
		},
		"old pods": {
			func(f *PlanFacts) { labelled(f, planNoon().Add(longAgo), audited("restricted")) },
			planned{report.StepOpen, "pods are older than audit and warn (pod web-1 is of 2026-11-20T12:00:00Z): make them again, such as by " +
				"kubectl rollout restart; the command signs it off", sign, back},
		},
		"long enough": {
			func(f *PlanFacts) { young(f); labelled(f, planNoon().Add(longAgo), audited("restricted")) },
			planned{State: report.StepDone, Why: "audit and warn have stood at restricted for 24h, and every pod was made since"},
		},
		"no pods": {
			func(f *PlanFacts) { f.Oldest = nil; labelled(f, planNoon().Add(longAgo), audited("restricted")) },
			planned{State: report.StepDone, Why: "audit and warn have stood at restricted for 24h, and every pod was made since"},
		},
		"the later label counts": {
			func(f *PlanFacts) {
				young(f)
				labelled(f, planNoon().Add(longAgo), map[string]string{auditLabel: "restricted"})
				labelled(f, planNoon().Add(-2*time.Hour), audited("restricted"))
			},
			planned{report.StepOpen, "audit and warn are to stand until 2026-11-23T10:00:00Z; the command signs it off", sign, back},
		},
		"nobody knows since when": {
			func(f *PlanFacts) { f.Namespaces[0].Labels = audited("restricted") },
			planned{report.StepOpen, "the server does not tell since when audit and warn are set; the command signs it off", sign, back},
		},
		"pods not read": {
			func(f *PlanFacts) {
				labelled(f, planNoon().Add(longAgo), audited("restricted"))
				f.Check.Gaps = []report.Gap{gapOf("pods")}
			},
			planned{report.StepOpen, "could not read pods; the command signs it off", sign, back},
		},
		"signed off": {
			func(f *PlanFacts) { f.Namespaces[0].Annotations = map[string]string{SoakedAnnotation: "restricted"} },
			planned{report.StepDone, "signed off for restricted", nil, back},
		},
		"signed off for less": {
			func(f *PlanFacts) { f.Namespaces[0].Annotations = map[string]string{SoakedAnnotation: "baseline"} },
			planned{
				report.StepOpen, "audit and warn come first; the command signs it off", sign,
				[]string{"kubectl annotate ns shop --overwrite pss.dev/soaked=baseline"},
			},
		},
		"enforced": {func(f *PlanFacts) { labelled(f, planNoon(), map[string]string{enforceLabel: "restricted"}) }, planned{
			State: report.StepDone, Why: "enforce is at restricted already",
		}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepSoak, tt.want) })
	}
}

func TestPlanEnforce(t *testing.T) {
	set := []string{"kubectl pss label ns shop --enforce=restricted --yes"}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"not set": {func(*PlanFacts) {}, planned{
			report.StepOpen, "enforce is not set; restricted passes", set, []string{"kubectl pss label ns shop --enforce=- --yes"},
		}},
		"looser": {
			func(f *PlanFacts) {
				labelled(f, planNoon(), map[string]string{enforceLabel: "baseline", enforceLabel + "-version": "latest"})
			},
			planned{
				report.StepOpen, "enforce is at baseline; restricted passes", set, []string{"kubectl pss label ns shop --enforce=baseline --yes"},
			},
		},
		"set": {func(f *PlanFacts) { labelled(f, planNoon(), map[string]string{enforceLabel: "restricted"}) }, planned{
			report.StepDone, "enforce is at restricted", nil, []string{"kubectl pss label ns shop --enforce=- --yes"},
		}},
		"stricter than the workloads": {
			func(f *PlanFacts) {
				f.Check.Items[1].AfterPatches.Enforce = "baseline"
				labelled(f, planNoon(), map[string]string{enforceLabel: "restricted"})
			},
			planned{
				report.StepDone, "enforce is at restricted, where workloads here pass no more than baseline", nil,
				[]string{"kubectl pss label ns shop --enforce=- --yes"},
			},
		},
		"privileged is to be said": {func(f *PlanFacts) { f.Check.Items[1].AfterPatches.Enforce = "privileged" }, planned{
			report.StepOpen, "workloads here need privileged; unless that is said, default levels for namespaces without labels hit them",
			[]string{"kubectl pss label ns shop --enforce=privileged --yes"},
			[]string{"kubectl pss label ns shop --enforce=- --yes"},
		}},
		"a policy is gone that wrote": {gone, planned{State: report.StepUnknown, Why: isGoneText}},
		"an empty namespace": {func(f *PlanFacts) { f.Check.Items[1].Workloads = nil }, planned{
			report.StepOpen, "enforce is not set; restricted is all that policies grant here, where there is no workload", set,
			[]string{"kubectl pss label ns shop --enforce=- --yes"},
		}},
		"an empty namespace without policies": {func(f *PlanFacts) { f.Check.Items[1].Workloads, f.Known = nil, nil }, planned{
			report.StepOpen, "enforce is not set; there is no workload that needs more than restricted", set,
			[]string{"kubectl pss label ns shop --enforce=- --yes"},
		}},
		"an empty namespace with a policy for everything": {
			func(f *PlanFacts) {
				f.Check.Items[1].Workloads, f.Check.Items[1].AfterPatches.Enforce = nil, "privileged"
			},
			planned{
				report.StepOpen, "policies grant privileged here, where there is no workload; unless that is said, default levels for namespaces without labels hit them",
				[]string{"kubectl pss label ns shop --enforce=privileged --yes"},
				[]string{"kubectl pss label ns shop --enforce=- --yes"},
			},
		},
		"an empty namespace with a level": {
			func(f *PlanFacts) {
				f.Check.Items[1].Workloads = nil
				labelled(f, planNoon(), map[string]string{enforceLabel: "privileged"})
			},
			planned{report.StepDone, "enforce is at privileged", nil, []string{"kubectl pss label ns shop --enforce=- --yes"}},
		},
		"gaps": {
			func(f *PlanFacts) {
				f.Check.Items[1].AfterPatches = report.PSPModes{}
				f.Check.Gaps = []report.Gap{gapOf("pods"), gapOf("daemonsets.apps")}
			},
			planned{State: report.StepUnknown, Why: "which level it can bear is not known without daemonsets.apps, pods"},
		},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepEnforce, tt.want) })
	}
}
