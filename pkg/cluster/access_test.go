package cluster

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const rbacPath = "/apis/rbac.authorization.k8s.io/v1/"

// accessEstate has n cluster roles, and a role, a binding and a service account in each of two namespaces.
func accessEstate(n int) []runtime.Object {
	rule := rbacv1.PolicyRule{Verbs: []string{"patch"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}
	var all []runtime.Object
	for i := range n {
		all = append(all, &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("role-%02d", i), ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}},
			Rules:      []rbacv1.PolicyRule{rule},
		})
	}
	all = append(all, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "all"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "role-00"},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: "ann"}},
	})
	for _, namespace := range []string{"b", "a"} {
		all = append(all,
			&rbacv1.Role{ObjectMeta: newMeta(namespace, "own", ""), Rules: []rbacv1.PolicyRule{rule}},
			&rbacv1.RoleBinding{
				ObjectMeta: newMeta(namespace, "team", ""), RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "own"},
				Subjects: []rbacv1.Subject{{Kind: rbacv1.GroupKind, Name: "team-" + namespace}},
			},
			&corev1.ServiceAccount{ObjectMeta: newMeta(namespace, "default", "")})
	}
	return all
}

// who are the subjects that may patch namespaces.
func who(o *rbac.Objects) []string {
	var list []string
	for _, g := range o.Who(rbac.Action{Verb: "patch", Resource: "namespaces"}) {
		list = append(list, g.Subject.Name+" by "+g.Binding)
	}
	return list
}

func TestAccess(t *testing.T) {
	everybody := []string{"team-a by rolebinding/team", "team-b by rolebinding/team", "ann by clusterrolebinding/all"}
	for _, tt := range []struct {
		name       string
		chunk      int64
		namespaces []string
		faults     []fakeapi.Fault
		want       []string
		gaps       []workload.Gap
	}{
		{"whole lists", 0, nil, nil, everybody, nil},
		{"in pages", 2, nil, nil, everybody, nil},
		{"a list that starts again", 2, nil, []fakeapi.Fault{
			{Path: rbacPath + "clusterroles", Query: "continue=", Skip: 1, Times: 1, Do: fakeapi.Expire(false)},
		}, everybody, nil},
		{"one namespace", 0, []string{"b"}, nil, []string{everybody[1], everybody[2]}, nil},
		{"two namespaces", 0, []string{"b", "a"}, nil, everybody, nil},
		{"no cluster roles", 0, nil, []fakeapi.Fault{
			{Path: rbacPath + "clusterroles", Do: fakeapi.Forbid("clusterroles", "rbac.authorization.k8s.io")},
		}, everybody[:2], []workload.Gap{{
			Resource: "clusterroles.rbac.authorization.k8s.io", Reason: "forbidden",
			Message: `clusterroles.rbac.authorization.k8s.io is forbidden: User "tester" cannot list resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope`,
		}}},
		{"no role bindings in one of two", 0, []string{"a", "b"}, []fakeapi.Fault{
			{Path: rbacPath + "namespaces/a/rolebindings", Do: fakeapi.Forbid("rolebindings", "rbac.authorization.k8s.io")},
		}, everybody[1:], []workload.Gap{{
			Resource: "rolebindings.rbac.authorization.k8s.io", Namespace: "a", Reason: "forbidden",
			Message: `rolebindings.rbac.authorization.k8s.io is forbidden: User "tester" cannot list resource "rolebindings" in API group "rbac.authorization.k8s.io" in the namespace "a"`,
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := serve(t, accessEstate(7)...)
			for _, f := range tt.faults {
				s.Inject(f)
			}
			o, gaps, err := c.Access(loud(t), tt.chunk, tt.namespaces)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, who(&o)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.gaps, gaps); diff != "" {
				t.Errorf("gaps: -want +got:\n%s", diff)
			}
			if len(tt.gaps) == 0 && (len(o.ClusterRoles) != 7 || o.ClusterRoles[6].Name != "role-06" || o.ClusterRoles[0].ManagedFields != nil) {
				t.Errorf("cluster roles: %v", o.ClusterRoles)
			}
		})
	}
}

func TestAccessWithoutServer(t *testing.T) {
	s, c := serve(t)
	s.Close()
	if _, _, err := c.Access(t.Context(), 0, nil); err == nil || !noAnswer(err) {
		t.Errorf("error %v", err)
	}
}

func TestServiceAccounts(t *testing.T) {
	s, c := serve(t, accessEstate(0)...)
	a, b := types.NamespacedName{Namespace: "a", Name: "default"}, types.NamespacedName{Namespace: "b", Name: "default"}
	names, gaps, err := c.ServiceAccounts(loud(t), 1, nil)
	if diff := cmp.Diff([]types.NamespacedName{a, b}, names); diff != "" || gaps != nil || err != nil {
		t.Errorf("all: gaps %v, error %v, -want +got:\n%s", gaps, err, diff)
	}
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/a/serviceaccounts", Do: fakeapi.Forbid("serviceaccounts", "")})
	names, gaps, err = c.ServiceAccounts(loud(t), 0, []string{"a", "b"})
	if diff := cmp.Diff([]types.NamespacedName{b}, names); diff != "" || len(gaps) != 1 || gaps[0].Namespace != "a" || err != nil {
		t.Errorf("two: gaps %v, error %v, -want +got:\n%s", gaps, err, diff)
	}
}
