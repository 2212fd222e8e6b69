package migration

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// index finds the facts of a namespace without going through those of all others.
type index struct {
	live map[string]*corev1.Namespace
	// gaps are those of each namespace; those of the whole cluster are under no name.
	gaps map[string][]report.Gap
	// access are the Roles and RoleBindings of each namespace, with the ClusterRoles and ClusterRoleBindings of all.
	access map[string]*rbac.Objects
	// open are the names of the policies that admit everything, sorted.
	open []string
}

func newIndex(f *PlanFacts) index {
	x := index{live: map[string]*corev1.Namespace{}, gaps: map[string][]report.Gap{}, access: map[string]*rbac.Objects{}}
	for i := range f.Namespaces {
		x.live[f.Namespaces[i].Name] = &f.Namespaces[i]
	}
	for _, g := range f.Check.Gaps {
		x.gaps[g.Namespace] = append(x.gaps[g.Namespace], g)
	}
	for i := range f.Check.Items {
		item := &f.Check.Items[i]
		x.gaps[item.Namespace] = append(x.gaps[item.Namespace], item.Gaps...)
		x.access[item.Namespace] = &rbac.Objects{ClusterRoles: f.Access.ClusterRoles, ClusterRoleBindings: f.Access.ClusterRoleBindings}
	}
	for i := range f.Access.Roles {
		if o := x.access[f.Access.Roles[i].Namespace]; o != nil {
			o.Roles = append(o.Roles, f.Access.Roles[i])
		}
	}
	for i := range f.Access.RoleBindings {
		if o := x.access[f.Access.RoleBindings[i].Namespace]; o != nil {
			o.RoleBindings = append(o.RoleBindings, f.Access.RoleBindings[i])
		}
	}
	for _, policy := range f.Policies {
		if admitsAll(policy) {
			x.open = append(x.open, policy.Name)
		}
	}
	slices.Sort(x.open)
	return x
}

// gapsOf are the gaps that touch a namespace; with none all that there are.
func (p *planner) gapsOf(namespace string) []report.Gap {
	if namespace == "" {
		return p.Check.Gaps
	}
	return slices.Concat(p.index.gaps[""], p.index.gaps[namespace])
}
