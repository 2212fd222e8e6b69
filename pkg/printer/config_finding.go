package printer

import (
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// configFinding writes one thing to be mended.
func (p *page) configFinding(f *report.ConfigFinding, o Options) {
	paint := p.Caution
	if f.Grave {
		paint = p.Bad
	}
	head := paint(f.Reason) + "  " + f.Field
	if f.Value != "" {
		head += ": " + p.Strong(f.Value)
	}
	p.put(head) // whole, so that it can be copied
	p.line(2, f.Message)
	if len(f.Objects) > 0 {
		most := maxObjects
		if o.Wide {
			most = len(f.Objects)
		}
		for _, object := range f.Objects[:min(len(f.Objects), most)] {
			p.put("    " + object)
		}
		if more := len(f.Objects) - most; more > 0 {
			p.line(4, p.Faint(fmt.Sprintf("and %d more; -o wide shows them all", more)))
		}
	}
	if f.Remedy != "" {
		p.labelled(2, p.Faint("Remedy: "), f.Remedy)
	}
	if f.Command != "" {
		p.put("  " + p.Faint("Why: ") + f.Command) // whole, too
	}
}

// configEnd adds it up, and says what was not looked at.
func (p *page) configEnd(r *report.ConfigReport) {
	switch found := p.configSum(r.Findings); {
	case len(r.Gaps) > 0:
		p.line(0, p.Caution("Incomplete:")+" not everything could be read. In what was: "+found+".")
	case len(r.Findings) == 0:
		p.line(0, p.Good("Nothing to mend")+".")
	default:
		p.line(0, found+".")
	}
	if r.Server == nil {
		p.line(0, p.Faint("No server was asked: --live looks whether what is exempt exists, and what the defaults would refuse."))
	}
}

// configSum counts findings in words.
func (p *page) configSum(findings []report.ConfigFinding) string {
	grave := 0
	for i := range findings {
		if findings[i].Grave {
			grave++
		}
	}
	text := p.Strong(count(len(findings), "finding"))
	switch n := len(findings); {
	case n == 0:
		return "nothing to mend"
	case grave == 0:
		return text + ", not grave"
	case grave == n:
		return text + ", grave"
	default:
		return text + fmt.Sprintf(", %d of them grave", grave)
	}
}
