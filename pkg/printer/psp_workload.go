package printer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// pspWorkload writes what policies do for one workload.
func (p *page) pspWorkload(n *report.PSPNamespace, w *report.PSPWorkload, details bool) {
	p.section()
	title := p.Strong(n.Namespace + " " + kindName(w.Group, w.Kind, w.Name))
	if w.State != string(report.StateActive) {
		title += ", " + w.State
	}
	if w.Owner != nil {
		title += p.Faint(", made by " + kindName(w.Owner.Group, w.Owner.Kind, w.Owner.Name))
	}
	p.line(0, title)
	if w.Trap != nil {
		p.trap(w, details)
	} else {
		p.untrapped(w)
	}
	switch {
	case !details:
	case untold(w) && !w.NoTemplate:
		p.differences("written by the policy, or by a webhook, a limit range or a hand", w.Others)
	default:
		p.differences("written otherwise, by a webhook, a limit range or a hand", w.Others)
	}
	p.repairOf(w)
}

// trap spells out what happens once the policy is gone. Without details the fields are named and not their values.
func (p *page) trap(w *report.PSPWorkload, details bool) {
	text := "passes " + levelOf(w.Trap.Enforce) + " today only because PSP \"" + w.Trap.Policy + "\" sets"
	if details {
		p.line(2, p.Bad(text))
		for i := range w.Written {
			p.difference(&w.Written[i], w.Trap.Policy)
		}
	} else {
		names := fieldNames(w.Written, w.Trap.Policy)
		p.line(2, p.Bad(text)+" "+list(names, len(names)))
	}
	p.line(2, p.Bad("after PSP is off the next pod is refused under "+w.Trap.Enforce+":"))
	p.line(4, w.Trap.Message)
}

// fieldNames are the fields that a policy wrote by their own names, each once.
func fieldNames(differences []report.PSPDifference, policy string) []string {
	var names []string
	for i := range differences {
		if differences[i].Policy != policy {
			continue
		}
		path := differences[i].Path
		name := path[strings.LastIndex(path, ".")+1:]
		if _, inContext, found := strings.Cut(path, "securityContext."); found {
			name = inContext
		} else if annotation, found := strings.CutPrefix(path, "metadata.annotations["); found {
			annotation, _, _ = strings.Cut(annotation, "/")
			name = "annotation " + annotation
		}
		names = appendOnce(names, name)
	}
	return names
}

// untrapped says the same of a workload that will go on.
func (p *page) untrapped(w *report.PSPWorkload) {
	var names []string
	for i := range w.Policies {
		a := &w.Policies[i]
		if a.Source == report.PSPByAnnotation {
			names = append(names, fmt.Sprintf("%q (%s)", a.Name, count(a.Pods, "pod")))
		} else {
			names = append(names, fmt.Sprintf("%q (by its rights)", a.Name))
		}
	}
	switch {
	case len(names) > 0:
		p.line(2, "admitted by PSP "+list(names, len(names)))
	case len(w.Refused) > 0:
		p.line(2, p.Caution("no policy admits its next pod:"))
		for _, text := range w.Refused {
			p.line(4, text)
		}
	default:
		p.line(2, "under no policy that is known")
	}
	switch {
	case untold(w) && !w.NoTemplate:
		p.line(2, fmt.Sprintf("passes %s today; ", w.WithPolicy)+p.Caution(fmt.Sprintf("without policies perhaps %s only: it is not known what they write", w.Without)))
	case untold(w):
		p.line(2, "passes "+w.WithPolicy+" today; "+p.Caution("without policies perhaps not: no template is known that would tell what they wrote"))
	case w.WithPolicy == w.Without:
		p.line(2, "passes "+w.WithPolicy+", with policies and without")
	default:
		p.line(2, fmt.Sprintf("passes %s today, %s without policies", w.WithPolicy, w.Without))
	}
	p.differences("written by policy", w.Written)
}

func (p *page) differences(title string, list []report.PSPDifference) {
	if len(list) == 0 {
		return
	}
	p.line(2, title+":")
	for i := range list {
		p.difference(&list[i], "")
	}
}

// difference is one field; the policy is named unless it has been.
func (p *page) difference(d *report.PSPDifference, said string) {
	text := d.Path + ": " + jsonValue(d.Pod)
	var aside []string
	if d.Template != nil {
		aside = append(aside, "template: "+jsonValue(d.Template))
	}
	if d.Policy != "" && d.Policy != said {
		aside = append(aside, "PSP "+d.Policy)
	}
	if len(aside) > 0 {
		text += p.Faint(" (" + strings.Join(aside, ", ") + ")")
	}
	p.line(4, text)
}

// repairOf says what the patch achieves.
func (p *page) repairOf(w *report.PSPWorkload) {
	switch {
	case len(w.Patch) == 0 && w.Trap != nil:
		p.line(2, p.Caution("no patch: what the policy wrote has to be put into the template by hand"))
	case len(w.Patch) == 0:
	case w.Fixed != "":
		p.line(2, p.Caution("no patch here: "+w.Fixed))
	case w.Trap != nil && !w.Trap.Repaired:
		p.line(2, p.Caution("with its patch the template passes "+w.Patched+" only"))
	case w.Trap != nil:
		p.line(2, p.Good("with its patch the template passes "+w.Patched+" by itself"))
	default:
		p.line(2, "its patch keeps these values when the policy is gone")
	}
	if len(w.Patch) > 0 && w.Fixed == "" && w.Owner != nil {
		p.line(2, p.Caution(kindName(w.Owner.Group, w.Owner.Kind, w.Owner.Name)+" made this workload and may take the patch back: change it there"))
	}
}

// jsonValue is a value of a report as it is shown.
func jsonValue(raw json.RawMessage) string {
	if raw == nil {
		return value(nil)
	}
	return cut(terminal.Escape(string(raw))) // bytes are not escaped with the rest of a report
}

// levelOf is the level of a level:version.
func levelOf(policy string) string {
	level, _, _ := strings.Cut(policy, ":")
	return level
}
