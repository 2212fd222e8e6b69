//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestWhoCanUse holds the answer to access reviews with all the groups that a service account has.
func TestWhoCanUse(t *testing.T) {
	t.Parallel()
	s := plain(t)
	a, b := s.namespace(t, "use-a", nil), s.namespace(t, "use-b", nil)
	policy := "p-" + suite.id
	group := func(name string) rbacv1.Subject {
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: "Group", Name: name}
	}
	s.letUse(t, policy, a, group("system:serviceaccounts"))
	s.letUseIn(t, "extensions", policy, "", group("system:serviceaccounts:"+b))
	s.letUse(t, policy, b, rbacv1.Subject{Kind: "ServiceAccount", Namespace: a, Name: "x"})
	s.letUse(t, "other-"+policy, "", group("system:serviceaccounts:"+a))
	r, got := s.whoCan(t, "use", policy)
	if !strings.HasPrefix(got.stderr, "Warning: this server has no PodSecurityPolicy") {
		t.Errorf("stderr: %s", got.stderr)
	}
	for _, account := range []string{a + ":x", a + ":y", b + ":x"} {
		home, _, _ := strings.Cut(account, ":")
		p := person{"system:serviceaccount:" + account, []string{"system:serviceaccounts", "system:serviceaccounts:" + home, "system:authenticated"}}
		for _, namespace := range []string{a, b} {
			for _, apiGroup := range []string{"policy", "extensions"} {
				review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
					User: p.name, Groups: p.groups, ResourceAttributes: &authorizationv1.ResourceAttributes{
						Namespace: namespace, Verb: "use", Group: apiGroup, Resource: "podsecuritypolicies", Name: policy,
					},
				}}
				want := p.may(r, "use", "podsecuritypolicies."+apiGroup, namespace)
				eventually(t, fmt.Sprintf("use of %s in %s by %s to be %v", apiGroup, namespace, p.name, want), func() (bool, error) {
					answer, err := s.client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
					return err == nil && answer.Status.Allowed == want, err
				})
				compared.Add(1)
			}
		}
	}
}

// TestWhoCanWithoutRights has those ask who may not read all RBAC objects.
func TestWhoCanWithoutRights(t *testing.T) {
	t.Parallel()
	s := plain(t)
	ns := s.namespace(t, "who-gaps", nil)
	reader := s.grant(t, "rbac-reader", ns, []rbacv1.PolicyRule{{
		APIGroups: []string{rbacv1.GroupName}, Resources: []string{"rolebindings", "roles"}, Verbs: []string{"list"},
	}})
	r, got := s.whoCan(t, "-n", ns, "--as", reader)
	if got.exit != 3 {
		t.Errorf("exit code %d", got.exit)
	}
	var gaps []string
	for _, g := range r.Gaps {
		gaps = append(gaps, g.Resource+" "+g.Reason)
	}
	if want := []string{"clusterrolebindings.rbac.authorization.k8s.io forbidden", "clusterroles.rbac.authorization.k8s.io forbidden"}; !slices.Equal(gaps, want) {
		t.Errorf("gaps %q, want %q", gaps, want)
	}
}

// TestWhoCanOnOldServer asks a server that still has policies, and no admission policies.
func TestWhoCanOnOldServer(t *testing.T) {
	t.Parallel()
	s := pspServer(t)
	policy := "who-" + suite.id
	anything := "{rule: RunAsAny}"
	s.kubectl(t, "apply", "-f", file(t, "policy.yaml", fmt.Sprintf("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: %s}\n"+
		"spec: {seLinux: %[2]s, runAsUser: %[2]s, supplementalGroups: %[2]s, fsGroup: %[2]s}\n", policy, anything)))
	s.letUse(t, policy, "", rbacv1.Subject{Kind: "ServiceAccount", Namespace: "kube-system", Name: "job-controller"})
	r, got := s.whoCan(t, "use", "psp/"+policy)
	if want := []string{"system:serviceaccount:kube-system:job-controller"}; !slices.Equal(r.Makers, want) || got.exit != 0 || got.stderr != "" {
		t.Errorf("makers %q, want %q: %+v", r.Makers, want, got)
	}
	for _, tt := range []struct {
		args   []string
		stderr string
	}{
		{[]string{"use", "no-" + policy}, fmt.Sprintf("Error from server (NotFound): podsecuritypolicies.policy %q not found\n", "no-"+policy)},
		{
			[]string{"--guard", "--allow=user/x"},
			"error: a v1.24 server cannot guard labels: ValidatingAdmissionPolicy came with v1.30; " +
				"upgrade first, or print the guard for a later server by --server-version=v1.30\n",
		},
	} {
		if got := s.pss(t, append([]string{"who-can"}, tt.args...)...); got.exit != 2 || got.stdout != "" || got.stderr != tt.stderr {
			t.Errorf("who-can %s: %+v", strings.Join(tt.args, " "), got)
		}
	}
}
