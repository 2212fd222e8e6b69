package migration

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// harden: what policies write into pods stands in the templates.
func (p *planner) harden(sp *space) verdict {
	var lacking, fixed, commands, undo []string
	for i := range sp.Workloads {
		w := &sp.Workloads[i]
		name := resourceName(w)
		switch {
		case len(w.Patch) > 0 && psp.Fixed(workload.Ref{Group: w.Group, Kind: w.Kind, Name: w.Name}) == "":
			lacking = append(lacking, name)
			if w.Owner != nil {
				commands = append(commands, fmt.Sprintf("# %s made it and may take the patch back: change it there", ownerName(w.Owner)))
			}
			commands = append(commands, p.patch(sp.name(), name, w.Patch))
			undo = append([]string{p.patch(sp.name(), name, w.Undo)}, undo...)
		case w.Trap != nil || len(w.Patch) > 0 || w.NoTemplate:
			fixed = append(fixed, name)
		}
	}
	aside := ""
	if len(fixed) > 0 {
		aside = "; no patch changes " + some(fixed) + ", which count as they are"
	}
	policies := p.missing("", resourcePolicies)
	switch {
	case len(lacking) > 0:
		return open("policies write into pods of %s what the template does not say%s", some(lacking), aside).by(commands, undo)
	case sp.gone != "":
		return unknown("%s", sp.gone)
	case !p.Check.Served && len(p.Known) == 0:
		return notNeeded("no policy writes here")
	case sp.gaps != "" || policies != "":
		return unknown("could not read %s", strings.Join(nonEmpty(sp.gaps, policies), ", "))
	case len(sp.Workloads) == 0:
		return notNeeded("there is no workload")
	default:
		return done("no template lacks what a policy writes%s", aside)
	}
}

func (p *planner) patch(namespace, name string, patch []byte) string {
	return p.Shell.kubectl("patch", name, "-n", namespace, "--type=strategic", "-p", string(patch))
}

// resourceName is a workload as kubectl takes it.
func resourceName(w *report.PSPWorkload) string {
	return strings.TrimSuffix(strings.ToLower(w.Kind)+"."+w.Group, ".") + "/" + w.Name
}

func ownerName(o *report.Owner) string {
	return strings.TrimSuffix(strings.ToLower(o.Kind)+"."+o.Group, ".") + "/" + o.Name
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
