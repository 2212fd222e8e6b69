package rbac

import (
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// rule reads "verb,verb resource,resource@group+group [name,name]"; the core group is empty.
func rule(text string) rbacv1.PolicyRule {
	words := strings.Fields(text)
	var r rbacv1.PolicyRule
	r.Verbs = strings.Split(words[0], ",")
	resources, groups, _ := strings.Cut(words[1], "@")
	r.Resources, r.APIGroups = strings.Split(resources, ","), strings.Split(groups, "+")
	if len(words) > 2 {
		r.ResourceNames = strings.Split(words[2], ",")
	}
	return r
}

func rules(texts []string) []rbacv1.PolicyRule {
	var list []rbacv1.PolicyRule
	for _, text := range texts {
		list = append(list, rule(text))
	}
	return list
}

// world builds RBAC objects a line at a time.
type world struct{ Objects }

func (w *world) clusterRole(name string, texts ...string) *world {
	w.ClusterRoles = append(w.ClusterRoles, rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules(texts)})
	return w
}

func (w *world) role(namespace, name string, texts ...string) *world {
	w.Roles = append(w.Roles, rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Rules: rules(texts)})
	return w
}

// bind binds a cluster role everywhere to subjects such as "User ann" and "ServiceAccount ns/name".
func (w *world) bind(name, role string, subjects ...string) *world {
	w.ClusterRoleBindings = append(w.ClusterRoleBindings, rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects: subjectsOf(subjects),
	})
	return w
}

// bindIn binds a role such as "Role x" in a namespace.
func (w *world) bindIn(namespace, name, role string, subjects ...string) *world {
	kind, roleName, _ := strings.Cut(role, " ")
	w.RoleBindings = append(w.RoleBindings, rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: roleName}, Subjects: subjectsOf(subjects),
	})
	return w
}

func subjectsOf(texts []string) []rbacv1.Subject {
	var list []rbacv1.Subject
	for _, text := range texts {
		kind, name, _ := strings.Cut(text, " ")
		s := rbacv1.Subject{Kind: kind, APIGroup: rbacv1.GroupName, Name: name}
		if kind == rbacv1.ServiceAccountKind {
			s.APIGroup = ""
			s.Namespace, s.Name, _ = strings.Cut(name, "/")
		}
		list = append(list, s)
	}
	return list
}

// line is a grant in one line: subject, where, binding, role, name.
func line(g Grant) string {
	name := g.Subject.Name
	if g.Subject.Namespace != "" {
		name = g.Subject.Namespace + "/" + name
	}
	text := g.Subject.Kind + " " + name + " by " + g.Binding + " of " + g.Role
	if g.Namespace != "" {
		text += " in " + g.Namespace
	}
	if g.Action.Name != "" {
		text += " for " + g.Action.Name
	}
	return text
}

func lines(grants []Grant) []string {
	var list []string
	for _, g := range grants {
		list = append(list, line(g))
	}
	return list
}
