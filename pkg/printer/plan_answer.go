package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// serverFact writes the answer to the change of the labels itself: as foreseen, and beside that the server's own
// where a dry run has asked for it.
func (p *page) serverFact(n *report.Planned) {
	a := n.Answer
	switch {
	case a == nil:
		p.labelChange(n.LabelChange)
	case !a.Differs:
		p.fact("dry run", p.Good("the server agrees")+": "+p.verdictOn(a.Allowed, a.Message, a.Warnings))
		p.warnings(a.Warnings)
	case a.Exact:
		p.fact("dry run", p.Bad("the server's answer is not the one foreseen"))
		p.sideBySide(n.LabelChange, a)
	default:
		p.fact("dry run", p.Caution("the server's answer is not quite the one foreseen")+
			", as was to be expected: it looks at some of the pods only, or some could not be read")
		p.sideBySide(n.LabelChange, a)
	}
}

// sideBySide writes both answers, with a mark at each line that only one of them has.
func (p *page) sideBySide(c *report.LabelChange, a *report.Answer) {
	if c != nil && (c.Allowed != a.Allowed || c.Message != a.Message) {
		p.onlyForeseen(p.verdictOn(c.Allowed, c.Message, a.Expected))
		p.onlyServer(p.verdictOn(a.Allowed, a.Message, a.Warnings))
	}
	expected, marked := slices.Clone(a.Expected), false
	for _, said := range a.Warnings {
		i := slices.Index(expected, said)
		if i < 0 {
			marked = true
			p.onlyServer(said)
			continue
		}
		p.both(said)
		expected = slices.Delete(expected, i, i+1)
	}
	for _, foreseen := range expected {
		marked = true
		p.onlyForeseen(foreseen)
	}
	if !marked && len(a.Warnings) > 1 && !slices.Equal(a.Warnings, a.Expected) {
		p.line(4, "The same lines, in another order: this is the server's.")
	}
}

func (p *page) both(text string) { p.labelled(4, "  both       ", text) }

func (p *page) onlyServer(text string) {
	p.labelled(4, p.Good("+ server")+strings.Repeat(" ", 3), text)
}

func (p *page) onlyForeseen(text string) { p.labelled(4, p.Bad("- foreseen")+" ", text) }
