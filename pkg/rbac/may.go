package rbac

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Groups and users that authenticators give.
const (
	// Masters is the group that may do everything, before RBAC is asked.
	Masters = "system:masters"
	// Authenticated is everybody who has a name.
	Authenticated = "system:authenticated"
	// Unauthenticated is everybody who has none, and so has the user Anonymous, where the server lets them in.
	Unauthenticated = "system:unauthenticated"
	Anonymous       = "system:anonymous"
	// ServiceAccounts is all service accounts, and with a colon and a namespace all those in there.
	ServiceAccounts = "system:serviceaccounts"
)

// serviceAccountPrefix begins the user names of service accounts; namespace, colon and name follow.
const serviceAccountPrefix = "system:serviceaccount:"

// ServiceAccount is the user that a service account sends requests as, with its three groups.
func ServiceAccount(namespace, name string) User {
	return User{
		Name:   serviceAccountPrefix + namespace + ":" + name,
		Groups: []string{ServiceAccounts, ServiceAccounts + ":" + namespace, Authenticated},
	}
}

// ServiceAccountOf takes the user name of a service account apart.
func ServiceAccountOf(user string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(user, serviceAccountPrefix)
	if !ok {
		return "", "", false
	}
	namespace, name, ok = strings.Cut(rest, ":")
	return namespace, name, ok && namespace != "" && name != ""
}

// May says whether a user may do something to objects of a namespace, or of none with an empty one. Who asks for many
// actions of one user takes Rights instead.
func (o *Objects) May(u User, namespace string, a Action) bool { return o.Rights(u, namespace).May(a) }

// Rights are what one user may in one namespace.
type Rights struct {
	everything bool
	rules      []rbacv1.PolicyRule
}

// Rights finds the rules that go for a user in a namespace, those of the whole cluster included.
func (o *Objects) Rights(u User, namespace string) Rights {
	if slices.Contains(u.Groups, Masters) {
		return Rights{everything: true}
	}
	bound := map[roleKey]bool{}
	for b := range o.bindings() {
		if b.namespace != "" && b.namespace != namespace || bound[b.role] {
			continue
		}
		bound[b.role] = slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool { return u.is(s, b.namespace) })
	}
	var r Rights
	for i := range o.ClusterRoles {
		if bound[roleKey{"", o.ClusterRoles[i].Name}] {
			r.rules = append(r.rules, o.ClusterRoles[i].Rules...)
		}
	}
	for i := range o.Roles {
		if bound[roleKey{o.Roles[i].Namespace, o.Roles[i].Name}] {
			r.rules = append(r.rules, o.Roles[i].Rules...)
		}
	}
	return r
}

// May says whether the rights grant an action.
func (r Rights) May(a Action) bool { return r.everything || covers(r.rules, a) }

// is says whether a subject of a binding stands for the user.
func (u User) is(s rbacv1.Subject, bindingNamespace string) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return s.Name == u.Name
	case rbacv1.GroupKind:
		return slices.Contains(u.Groups, s.Name)
	case rbacv1.ServiceAccountKind:
		s, ok := whole(s, bindingNamespace)
		return ok && u.Name == serviceAccountPrefix+s.Namespace+":"+s.Name
	default:
		return false
	}
}
