package printer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// maxFields is how many fields of one check are listed: with more, its detail names the containers still.
const maxFields = 8

// violations lists the checks that fail, question by question. A check or a field that has been listed for a weaker
// level is not repeated.
func (p *page) violations(e *report.Evidence, asked []question) {
	shown, fields := map[string]bool{}, map[string]bool{}
	for _, q := range asked {
		var fresh []*report.Violation
		for i := range e.Violations {
			v := &e.Violations[i]
			if key := v.Check + "\x00" + v.Detail; q.answers(v) && !shown[key] {
				shown[key] = true
				fresh = append(fresh, v)
			}
		}
		if len(fresh) == 0 {
			continue
		}
		p.line(4, p.Faint(q.title))
		widest := 0
		for _, v := range fresh {
			widest = max(widest, len(v.Check))
		}
		for _, v := range fresh {
			p.violation(v, widest, fields)
		}
	}
}

// located is a field as it is written, with what it exposes.
type located struct{ text, exposes string }

// violation writes a check with the server's words, and below it the fields concerned that have not been shown.
func (p *page) violation(v *report.Violation, widest int, shown map[string]bool) {
	detail := v.Detail
	if detail == "" {
		detail = v.Reason
	}
	p.labelled(6, v.Check+strings.Repeat(" ", widest-len(v.Check)+3), detail)
	var fresh []located
	named := namesContainers(v)
	for i := range v.Fields {
		f := &v.Fields[i]
		text := f.Path + " = " + value(f.Value)
		if named {
			text = f.Container + ": " + text
		}
		if !shown[text] {
			shown[text] = true
			fresh = append(fresh, located{text, f.Exposes})
		}
	}
	for _, f := range fresh[:min(len(fresh), maxFields)] {
		p.line(8, p.Faint(f.text))
		if f.exposes != "" {
			p.labelled(10, p.Faint("exposes "), p.Faint(f.exposes))
		}
	}
	if more := len(fresh) - maxFields; more > 0 {
		p.line(8, p.Faint(fmt.Sprintf("and %d more", more)))
	}
}

// namesContainers says whether the fields of a check need the names of their containers beside them: one alone is
// named by the check's detail already.
func namesContainers(v *report.Violation) bool {
	for i := range v.Fields {
		f := &v.Fields[i]
		if f.Container != "" && (f.Container != v.Fields[0].Container || !strings.Contains(v.Detail, strconv.Quote(f.Container))) {
			return true
		}
	}
	return false
}
