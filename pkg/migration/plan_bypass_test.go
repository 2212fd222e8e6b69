package migration

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestPlanBypass(t *testing.T) {
	undo := []string{"kubectl delete rolebinding -n shop disable-psp"}
	open := planned{
		report.StepOpen, "pods here must still satisfy a policy, and may be changed by it",
		[]string{"kubectl pss psp plan shop --bypass | kubectl apply -f -"},
		undo,
	}
	own := []string{"kubectl delete rolebinding -n shop pss-disable-psp"}
	const admitted = "every service account here may use privileged, which admits everything and writes nothing"
	everybody := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: rbac.Authenticated}
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  planned
	}{
		"policies decide":    {func(*PlanFacts) {}, open},
		"around them":        {func(f *PlanFacts) { applied(t, f, StepBypass) }, planned{report.StepDone, admitted, nil, undo}},
		"the policy is gone": {func(f *PlanFacts) { applied(t, f, StepBypass); f.Policies = f.Policies[:1] }, open},
		"the policy has changed": {
			func(f *PlanFacts) { applied(t, f, StepBypass); f.Policies[1].Spec.HostPID = false },
			planned{open.State, open.Why, open.Commands, own},
		},
		"somebody else's way": {
			func(f *PlanFacts) {
				f.Policies = append(f.Policies, openPolicyNamed("privileged"))
				f.Access.ClusterRoles = append(f.Access.ClusterRoles, *newClusterRole("any", useOf("privileged")))
				f.Access.ClusterRoleBindings = append(f.Access.ClusterRoleBindings, rbacv1.ClusterRoleBinding{
					RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: clusterRoleKind, Name: "any"}, Subjects: []rbacv1.Subject{everybody},
				})
			},
			planned{State: report.StepDone, Why: admitted},
		},
		"the binding's name is taken": {
			func(f *PlanFacts) {
				f.Access.RoleBindings = append(f.Access.RoleBindings, *newRoleBinding("shop", "disable-psp", "view", "devs"))
			},
			planned{open.State, open.Why, open.Commands, own},
		},
		"off":        {func(f *PlanFacts) { f.Plugin.Value = report.PodSecurityInactive }, planned{State: report.StepNone, Why: "PodSecurityPolicy is off"}},
		"not served": {func(f *PlanFacts) { f.Check.Served = false }, planned{State: report.StepNone, Why: "this server has no PodSecurityPolicy"}},
		"no rights": {
			func(f *PlanFacts) {
				f.Check.Gaps = []report.Gap{gapOf("clusterrolebindings.rbac.authorization.k8s.io")}
			},
			planned{State: report.StepUnknown, Why: "could not read RBAC objects"},
		},
	} {
		t.Run(name, func(t *testing.T) { same(t, tt.given, StepBypass, tt.want) })
	}
}

// What exists is never changed: what is taken leaves its name to its owner.
func TestPlanBypassNames(t *testing.T) {
	names := func(f *PlanFacts) []string {
		var list []string
		for _, raw := range stepOf(t, f, StepBypass).Objects {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			list = append(list, o.Kind+" "+o.Metadata.Name)
		}
		return list
	}
	theirs := openPolicyNamed("privileged")
	theirs.Labels, theirs.Spec.AllowedUnsafeSysctls = map[string]string{"team": "platform"}, nil
	narrow := hardenedPolicy()
	narrow.Name = "privileged"
	for name, tt := range map[string]struct {
		given func(*PlanFacts)
		want  []string
	}{
		"nothing is taken": {func(*PlanFacts) {}, []string{"PodSecurityPolicy privileged", "ClusterRole privileged-psp", "RoleBinding disable-psp"}},
		"a policy that does": {
			func(f *PlanFacts) { f.Policies = append(f.Policies, theirs) }, []string{"ClusterRole privileged-psp", "RoleBinding disable-psp"},
		},
		"a policy that does not": {
			func(f *PlanFacts) { f.Policies = append(f.Policies, narrow) },
			[]string{"PodSecurityPolicy pss-privileged", "ClusterRole privileged-psp", "RoleBinding disable-psp"},
		},
		"a role for something else": {
			func(f *PlanFacts) {
				f.Access.ClusterRoles = append(f.Access.ClusterRoles, *newClusterRole("privileged-psp", useOf("hardened")))
			},
			[]string{"PodSecurityPolicy privileged", "ClusterRole pss-privileged-psp", "RoleBinding disable-psp"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := planFacts()
			tt.given(&f)
			if diff := cmp.Diff(tt.want, names(&f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAdmitsAll(t *testing.T) {
	no := false
	if !admitsAll(openPolicyNamed("x")) {
		t.Error("our own policy does not")
	}
	for name, change := range map[string]func(*psp.Policy){
		"privileged":     func(p *psp.Policy) { p.Spec.Privileged = false },
		"escalation":     func(p *psp.Policy) { p.Spec.AllowPrivilegeEscalation = &no },
		"capabilities":   func(p *psp.Policy) { p.Spec.AllowedCapabilities = nil },
		"volumes":        func(p *psp.Policy) { p.Spec.Volumes = []string{"hostPath"} },
		"host network":   func(p *psp.Policy) { p.Spec.HostNetwork = false },
		"host ports":     func(p *psp.Policy) { p.Spec.HostPorts[0].Max = 1024 },
		"users":          func(p *psp.Policy) { p.Spec.RunAsUser.Rule = psp.MustRunAsNonRoot },
		"SELinux":        func(p *psp.Policy) { p.Spec.SELinux.Rule = psp.MustRunAs },
		"read-only root": func(p *psp.Policy) { p.Spec.ReadOnlyRootFilesystem = true },
		"host paths":     func(p *psp.Policy) { p.Spec.AllowedHostPaths = []psp.HostPath{{PathPrefix: "/var"}} },
		"runtime class":  func(p *psp.Policy) { p.Spec.RuntimeClass = &psp.RuntimeClass{} },
		"seccomp":        func(p *psp.Policy) { delete(p.Annotations, psp.SeccompAllowedAnnotation) },
		"seccomp writes": func(p *psp.Policy) { p.Annotations[psp.SeccompDefaultAnnotation] = "runtime/default" },
		"AppArmor":       func(p *psp.Policy) { p.Annotations[psp.AppArmorAllowedAnnotation] = "runtime/default" },
		"adds":           func(p *psp.Policy) { p.Spec.DefaultAddCapabilities = append(p.Spec.DefaultAddCapabilities, "CHOWN") },
	} {
		p := openPolicyNamed("x")
		change(p)
		if admitsAll(p) {
			t.Errorf("%s: it still counts as admitting everything", name)
		}
	}
}
