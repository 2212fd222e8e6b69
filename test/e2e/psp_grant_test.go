//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// letUse grants subjects the use of a policy, and users the making of pods, in one namespace or, if that is empty, in
// all of them.
func (s *server) letUse(t *testing.T, policy, namespace string, subjects ...rbacv1.Subject) {
	t.Helper()
	s.letUseIn(t, "policy", policy, namespace, subjects...)
}

// letUseIn is letUse in one of the two API groups that policies have lived in. The grant ends with the test.
func (s *server) letUseIn(t *testing.T, group, policy, namespace string, subjects ...rbacv1.Subject) {
	t.Helper()
	ctx, rbac, o := t.Context(), s.client.RbacV1(), metav1.CreateOptions{}
	meta := metav1.ObjectMeta{Name: fmt.Sprintf("use-%s-%d", policy, s.asked.Add(1))}
	rules := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}},
		{APIGroups: []string{group}, Resources: []string{"podsecuritypolicies"}, ResourceNames: []string{policy}, Verbs: []string{"use"}},
	}
	_, err := rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, o)
	if err != nil {
		t.Fatal(err)
	}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name}
	if namespace == "" {
		_, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	} else {
		_, err = rbac.RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, o := context.WithoutCancel(ctx), metav1.DeleteOptions{}
		_ = rbac.ClusterRoleBindings().Delete(ctx, meta.Name, o) // where there is one; the other kind goes with its namespace
		if err := rbac.ClusterRoles().Delete(ctx, meta.Name, o); err != nil {
			t.Error(err)
		}
	})
}

// passingLabel is borne by namespaces that go with their test.
const passingLabel = "e2e.pss.dev/passing"

// passing is a namespace that begins to go when the test ends; awaitGone waits for all of them.
func (s *server) passing(t *testing.T, name string, labels map[string]string) string {
	t.Helper()
	all := map[string]string{passingLabel: suite.id}
	maps.Copy(all, labels)
	ns := s.namespace(t, name, all)
	t.Cleanup(func() {
		if err := s.client.CoreV1().Namespaces().Delete(context.WithoutCancel(t.Context()), ns, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return ns
}

func (s *server) awaitGone(t *testing.T) {
	t.Helper()
	eventually(t, "the namespaces of other tests to be gone", func() (bool, error) {
		left, err := s.client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: passingLabel})
		return err == nil && len(left.Items) == 0, err
	})
}

// awaitUse waits until the service accounts of a namespace may use a policy: grants take effect some moments later.
func (s *server) awaitUse(t *testing.T, policy, namespace string) {
	t.Helper()
	eventually(t, "the grant of "+policy, func() (bool, error) {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			Groups: []string{"system:serviceaccounts:" + namespace},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: "use", Group: "policy", Resource: "podsecuritypolicies", Name: policy,
			},
		}}
		answer, err := s.client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	})
}
