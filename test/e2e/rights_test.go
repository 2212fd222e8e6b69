//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// readme reads a YAML block of README.md by the comment that it begins with.
func readme(t *testing.T, mark string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(# " + regexp.QuoteMeta(mark) + "\n.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("README.md has no YAML block that begins with # %s", mark)
	}
	if err := yaml.UnmarshalStrict(block[1], into); err != nil {
		t.Fatalf("README.md, %s: %v", mark, err)
	}
}

// without is a list of rules less one resource.
func without(rules []rbacv1.PolicyRule, resource string) []rbacv1.PolicyRule {
	var rest []rbacv1.PolicyRule
	for _, r := range rules {
		r.Resources = slices.DeleteFunc(slices.Clone(r.Resources), func(have string) bool { return have == resource })
		if len(r.Resources) > 0 {
			rest = append(rest, r)
		}
	}
	return rest
}

// grant gives a new user rules in the whole cluster, or in one namespace, and returns the user's name.
func (s *server) grant(t *testing.T, user, namespace string, rules []rbacv1.PolicyRule) string {
	t.Helper()
	user += "-" + suite.id
	meta := metav1.ObjectMeta{Name: user}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user}
	rbac, o := s.client.RbacV1(), metav1.CreateOptions{}
	var err, bindErr error
	if namespace == "" {
		_, err = rbac.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, o)
		_, bindErr = rbac.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	} else {
		ref.Kind = "Role"
		_, err = rbac.Roles(namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, o)
		_, bindErr = rbac.RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref}, o)
	}
	if err != nil || bindErr != nil {
		t.Fatal(err, bindErr)
	}
	last := rules[len(rules)-1]
	eventually(t, "the rights of "+user, func() (bool, error) {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: last.Verbs[0], Group: last.APIGroups[0], Resource: last.Resources[0],
			},
		}}
		answer, err := s.client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, o)
		return err == nil && answer.Status.Allowed, err
	})
	return user
}

// TestRights proves the roles that README.md calls the least: with them nothing is missing, and without any part of
// them something is, and is said.
func TestRights(t *testing.T) {
	t.Parallel()
	s := plain(t)
	ns := s.namespace(t, "rights", map[string]string{"e2e.pss.dev/rights": suite.id})
	create(t, s, plainPod(ns, "p"))
	create(t, s, deployment(plainPod(ns, "d"), 1))
	create(t, s, cronJob(plainPod(ns, "c", hostPID), false))
	s.eventuallyPods(t, ns, 2)

	t.Run("least ClusterRole", func(t *testing.T) {
		t.Parallel()
		var role rbacv1.ClusterRole
		readme(t, "least ClusterRole", &role)
		s.sufficient(t, ns, s.grant(t, "reader", "", role.Rules), nil)
		for _, resource := range []string{
			"pods", "replicationcontrollers", "podtemplates", "deployments.apps", "statefulsets.apps", "daemonsets.apps",
			"replicasets.apps", "jobs.batch", "cronjobs.batch",
		} {
			t.Run("without "+resource, func(t *testing.T) {
				plural, _, _ := strings.Cut(resource, ".")
				s.insufficient(t, ns, s.grant(t, "without-"+plural, "", without(role.Rules, plural)), resource)
			})
		}
	})
	t.Run("least Role", func(t *testing.T) {
		t.Parallel()
		var role rbacv1.Role
		readme(t, "least Role", &role)
		user := s.grant(t, "developer", ns, role.Rules)
		s.sufficient(t, ns, user, []string{ns})
		if r := s.pss(t, "check", "ns", "--as", user); r.exit != 2 || !strings.Contains(r.stderr, "check ns NAME") {
			t.Errorf("all namespaces for somebody with one: %+v", r)
		}
		if r := s.pss(t, "check", "ns", "default", "--as", user); r.exit != 2 || !strings.Contains(r.stderr, "(Forbidden)") {
			t.Errorf("another namespace: %+v", r)
		}
	})
}

// sufficient fails where a user sees anything else of a namespace than the admin does, in one run for all namespaces or
// for those named, or cannot look at single objects.
func (s *server) sufficient(t *testing.T, namespace, user string, named []string) {
	t.Helper()
	args := append([]string{"ns"}, named...)
	theirs, ours := s.check(t, append(args, "--as", user)...), s.check(t, args...)
	if len(theirs.Gaps) > 0 {
		t.Errorf("gaps: %+v", theirs.Gaps)
	}
	if diff := cmp.Diff(itemOf(t, ours, namespace), itemOf(t, theirs, namespace)); diff != "" {
		t.Errorf("the admin (-) and %s (+) see different things:\n%s", user, diff)
	}
	for _, object := range []string{"pod/p", "deploy/d", "cronjob/c"} {
		r := s.check(t, object, "-n", namespace, "--as", user)
		if len(r.Gaps) > 0 || len(r.Items) != 1 || len(r.Items[0].Workloads) != 1 {
			t.Errorf("%s: %+v", object, r)
		}
	}
}

// insufficient fails unless a user who may not list a resource is told so, and sees the rest.
func (s *server) insufficient(t *testing.T, namespace, user, resource string) {
	t.Helper()
	r := s.pss(t, "check", "ns", "-l", "e2e.pss.dev/rights="+suite.id, "--as", user, "-o", "json")
	if r.exit != 3 || r.stderr != "" {
		t.Fatalf("exit code %d, and on stderr %q", r.exit, r.stderr)
	}
	got := decode(t, r.stdout)
	if len(got.Gaps) != 1 || got.Gaps[0].Resource != resource || got.Gaps[0].Reason != "forbidden" || got.Gaps[0].Namespace != namespace {
		t.Errorf("gaps: %+v", got.Gaps)
	}
	theirs, ours := itemOf(t, got, namespace), itemOf(t, s.check(t, "ns", namespace), namespace)
	if theirs.Verdict != report.Incomplete || theirs.Strictest.Complete || got.Summary.Verdict != report.Incomplete {
		t.Errorf("verdict %s, strictest %+v, in all %s", theirs.Verdict, theirs.Strictest, got.Summary.Verdict)
	}
	if resource == "cronjobs.batch" {
		ours.Workloads = slices.DeleteFunc(ours.Workloads, func(w report.Workload) bool { return w.Kind == "CronJob" })
		if diff := cmp.Diff(ours.Workloads, theirs.Workloads); diff != "" {
			t.Errorf("the rest differs for the admin (-) and %s (+):\n%s", user, diff)
		}
	}
	if r := s.check(t, "ns", "--as", user); !slices.ContainsFunc(r.Gaps, func(g report.Gap) bool {
		return g.Resource == resource && g.Namespace == "" && g.Reason == "forbidden"
	}) {
		t.Errorf("gaps of the whole cluster: %+v", r.Gaps)
	}
}

// itemOf finds a namespace in a report.
func itemOf(t *testing.T, r *report.CheckReport, namespace string) *report.Namespace {
	t.Helper()
	for i := range r.Items {
		if r.Items[i].Namespace == namespace {
			return &r.Items[i]
		}
	}
	t.Fatalf("%s is not in the report", namespace)
	return nil
}
