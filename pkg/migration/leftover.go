package migration

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
)

// RBACLeftovers finds what still names PodSecurityPolicies, in the order in which it can go: the bindings of roles that
// grant nothing else, those roles, and the rules of roles that grant more. Aggregated roles are left out: their rules are
// put together from other roles, which are among them.
func RBACLeftovers(objects *rbac.Objects) []psp.Leftover {
	f := &leftoverFinder{whole: map[roleAt]bool{}}
	for i := range objects.ClusterRoles {
		r := &objects.ClusterRoles[i]
		if r.AggregationRule == nil {
			f.role(clusterRoleKind, &r.ObjectMeta, r.Rules, &rbacv1.ClusterRole{TypeMeta: typeOf(clusterRoleKind), ObjectMeta: r.ObjectMeta, Rules: r.Rules})
		}
	}
	for i := range objects.Roles {
		r := &objects.Roles[i]
		f.role("Role", &r.ObjectMeta, r.Rules, &rbacv1.Role{TypeMeta: typeOf("Role"), ObjectMeta: r.ObjectMeta, Rules: r.Rules})
	}
	for i := range objects.ClusterRoleBindings {
		b := objects.ClusterRoleBindings[i]
		b.TypeMeta = typeOf("ClusterRoleBinding")
		f.binding("ClusterRoleBinding", &b.ObjectMeta, b.RoleRef, &b)
	}
	for i := range objects.RoleBindings {
		b := objects.RoleBindings[i]
		b.TypeMeta = typeOf("RoleBinding")
		f.binding("RoleBinding", &b.ObjectMeta, b.RoleRef, &b)
	}
	return slices.Concat(f.bindings, f.roles, f.rules)
}

type leftoverFinder struct {
	bindings, roles, rules []psp.Leftover
	// whole are the roles that go.
	whole map[roleAt]bool
}

func (f *leftoverFinder) role(kind string, meta *metav1.ObjectMeta, rules []rbacv1.PolicyRule, object any) {
	var kept []*rbacv1.PolicyRule
	touched, left := []string{}, 0
	for i := range rules {
		rule := &rules[i]
		if namesPolicies(rule) {
			touched = append(touched, strconv.Itoa(i+1))
			rule = withoutPolicies(rule)
		}
		if kept = append(kept, rule); rule != nil {
			left++
		}
	}
	l := psp.Leftover{Kind: kind, Namespace: meta.Namespace, Name: meta.Name}
	switch {
	case len(touched) == 0:
	case left == 0:
		f.whole[roleAt{meta.Namespace, meta.Name}] = true
		l.What = "grants nothing but " + policyResource
		f.roles = append(f.roles, wholeObject(l, object))
	default:
		l.What = fmt.Sprintf("rule %s of %d names %s", strings.Join(touched, ", "), len(rules), policyResource)
		l.Command = append(kubectlObject("patch", &l), "--type=json", "--patch", jsonPatch(removeRules(rules, kept)))
		l.Undo = append(kubectlObject("patch", &l), "--type=json", "--patch", jsonPatch(restoreRules(rules, kept)))
		f.rules = append(f.rules, l)
	}
}

// binding comes after all roles.
func (f *leftoverFinder) binding(kind string, meta *metav1.ObjectMeta, ref rbacv1.RoleRef, object any) {
	if !f.whole[boundRole(meta.Namespace, ref)] {
		return
	}
	l := psp.Leftover{Kind: kind, Namespace: meta.Namespace, Name: meta.Name}
	l.What = fmt.Sprintf("binds %s %s, which grants nothing but %s", ref.Kind, ref.Name, policyResource)
	f.bindings = append(f.bindings, wholeObject(l, object))
}

// wholeObject is a leftover that goes as a whole.
func wholeObject(l psp.Leftover, object any) psp.Leftover {
	raw, err := manifestOf(object)
	if err != nil {
		return l // not with objects that came as JSON
	}
	l.Object = raw
	l.Command = kubectlObject("delete", &l)
	l.Undo = []string{"create", "--filename", "-"}
	return l
}

// kubectlObject are kubectl's arguments that name an object.
func kubectlObject(verb string, l *psp.Leftover) []string {
	words := []string{verb, strings.ToLower(l.Kind), l.Name}
	if l.Namespace != "" {
		words = append(words, "--namespace", l.Namespace)
	}
	return words
}

// namesPolicies says whether a rule names PodSecurityPolicies, which one for all resources does not.
func namesPolicies(rule *rbacv1.PolicyRule) bool {
	return overlap(rule.APIGroups, policyGroups()...) && slices.ContainsFunc(rule.Resources, isPolicies)
}

func isPolicies(resource string) bool {
	name, _, _ := strings.Cut(resource, "/")
	return name == policyResource
}

// withoutPolicies is what is left of a rule, nil for nothing.
func withoutPolicies(rule *rbacv1.PolicyRule) *rbacv1.PolicyRule {
	left := *rule
	left.Resources = slices.DeleteFunc(slices.Clone(rule.Resources), isPolicies)
	if len(left.Resources) == 0 {
		return nil
	}
	return &left
}
