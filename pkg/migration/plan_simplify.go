package migration

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// simplification is a policy in use that does what no level can say, and what takes its place on trial.
type simplification struct {
	policy, copied *psp.Policy
	removed        []string
	access         rbac.Objects
	// there says that copy and rights are as they should be; taken that something else has the copy's name.
	there, taken bool
}

// simplify: beside every policy in use that only writes, or demands what no level can say, there is one without that.
func (p *planner) simplify() verdict {
	switch {
	case !p.Check.Served:
		return notNeeded("this server has no PodSecurityPolicy")
	case p.Plugin.Value == report.PodSecurityInactive:
		return notNeeded("PodSecurityPolicy is off")
	}
	if gaps := nonEmpty(p.missing("", resourcePolicies), p.missing("", rbacResources()...)); len(gaps) > 0 {
		return unknown("could not read %s", strings.Join(gaps, ", "))
	}
	var objects []any
	var all, lacking, taken []string
	for _, s := range p.simplifications() {
		all = append(all, s.policy.Name)
		switch {
		case s.taken:
			taken = append(taken, s.copied.Name)
			continue
		case !s.there:
			lacking = append(lacking, s.policy.Name)
		}
		objects = append(append(objects, s.copied), accessObjects(&s.access)...)
	}
	commands := []string{p.Shell.pipe(p.Shell.plan("--simplify"), "apply", "-f", "-")}
	undo := []string{p.Shell.pipe(p.Shell.plan("--simplify"), "delete", "--ignore-not-found", "-f", "-")}
	aside := ""
	if len(taken) > 0 {
		aside = "; no copy is made where another policy has its name: " + some(taken)
	}
	unread := p.missing("", workloadResources()...)
	switch {
	case len(lacking) == 0 && len(taken) == 0 && unread != "":
		return unknown("could not read %s: more policies may be in use", unread)
	case len(all) == 0:
		return notNeeded("levels can say all that the policies in use demand")
	case len(lacking) > 0:
		return open("%s: a copy that is tried first shows what breaks without what only writes, or no level can say%s", some(lacking), aside).
			by(commands, undo).with(objects...)
	case len(objects) == 0:
		return open("%s", strings.TrimPrefix(aside, "; "))
	default:
		return done("copies are tried first of %s%s", some(all), aside).by(nil, undo).with(objects...)
	}
}

// simplifications are those of policies that are in use, or whose copy is there.
func (p *planner) simplifications() []simplification {
	used := map[string]bool{}
	for i := range p.Check.Items {
		for _, name := range p.Check.Items[i].Policies {
			used[name] = true
		}
	}
	var list []simplification
	for _, policy := range p.Policies {
		if policy.Annotations[psp.CopyOf] != "" {
			continue
		}
		copied, removed := policy.Simplify()
		at := slices.IndexFunc(p.Policies, func(have *psp.Policy) bool { return have.Name == copied.Name })
		if len(removed) == 0 || at < 0 && !used[policy.Name] && !used[copied.Name] {
			continue
		}
		s := simplification{policy: policy, copied: copied, removed: removed, access: Mirror(&p.Access, policy.Name, copied.Name)}
		if at >= 0 {
			have := p.Policies[at]
			s.taken = have.Annotations[psp.CopyOf] != policy.Name
			missing := Lacking(&p.Access, s.access)
			s.there = samePolicy(have, copied) && len(accessObjects(&missing)) == 0
		}
		if s.taken && !used[policy.Name] {
			continue
		}
		list = append(list, s)
	}
	return list
}

// samePolicy compares what policies demand; annotations beyond those of the copy are somebody's notes.
func samePolicy(have, want *psp.Policy) bool {
	for key, value := range want.Annotations {
		if have.Annotations[key] != value {
			return false
		}
	}
	for _, key := range []string{psp.SeccompDefaultAnnotation, psp.AppArmorDefaultAnnotation} {
		if _, found := have.Annotations[key]; found {
			return false
		}
	}
	return equality.Semantic.DeepEqual(have.Spec, want.Spec)
}

// accessObjects are objects in the order in which they can be made.
func accessObjects(o *rbac.Objects) []any {
	var list []any
	for i := range o.ClusterRoles {
		list = append(list, &o.ClusterRoles[i])
	}
	for i := range o.Roles {
		list = append(list, &o.Roles[i])
	}
	for i := range o.ClusterRoleBindings {
		list = append(list, &o.ClusterRoleBindings[i])
	}
	for i := range o.RoleBindings {
		list = append(list, &o.RoleBindings[i])
	}
	return list
}
