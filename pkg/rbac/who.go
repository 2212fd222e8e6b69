package rbac

import (
	"cmp"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// Who are all the ways in which subjects may do something, sorted. Bindings to roles that are not there grant nothing.
// The group system:masters is among them only where a binding names it: what it may, it may without RBAC.
func (o *Objects) Who(a Action) []Grant {
	return o.granted(func(rules []rbacv1.PolicyRule) []Action {
		if covers(rules, a) {
			return []Action{a}
		}
		return nil
	})
}

// WhoSome is Who for one object at least, whatever its name: each grant's action names the object to which a rule confines
// it, or none where it goes for all.
func (o *Objects) WhoSome(a Action) []Grant {
	a.Name = ""
	return o.granted(func(rules []rbacv1.PolicyRule) []Action {
		if covers(rules, a) {
			return []Action{a}
		}
		var some []Action
		for i := range rules {
			for _, name := range rules[i].ResourceNames {
				one := a
				one.Name = name
				if !slices.Contains(some, one) && covers(rules[i:i+1], one) {
					some = append(some, one)
				}
			}
		}
		return some
	})
}

// covers says whether rules grant an action.
func covers(rules []rbacv1.PolicyRule, a Action) bool {
	rule := rbacv1.PolicyRule{Verbs: []string{a.Verb}, APIGroups: []string{a.Group}, Resources: []string{a.Resource}}
	if a.Name != "" {
		rule.ResourceNames = []string{a.Name}
	}
	yes, _ := validation.Covers(rules, []rbacv1.PolicyRule{rule})
	return yes
}

// roleKey names a role; a ClusterRole has no namespace.
type roleKey struct{ namespace, name string }

// granted follows every binding to what its role allows.
func (o *Objects) granted(allows func([]rbacv1.PolicyRule) []Action) []Grant {
	allowed := map[roleKey][]Action{}
	for i := range o.ClusterRoles {
		if actions := allows(o.ClusterRoles[i].Rules); len(actions) > 0 {
			allowed[roleKey{"", o.ClusterRoles[i].Name}] = actions
		}
	}
	for i := range o.Roles {
		if actions := allows(o.Roles[i].Rules); len(actions) > 0 {
			allowed[roleKey{o.Roles[i].Namespace, o.Roles[i].Name}] = actions
		}
	}
	var grants []Grant
	for b := range o.bindings() {
		for _, action := range allowed[b.role] {
			for _, subject := range b.subjects {
				if subject, ok := whole(subject, b.namespace); ok {
					grants = append(grants, Grant{Subject: subject, Namespace: b.namespace, Binding: b.name(), Role: b.roleName(), Action: action})
				}
			}
		}
	}
	slices.SortFunc(grants, compareGrants)
	return slices.Compact(grants)
}

// whole is a subject of a binding with the namespace of its service account, which a RoleBinding may leave out. A service
// account without any is nobody.
func whole(s rbacv1.Subject, bindingNamespace string) (rbacv1.Subject, bool) {
	switch {
	case s.Kind != rbacv1.ServiceAccountKind:
		s.Namespace = "" // it says nothing there
	case s.Namespace == "":
		s.Namespace = bindingNamespace
	}
	return s, s.Kind != rbacv1.ServiceAccountKind || s.Namespace != ""
}

func compareGrants(a, b Grant) int {
	return cmp.Or(
		cmp.Compare(a.Subject.Kind, b.Subject.Kind),
		cmp.Compare(a.Subject.Namespace, b.Subject.Namespace),
		cmp.Compare(a.Subject.Name, b.Subject.Name),
		cmp.Compare(a.Subject.APIGroup, b.Subject.APIGroup),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Binding, b.Binding),
		cmp.Compare(a.Role, b.Role),
		cmp.Compare(a.Action.Name, b.Action.Name),
	)
}
