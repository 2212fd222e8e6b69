package migration

import (
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// planNoon is the time of plans in tests.
func planNoon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

const (
	webPatch = `{"spec":{"template":{"spec":{"securityContext":{"runAsNonRoot":true}}}}}`
	webUndo  = `{"spec":{"template":{"spec":{"securityContext":{"runAsNonRoot":null}}}}}`
)

// planFacts are of a 1.24 cluster at the beginning of its way: one namespace whose Deployment is restricted thanks to a
// policy alone, and a user who may change labels.
func planFacts() PlanFacts {
	hardened := hardenedPolicy()
	return PlanFacts{
		Now: planNoon(), Soak: 24 * time.Hour, Minor: 24,
		Check: &report.PSPCheck{Served: true, Items: []report.PSPNamespace{
			{Namespace: "kube-system"},
			{
				Namespace: "shop", Counted: true, Policies: []string{"hardened"},
				Recommended:  report.PSPModes{Enforce: "baseline", Audit: "restricted", Warn: "restricted"},
				AfterPatches: report.PSPModes{Enforce: "restricted", Audit: "restricted", Warn: "restricted"},
				Workloads: []report.PSPWorkload{{
					Group: "apps", Kind: "Deployment", Name: "web", Patch: json.RawMessage(webPatch), Undo: json.RawMessage(webUndo),
				}},
			},
		}},
		Policies: []*psp.Policy{hardened}, Known: []*psp.Policy{hardened},
		Access:     planAccess(),
		Namespaces: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}},
		System:     &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system"}},
		Oldest:     map[string]Made{"shop": {Namespace: "shop", Name: "web-1", At: planNoon().Add(-48 * time.Hour), Admitted: true}},
		Plugin:     report.Fact{Value: report.PodSecurityActive, Source: report.SourceProbed, Reason: "metrics know it"},
		Defaults: &report.Defaults{
			Enforce: "privileged:latest", Audit: "privileged:latest", Warn: "privileged:latest", Source: report.SourceProbed,
		},
	}
}

func hardenedPolicy() *psp.Policy {
	p := newPolicy("hardened")
	no := false
	group := psp.IDs{Rule: psp.MustRunAs, Ranges: []psp.IDRange{{Min: 1, Max: 65535}}}
	p.Spec = psp.Spec{
		AllowPrivilegeEscalation: &no, RequiredDropCapabilities: []corev1.Capability{"ALL"}, Volumes: []string{"configMap", "secret"},
		SELinux: psp.SELinux{Rule: psp.RunAsAny}, RunAsUser: psp.IDs{Rule: psp.MustRunAsNonRoot},
		SupplementalGroups: psp.IDs{Rule: psp.RunAsAny}, FSGroup: group,
	}
	return p
}

func planAccess() rbac.Objects {
	binding := func(name, role string, subject rbacv1.Subject) rbacv1.ClusterRoleBinding {
		return rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: clusterRoleKind, Name: role},
			Subjects:   []rbacv1.Subject{subject},
		}
	}
	return rbac.Objects{
		ClusterRoles: []rbacv1.ClusterRole{
			*newClusterRole("psp-hardened", useOf("hardened")),
			*newClusterRole("teams", rbacv1.PolicyRule{Verbs: []string{"patch"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}),
		},
		ClusterRoleBindings: []rbacv1.ClusterRoleBinding{
			binding("psp-hardened", "psp-hardened", rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: rbac.ServiceAccounts}),
			binding("teams", "teams", rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dev"}),
		},
	}
}

// labelled gives shop labels that the API server has known since a time.
func labelled(f *PlanFacts, since time.Time, labels map[string]string) {
	names := map[string]any{}
	f.Namespaces[0].Labels = labels
	for key := range labels {
		names["f:"+key] = map[string]any{}
	}
	raw, err := json.Marshal(map[string]any{"f:metadata": map[string]any{"f:labels": names}})
	if err != nil {
		panic(err)
	}
	at := metav1.NewTime(since)
	f.Namespaces[0].ManagedFields = append(f.Namespaces[0].ManagedFields, metav1.ManagedFieldsEntry{
		Manager: "kubectl-pss", Time: &at, FieldsV1: metav1.NewFieldsV1(string(raw)),
	})
}

// planned is one step of a plan, without what is the same in every plan.
type planned struct {
	State, Why     string
	Commands, Undo []string
}

// stepOf is the one item of a step.
func stepOf(t *testing.T, f *PlanFacts, step string) report.MigrationStep {
	t.Helper()
	var found []report.MigrationStep
	for _, item := range Plan(*f).Items {
		if item.Step == step {
			found = append(found, item)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d items of step %s, want 1", len(found), step)
	}
	return found[0]
}

func plannedOf(s *report.MigrationStep) planned { return planned{s.State, s.Why, s.Commands, s.Undo} }

// gap of a resource, in the whole cluster.
func gapOf(resource string) report.Gap { return report.Gap{Resource: resource, Reason: "forbidden"} }
