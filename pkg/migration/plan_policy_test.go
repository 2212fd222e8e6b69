package migration

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// gone takes the policy away that has admitted the pods of shop, and written to them.
func gone(f *PlanFacts) {
	w := &f.Check.Items[1].Workloads[0]
	w.Patch, w.Policies = nil, []report.PSPAdmission{{Name: "lost", Source: report.PSPByAnnotation, Pods: 2}}
	w.Others = []report.PSPDifference{{Path: "spec.securityContext.runAsNonRoot", Pod: json.RawMessage("true")}}
	f.Check.Gaps = []report.Gap{{Resource: "podsecuritypolicies.policy", Reason: "notFound"}}
}

const isGoneText = "policy lost, which admitted pods of deployment.apps/web and may have written to them, is gone: -f reads it from a backup"

// A policy that is gone is missed only where it wrote something that the template does not say.
func TestPlanGaps(t *testing.T) {
	f := planFacts()
	gone(&f)
	if gaps := Plan(f).Gaps; len(gaps) != 1 {
		t.Errorf("gaps are %v", gaps)
	}
	f.Check.Items[1].Workloads[0].Others = nil
	if gaps := Plan(f).Gaps; gaps == nil || len(gaps) > 0 {
		t.Errorf("gaps are %#v, want none", gaps)
	}
	f.Check.Gaps = append(f.Check.Gaps, gapOf("pods"))
	if diff := cmp.Diff([]report.Gap{gapOf("pods")}, Plan(f).Gaps); diff != "" {
		t.Error(diff)
	}
}

func TestPlanHarden(t *testing.T) {
	patch := func(name, body string) string {
		return "kubectl patch " + name + " -n shop --type=strategic -p '" + body + "'"
	}
	shop := func(f *PlanFacts) *report.PSPNamespace { return &f.Check.Items[1] }
	pod := report.PSPWorkload{Kind: "Pod", Name: "by-hand", Trap: &report.PSPTrap{}}
	job := report.PSPWorkload{Group: "batch", Kind: "Job", Name: "once", Patch: json.RawMessage(`{"a":1}`)}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"a policy writes": {func(*PlanFacts) {}, planned{
			report.StepOpen, "policies write into pods of deployment.apps/web what the template does not say",
			[]string{patch("deployment.apps/web", webPatch)},
			[]string{patch("deployment.apps/web", webUndo)},
		}},
		"several": {
			func(f *PlanFacts) {
				odd := report.PSPWorkload{Kind: "ReplicationController", Name: "old", Patch: json.RawMessage(`{"a":"it's ` + "\u202e\U0001f600" + `"}`), Undo: json.RawMessage(`{}`)}
				shop(f).Workloads = append(shop(f).Workloads, odd, pod, job)
			},
			planned{
				report.StepOpen, "policies write into pods of deployment.apps/web and replicationcontroller/old what the template does not say; " +
					"no patch changes pod/by-hand and job.batch/once, which count as they are",
				[]string{patch("deployment.apps/web", webPatch), patch("replicationcontroller/old", `{"a":"it'\''s \u202e\ud83d\ude00"}`)},
				[]string{patch("replicationcontroller/old", `{}`), patch("deployment.apps/web", webUndo)},
			},
		},
		"somebody made the workload": {
			func(f *PlanFacts) {
				shop(f).Workloads[0].Owner = &report.Owner{Group: "argoproj.io", Kind: "Rollout", Name: "web"}
			},
			planned{
				report.StepOpen, "policies write into pods of deployment.apps/web what the template does not say",
				[]string{"# rollout.argoproj.io/web made it and may take the patch back: change it there", patch("deployment.apps/web", webPatch)},
				[]string{patch("deployment.apps/web", webUndo)},
			},
		},
		"written down": {func(f *PlanFacts) { shop(f).Workloads[0].Patch = nil }, planned{
			State: report.StepDone, Why: "no template lacks what a policy writes",
		}},
		"only what cannot be patched": {func(f *PlanFacts) { shop(f).Workloads = []report.PSPWorkload{pod} }, planned{
			State: report.StepDone, Why: "no template lacks what a policy writes; no patch changes pod/by-hand, which count as they are",
		}},
		"a custom resource, of which no template is known": {
			func(f *PlanFacts) {
				gone(f)
				shop(f).Workloads[0] = report.PSPWorkload{
					Group: "data.example.com", Kind: "Database", Name: "accounts", NoTemplate: true, Policies: shop(f).Workloads[0].Policies,
				}
			},
			planned{State: report.StepDone, Why: "no template lacks what a policy writes; no patch changes database.data.example.com/accounts, which count as they are"},
		},
		"no workload": {func(f *PlanFacts) { shop(f).Workloads = nil }, planned{State: report.StepNone, Why: "there is no workload"}},
		"no policies": {
			func(f *PlanFacts) {
				f.Check.Served, f.Policies, f.Known, shop(f).Workloads[0].Patch = false, nil, nil, nil
			},
			planned{State: report.StepNone, Why: "no policy writes here"},
		},
		"policies from a backup": {
			func(f *PlanFacts) { f.Check.Served, f.Policies = false, nil },
			planned{
				report.StepOpen, "policies write into pods of deployment.apps/web what the template does not say",
				[]string{patch("deployment.apps/web", webPatch)},
				[]string{patch("deployment.apps/web", webUndo)},
			},
		},
		"gaps": {
			func(f *PlanFacts) {
				shop(f).Workloads[0].Patch = nil
				f.Check.Gaps = []report.Gap{gapOf("podsecuritypolicies.policy"), gapOf("pods")}
			},
			planned{State: report.StepUnknown, Why: "could not read pods, podsecuritypolicies.policy"},
		},
		"a policy is gone that wrote": {gone, planned{State: report.StepUnknown, Why: isGoneText}},
		"a policy may not be read that wrote": {
			func(f *PlanFacts) { gone(f); f.Check.Gaps = append(f.Check.Gaps, gapOf("podsecuritypolicies.policy")) },
			planned{
				State: report.StepUnknown,
				Why:   "policy lost, which admitted pods of deployment.apps/web and may have written to them, may not be read: -f reads it from a backup",
			},
		},
		"a policy is gone that wrote nothing": {
			func(f *PlanFacts) { gone(f); shop(f).Workloads[0].Others = nil },
			planned{State: report.StepDone, Why: "no template lacks what a policy writes"},
		},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepHarden, tt.want) })
	}
}

// applied puts the objects of a step into the cluster, as its command does.
func applied(t *testing.T, f *PlanFacts, step string) {
	t.Helper()
	item := stepOf(t, f, step)
	if len(item.Objects) == 0 {
		t.Fatalf("step %s has no objects", step)
	}
	for _, raw := range item.Objects {
		var kind struct{ Kind string }
		into := func(object any) {
			if err := json.Unmarshal(raw, object); err != nil {
				t.Fatal(err)
			}
		}
		into(&kind)
		switch kind.Kind {
		case psp.Kind:
			var p psp.Policy
			into(&p)
			f.Policies = append(f.Policies, &p)
		case "ClusterRole":
			var r rbacv1.ClusterRole
			into(&r)
			f.Access.ClusterRoles = append(f.Access.ClusterRoles, r)
		case "ClusterRoleBinding":
			var b rbacv1.ClusterRoleBinding
			into(&b)
			f.Access.ClusterRoleBindings = append(f.Access.ClusterRoleBindings, b)
		case "RoleBinding":
			var b rbacv1.RoleBinding
			into(&b)
			f.Access.RoleBindings = append(f.Access.RoleBindings, b)
		default:
			t.Fatalf("step %s makes a %s", step, kind.Kind)
		}
	}
}

func TestPlanSimplify(t *testing.T) {
	undo := []string{"kubectl pss psp plan --simplify | kubectl delete --ignore-not-found -f -"}
	open := planned{
		report.StepOpen, "hardened: a copy that is tried first shows what breaks without what only writes, or no level can say",
		[]string{"kubectl pss psp plan --simplify | kubectl apply -f -"},
		undo,
	}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"a policy with groups": {func(*PlanFacts) {}, open},
		"the copies are there": {func(f *PlanFacts) { applied(t, f, StepSimplify) }, planned{report.StepDone, "copies are tried first of hardened", nil, undo}},
		"the copies admit pods now": {
			func(f *PlanFacts) { applied(t, f, StepSimplify); f.Check.Items[1].Policies = []string{"0hardened"} },
			planned{report.StepDone, "copies are tried first of hardened", nil, undo},
		},
		"the copies are gone while their pods still run": {func(f *PlanFacts) { f.Check.Items[1].Policies = []string{"0hardened"} }, open},
		"the copies have no rights": {
			func(f *PlanFacts) {
				applied(t, f, StepSimplify)
				f.Access.ClusterRoleBindings = f.Access.ClusterRoleBindings[:2]
			},
			open,
		},
		"the original has changed since": {
			func(f *PlanFacts) { applied(t, f, StepSimplify); f.Policies[0].Spec.Volumes = []string{"configMap"} }, open,
		},
		"not everything was read": {
			func(f *PlanFacts) { applied(t, f, StepSimplify); f.Check.Gaps = []report.Gap{gapOf("pods")} },
			planned{State: report.StepUnknown, Why: "could not read pods: more policies may be in use"},
		},
		"not in use": {func(f *PlanFacts) { f.Check.Items[1].Policies = nil }, planned{
			State: report.StepNone, Why: "levels can say all that the policies in use demand",
		}},
		"the name is taken": {
			func(f *PlanFacts) { f.Policies = append(f.Policies, openPolicyNamed("0hardened")) },
			planned{State: report.StepOpen, Why: "no copy is made where another policy has its name: 0hardened"},
		},
		"some namespaces": {func(f *PlanFacts) { f.Shell.Among = []string{"shop"}; f.Shell.Plan = []string{"--probe"} }, planned{
			open.State, open.Why,
			[]string{"kubectl pss psp plan shop --simplify --probe | kubectl apply -f -"},
			[]string{"kubectl pss psp plan shop --simplify --probe | kubectl delete --ignore-not-found -f -"},
		}},
		"no rights": {func(f *PlanFacts) { f.Check.Gaps = []report.Gap{gapOf(resourcePolicies)} }, planned{
			State: report.StepUnknown, Why: "could not read podsecuritypolicies.policy",
		}},
		"off":        {func(f *PlanFacts) { f.Plugin.Value = report.PodSecurityInactive }, planned{State: report.StepNone, Why: "PodSecurityPolicy is off"}},
		"not served": {func(f *PlanFacts) { f.Check.Served = false }, planned{State: report.StepNone, Why: "this server has no PodSecurityPolicy"}},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepSimplify, tt.want) })
	}
}
