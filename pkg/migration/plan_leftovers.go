package migration

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// leftoversFile is where objects are kept before they are deleted.
const leftoversFile = "psp-leftovers.yaml"

// leftovers: policies, rights to use them and annotations in templates are gone.
func (p *planner) leftovers() verdict {
	all := p.left()
	gaps := nonEmpty(p.missing("", resourcePolicies), p.missing("", rbacResources()...), p.missing("", workloadResources()...))
	if len(all) == 0 {
		if len(gaps) > 0 {
			return unknown("could not read %s", strings.Join(gaps, ", "))
		}
		return done("nothing is left of PodSecurityPolicy")
	}
	var names, commands, undo []string
	var objects []any
	for i := range all {
		l := &all[i]
		names = append(names, leftoverName(l))
		switch {
		case l.Object != nil:
			objects = append(objects, l.Object)
		case l.Command != nil:
			commands = append(commands, p.Shell.kubectl(l.Command...))
			undo = append([]string{p.Shell.kubectl(l.Undo...)}, undo...)
		}
	}
	if len(objects) > 0 {
		// Kept first: an object that was not kept is not deleted.
		commands = append(commands, p.Shell.plan("--leftovers")+" > "+leftoversFile+" && "+p.Shell.kubectl("delete", "-f", leftoversFile))
		undo = append([]string{p.Shell.kubectl("create", "-f", leftoversFile)}, undo...)
	}
	v := open("%s: %s", count(len(all), "object"), some(names))
	if p.Check.Served && p.Plugin.Value != report.PodSecurityInactive {
		v.why += "; not before PodSecurityPolicy is off, since without policies it admits no pod"
		return v
	}
	return v.by(commands, undo).with(objects...)
}

// left are the policies themselves and everything else that was found.
func (p *planner) left() []psp.Leftover {
	var list []psp.Leftover
	for _, policy := range p.Policies {
		if raw, err := manifestOf(policy); err == nil {
			list = append(list, psp.Leftover{Kind: psp.Kind, Name: policy.Name, What: "policy", Object: raw})
		}
	}
	return append(list, p.Leftovers...)
}

func leftoverName(l *psp.Leftover) string {
	name := strings.ToLower(l.Kind) + "/" + l.Name
	if l.Namespace != "" {
		name += " in " + l.Namespace
	}
	return name
}

// once sorts leftovers, and drops those that came twice: a list may have had to start again.
func once(list []psp.Leftover) []psp.Leftover {
	slices.SortStableFunc(list, func(a, b psp.Leftover) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.What, b.What))
	})
	return slices.CompactFunc(list, func(a, b psp.Leftover) bool {
		return a.Namespace == b.Namespace && a.Kind == b.Kind && a.Name == b.Name && a.What == b.What
	})
}
