//go:build e2e

package e2e

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// letUse grants subjects the use of a policy, and users the making of pods, in one namespace or, if that is empty, in
// all of them.
func (s *server) letUse(t *testing.T, policy, namespace string, subjects ...rbacv1.Subject) {
	t.Helper()
	s.letUseIn(t, "policy", policy, namespace, subjects...)
}

// letUseIn is letUse in one of the two API groups that policies have lived in.
func (s *server) letUseIn(t *testing.T, group, policy, namespace string, subjects ...rbacv1.Subject) {
	t.Helper()
	ctx, rbac, o := t.Context(), s.client.RbacV1(), metav1.CreateOptions{}
	meta := metav1.ObjectMeta{GenerateName: "use-" + policy + "-"}
	rules := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}},
		{APIGroups: []string{group}, Resources: []string{"podsecuritypolicies"}, ResourceNames: []string{policy}, Verbs: []string{"use"}},
	}
	role, err := rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, o)
	if err != nil {
		t.Fatal(err)
	}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name}
	if namespace == "" {
		_, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	} else {
		_, err = rbac.RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	}
	if err != nil {
		t.Fatal(err)
	}
}
