// Package rbac answers who may do what, from RBAC objects alone and for all subjects at once, which no access review can.
// It is pure. Other authorizers (webhook, ABAC, node) are not seen.
package rbac

import rbacv1 "k8s.io/api/rbac/v1"

// Objects are the RBAC objects of a cluster, as far as they could be read.
type Objects struct {
	ClusterRoles        []rbacv1.ClusterRole
	ClusterRoleBindings []rbacv1.ClusterRoleBinding
	Roles               []rbacv1.Role
	RoleBindings        []rbacv1.RoleBinding
}

// Action is what a subject may want to do. An empty Name is any object: only a rule without resource names grants it.
type Action struct {
	Verb, Group, Resource, Name string
}

// Grant is one way in which a subject may do something.
type Grant struct {
	Subject rbacv1.Subject
	// Namespace is where the grant holds; empty is everywhere.
	Namespace string
	// Binding and Role are named as kubectl takes them: clusterrolebinding/x, or rolebinding/x in Namespace.
	Binding, Role string
	Action        Action
}

// User is who sends a request, with every group that the authenticator gives: a service account's three included.
type User struct {
	Name   string
	Groups []string
}
