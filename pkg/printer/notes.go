package printer

import (
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// server says first what would make everything below it moot or uncertain.
func (p *page) server(s *report.Server) {
	server := escaped(*s)
	reason := ""
	if server.PodSecurity.Reason != "" {
		reason = ": " + server.PodSecurity.Reason
	}
	switch server.PodSecurity.Value {
	case report.PodSecurityInactive:
		p.line(0, p.Bad("Pod Security is not active on this server")+reason+". What follows is what it would do if it were.")
	case report.PodSecurityUnknown:
		p.line(0, p.Caution("Whether Pod Security is active on this server is not known")+reason+".")
	}
	if !server.Exact {
		text := p.Caution("These predictions may differ from what this server says")
		if len(server.Inexact) > 0 {
			text += ": " + strings.Join(server.Inexact, "; ")
		}
		p.line(0, text+".")
	}
}

// mark is something in a cell that wants an explanation.
type mark int

const (
	unmarked mark = iota
	markCount
	markDefault
	markImplied
	markInvalid
	markUnread
	markBound
	markUnpinned
	markAtLeast
	markInexact
	markManages
	markBeyond
)

// legend is what a table showed that wants an explanation: only the marks that it used, and the columns that it
// had no room for.
type legend struct {
	marks  map[mark]bool
	hidden []string
}

// legend explains the marks, and names the namespaces that the table shows but that stand apart.
func (p *page) legend(r *report.CheckReport, l legend) {
	p.explain(l, l.entries(r))
	p.section()
	p.apart(r)
}

// explain writes which columns a table had no room for and what its marks mean. Entries without a mark are skipped.
func (p *page) explain(l legend, entries [][2]string) {
	p.section()
	if len(l.hidden) > 0 {
		p.line(0, p.Faint(strings.Join(l.hidden, ", ")+" left out to fit this terminal; -o wide shows every column."))
	}
	widest := 0
	for _, e := range entries {
		widest = max(widest, len(e[0]))
	}
	for _, e := range entries {
		if e[0] != "" {
			p.labelled(0, p.Faint(e[0]+strings.Repeat(" ", widest-len(e[0])+3)), p.Faint(e[1]))
		}
	}
}

// entry is an entry of a legend if its mark was used, and an empty one if not.
func (l legend) entry(used mark, text, meaning string) [2]string {
	if !l.marks[used] {
		return [2]string{}
	}
	return [2]string{text, meaning}
}

// entries are the marks that a check shows, with their meaning.
func (l legend) entries(r *report.CheckReport) [][2]string {
	var entries [][2]string
	add := func(used bool, mark, meaning string) {
		if used {
			entries = append(entries, [2]string{mark, meaning})
		}
	}
	byDefault := "no label: the server's default"
	if r.Defaults.Source == report.SourceAssumed {
		byDefault += " (assumed)"
	}
	if len(r.Defaults.Assumed) > 0 {
		byDefault += " (assumed for " + strings.Join(r.Defaults.Assumed, ", ") + ")"
	}
	add(l.marks[markCount], "BASELINE, RESTRICTED", "workloads in the way of that level")
	switch {
	case l.marks[markDefault] && l.marks[markImplied]:
		add(true, "(level)", byDefault+" or, for warn, implied by enforce")
	case l.marks[markImplied]:
		add(true, "(level)", "no label: implied by enforce")
	default:
		add(l.marks[markDefault], "(level)", byDefault)
	}
	add(l.marks[markInvalid], "level!", "an invalid label: what the server makes of it")
	add(l.marks[markUnread], "level?", "the labels could not be read: as if there were none")
	add(l.marks[markBeyond], "BEYOND", "workloads that break a control which the Standards lack")
	add(l.marks[markBound], "<=level", "at most: something could not be read")
	return entries
}

// apart names the namespaces whose rows do not mean what the others' do.
func (p *page) apart(r *report.CheckReport) {
	var uncounted, exempt []string
	for i := range r.Items {
		item := &r.Items[i]
		if !item.Counted {
			uncounted = append(uncounted, escaped(item.Namespace))
		}
		if item.Exempt.By == report.ExemptNamespace {
			exempt = append(exempt, escaped(item.Namespace))
		}
	}
	if len(uncounted) > 0 {
		p.linef(0, "Shown but not counted, as system namespaces are unless named: %s.", list(uncounted, 6))
	}
	if len(exempt) > 0 {
		p.linef(0, "Exempt from Pod Security, whatever their labels say: %s.", list(exempt, 6))
	}
	p.labelErrors(r)
}

// labelErrors gives upstream's text for labels that it cannot parse.
func (p *page) labelErrors(r *report.CheckReport) {
	const limit = 5
	shown, more := 0, 0
	for i := range r.Items {
		for _, text := range r.Items[i].LabelErrors {
			if shown == limit {
				more++
				continue
			}
			shown++
			p.linef(0, "Invalid label on namespace %q: %s", escaped(r.Items[i].Namespace), escaped(text))
		}
	}
	if more > 0 {
		p.linef(0, "... and %d more.", more)
	}
}
