package printer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// namespace writes one namespace in detail: its policy, what the server says to the label change, and every
// workload in the way.
func (p *page) namespace(r *report.CheckReport, item *report.Namespace) {
	n := escaped(*item)
	asked := questions(r, &n)
	p.section()
	p.line(0, p.Strong("Namespace "+n.Namespace))
	p.policy(r, &n)
	p.facts(r, &n)
	p.labelChange(n.LabelChange)
	var over []string
	for i := range n.Workloads {
		w := &n.Workloads[i]
		switch {
		case !violates(w, asked):
		case w.State == report.StateFinished || w.State == report.StateTerminating:
			over = append(over, kindName(w.Group, w.Kind, w.Name))
		default:
			p.workload(&n, w, asked)
		}
	}
	p.beyondIn(&n)
	if len(over) > 0 {
		p.section()
		p.linef(0, "Finished or being deleted, and in nobody's way: %s.", list(over, 5))
	}
}

// fact writes one line of a heading.
func (p *page) fact(name, text string) {
	const widest = len("label change")
	p.labelled(2, p.Faint(name)+strings.Repeat(" ", widest-len(name)+3), text)
}

// policy writes what each mode is, and would be.
func (p *page) policy(r *report.CheckReport, n *report.Namespace) {
	for _, m := range modes() {
		now := m.of(&n.Current)
		text := fmt.Sprintf("%s (%s)", now.String(), origin(r.Defaults, m.name, now))
		if n.Candidate != nil {
			if next := m.of(n.Candidate); changes(now, next) {
				now, text = next, text+" -> "+next.String()
				if next.Source != report.SourceLabel {
					text += " (" + origin(r.Defaults, m.name, next) + ")"
				}
			}
		}
		if now.Version != latest && now.EvaluatedAs != "" && now.EvaluatedAs != now.Version {
			text += ", evaluated as " + now.EvaluatedAs
		}
		p.fact(m.name, text)
	}
}

// origin says in words where a mode's level comes from.
func origin(d report.Defaults, name string, m *report.Mode) string {
	switch m.Source {
	case report.SourceDefault:
		if d.Source == report.SourceAssumed || slices.Contains(d.Assumed, name) {
			return "default, assumed"
		}
		return "default"
	case report.SourceImplied:
		return "implied by enforce"
	case report.SourceInvalid:
		return "invalid label"
	case report.SourceAssumed:
		return "assumed, the labels could not be read"
	default:
		return string(m.Source)
	}
}

func (p *page) facts(r *report.CheckReport, n *report.Namespace) {
	for _, text := range n.LabelErrors {
		p.fact("label error", p.Bad(text))
	}
	if n.Exempt.By != report.ExemptNone && n.Exempt.By != "" {
		p.fact("exempt", fmt.Sprintf("%s (%s): Pod Security skips this namespace", p.Caution("yes"), n.Exempt.Source))
	}
	if r.Object == nil { // of one object nothing follows for the namespace
		p.standing(n)
	}
	verdict := p.verdictPaint(n.Verdict)(string(n.Verdict))
	if !n.Counted {
		verdict += ", not counted: a system namespace that was not named"
	}
	p.fact("verdict", verdict)
}

// standing is how many pods the namespace has, and how far it could go as it is.
func (p *page) standing(n *report.Namespace) {
	pods := strconv.Itoa(n.Pods.Total)
	if n.Pods.Finished > 0 {
		pods += fmt.Sprintf(", %d of them finished", n.Pods.Finished)
	}
	p.fact("pods", pods)
	strictest := n.Strictest.Level
	if !n.Strictest.Complete {
		strictest = "at most " + strictest
	}
	switch in, all := n.Strictest.Blocking, count(len(n.Workloads), "workload"); {
	case in.Baseline > 0:
		strictest += fmt.Sprintf("; %d of %s in the way of baseline, %d of restricted", in.Baseline, all, in.Restricted)
	case in.Restricted > 0:
		strictest += fmt.Sprintf("; %d of %s in the way of restricted", in.Restricted, all)
	}
	p.fact("strictest", strictest)
	p.split(n.Split)
}

// labelChange writes the server's answer to the change of the labels itself.
func (p *page) labelChange(c *report.LabelChange) {
	if c == nil {
		return
	}
	p.fact("label change", p.verdictOn(c.Allowed, c.Message, c.Warnings))
	p.warnings(c.Warnings)
	if !c.Exact {
		p.line(4, p.Faint("The server looks at some of the pods only, or some could not be read: its warnings may differ."))
	}
}

// verdictOn is what the server says to a change of labels.
func (p *page) verdictOn(allowed bool, message string, warnings []string) string {
	switch {
	case !allowed:
		return p.Bad("rejected") + ": " + message
	case len(warnings) == 0:
		return "allowed, without a warning"
	default:
		return "allowed, with " + count(len(warnings), "warning")
	}
}

func (p *page) warnings(list []string) {
	for _, warning := range list {
		p.labelled(4, p.Caution("Warning:")+" ", warning)
	}
}
