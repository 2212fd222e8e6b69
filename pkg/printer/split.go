package printer

import (
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	maxSplits = 5
	// maxApart is how many workloads are named of those to take out.
	maxApart = 3
)

// splits names the namespaces where taking out a few workloads gains most.
func (p *page) splits(r *report.CheckReport, sum *report.Summary) {
	if len(sum.Splits) == 0 || len(r.Items) == 1 { // the one namespace's own has its line
		return
	}
	p.section()
	p.line(0, p.Strong("Moving or excepting a few workloads frees most"))
	shown := 0
	for i := range sum.Splits {
		if shown == maxSplits {
			p.linef(2, "and in %s more", count(len(sum.Splits)-shown, "namespace"))
			break
		}
		if split := splitOf(r, sum.Splits[i].Namespace); split != nil {
			p.line(2, sum.Splits[i].Namespace+": "+splitText(split))
			shown++
		}
	}
}

// splitOf is an escaped copy of a namespace's split.
func splitOf(r *report.CheckReport, namespace string) *report.Split {
	for i := range r.Items {
		if r.Items[i].Namespace == namespace {
			return escaped(r.Items[i].Split)
		}
	}
	return nil
}

// splitText is the advice in a sentence.
func splitText(s *report.Split) string {
	var names []string
	for i := range s.Workloads {
		w := &s.Workloads[i]
		names = append(names, kindName(w.Group, w.Kind, w.Name))
	}
	return fmt.Sprintf("take out %d of %s (%s) and the rest reach %s",
		len(s.Workloads), count(len(s.Workloads)+s.Others, "workload"), list(names, maxApart), s.Level)
}

// split says how to go about it.
func (p *page) split(s *report.Split) {
	if s == nil {
		return
	}
	p.fact("split", splitText(s))
	it := "it"
	if len(s.Workloads) > 1 {
		it = "them"
	}
	p.line(4, "Move "+it+" to a namespace apart, and then:")
	p.put("      " + s.Label)
	if s.Exception == "" {
		p.line(4, "No exception can be made: a policy cannot tell all of them by their names.")
		return
	}
	p.line(4, "Or except "+it+" here, and hold the rest to the level by policies:")
	p.put("      " + s.Exception)
	if n := len(s.SharedWith); n > 0 {
		var names []string
		for i := range s.SharedWith {
			o := &s.SharedWith[i]
			names = append(names, kindName(o.Group, o.Kind, o.Name))
		}
		p.linef(4, "%s with the same service account (%s): labels must tell "+it+" apart, or another account.",
			count(n, "other"), list(names, maxApart))
	}
}
