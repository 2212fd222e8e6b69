package rbac

import (
	"iter"

	rbacv1 "k8s.io/api/rbac/v1"
)

// clusterRole is the kind of a role that has no namespace, wherever it is bound.
const clusterRole = "ClusterRole"

// binding is what both kinds of bindings have in common.
type binding struct {
	// namespace is where the binding holds; empty is everywhere.
	namespace, ownName string
	role               roleKey
	subjects           []rbacv1.Subject
}

// name is the binding as kubectl takes it.
func (b *binding) name() string {
	if b.namespace == "" {
		return "clusterrolebinding/" + b.ownName
	}
	return "rolebinding/" + b.ownName
}

// roleName is the role as kubectl takes it.
func (b *binding) roleName() string {
	if b.role.namespace == "" {
		return "clusterrole/" + b.role.name
	}
	return "role/" + b.role.name
}

// bindings are all of both kinds.
func (o *Objects) bindings() iter.Seq[*binding] {
	return func(yield func(*binding) bool) {
		for i := range o.ClusterRoleBindings {
			b := &o.ClusterRoleBindings[i]
			if b.RoleRef.Kind != clusterRole {
				continue // the API lets no other in
			}
			if !yield(&binding{"", b.Name, roleKey{"", b.RoleRef.Name}, b.Subjects}) {
				return
			}
		}
		for i := range o.RoleBindings {
			b := &o.RoleBindings[i]
			role := roleKey{b.Namespace, b.RoleRef.Name}
			if b.RoleRef.Kind == clusterRole {
				role.namespace = ""
			}
			if !yield(&binding{b.Namespace, b.Name, role, b.Subjects}) {
				return
			}
		}
	}
}
