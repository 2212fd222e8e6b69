package printer

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// maxObjects is how many objects a finding names unless all columns are asked for.
const maxObjects = 5

// Config is how to print a ConfigReport.
func Config() Document[*report.ConfigReport] {
	return Document[*report.ConfigReport]{Table: ConfigTable, Names: exemptNames}
}

// exemptNames are what is exempt.
func exemptNames(r *report.ConfigReport) []string {
	types := map[string]string{
		report.SubjectExemptNamespace:    "namespace",
		report.SubjectExemptRuntimeClass: "runtimeclass.node.k8s.io",
		report.SubjectExemptUser:         "user",
	}
	var names []string
	for i := range r.Facts {
		if f := &r.Facts[i]; types[f.Subject] != "" && f.Value == report.ConfigExempt {
			names = append(names, types[f.Subject]+"/"+f.Name)
		}
	}
	return names
}

// ConfigTable returns the printer for people: one row a fact, then what the server did not tell, or what is to be mended
// in a file.
func ConfigTable(o Options) func(io.Writer, *report.ConfigReport) error {
	return func(w io.Writer, r *report.ConfigReport) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		e := escaped(*r)
		if o.NoHeaders {
			p.configFacts(&e, o)
			return p.flush()
		}
		p.configHead(&e)
		p.section()
		p.configFacts(&e, o)
		p.section()
		if e.File == "" {
			p.configUnknown(&e)
		}
		for i := range e.Findings {
			p.section()
			p.configFinding(&e.Findings[i], o)
		}
		p.gaps(e.Gaps)
		p.section()
		if e.File != "" {
			p.configEnd(&e)
		}
		return p.flush()
	}
}

// configHead says what the facts are those of.
func (p *page) configHead(r *report.ConfigReport) {
	if r.Server != nil {
		p.server(r.Server)
	}
	switch {
	case r.File != "" && r.Server == nil:
		p.line(0, p.Strong(fileName(r.File))+", as a server of "+r.Release+" reads it")
	case r.File != "":
		p.line(0, p.Strong(fileName(r.File))+", as "+serverName(r.Server)+" reads it")
	case r.Server != nil:
		p.line(0, p.Strong(serverName(r.Server))+", by "+count(r.Asked, "dry run"))
	}
}

// fileName is how a file is called in a sentence.
func fileName(file string) string {
	if file == "-" {
		return "Standard input"
	}
	return file
}

// serverName is the kubeconfig's name for a server, and its version.
func serverName(s *report.Server) string {
	return strings.TrimSpace(cmp.Or(s.Context, "the server") + " " + s.Version)
}

// configFacts writes the table.
func (p *page) configFacts(r *report.ConfigReport, o Options) {
	words := func(text string) cell {
		if text == "" {
			return cell{text: none, paint: p.Faint}
		}
		return cell{text: text}
	}
	columns := []columnOf[report.ConfigFact]{
		{column{title: "SUBJECT"}, func(f *report.ConfigFact) cell { return cell{text: f.Subject} }},
		{column{title: "NAME"}, func(f *report.ConfigFact) cell { return words(f.Name) }},
		{column{title: "VALUE"}, p.configValue},
	}
	if r.File == "" || o.NoHeaders { // in a file all come from the file
		columns = append(columns, columnOf[report.ConfigFact]{column{title: "SOURCE", turn: 1}, func(f *report.ConfigFact) cell {
			return cell{text: string(f.Source), paint: p.Faint}
		}})
	}
	if r.File == "" && o.Wide || o.NoHeaders {
		columns = append(
			columns,
			columnOf[report.ConfigFact]{column{title: "NEEDS"}, func(f *report.ConfigFact) cell { return words(f.Needs) }},
			columnOf[report.ConfigFact]{column{title: "HOW"}, func(f *report.ConfigFact) cell { return words(f.How) }},
		)
	}
	l := tabulate(p, o, columns, r.Facts, nil)
	if !o.NoHeaders {
		p.explain(l, nil)
	}
}

// configValue is the value of a fact; what opens a door stands out.
func (p *page) configValue(f *report.ConfigFact) cell {
	c := cell{text: f.Value}
	switch f.Value {
	case report.ConfigUnknown:
		c.paint = p.Faint
	case report.ConfigExempt, report.PodSecurityInactive:
		c.paint = p.Caution
	}
	return c
}

// unknownFact is why some facts are not known.
type unknownFact struct {
	how, needs string
	facts      []string
}

// configUnknown says why what is not known is not. The same reason for many is one line.
func (p *page) configUnknown(r *report.ConfigReport) {
	var list []unknownFact
	for i := range r.Facts {
		f := &r.Facts[i]
		if f.Value != report.ConfigUnknown {
			continue
		}
		at := slices.IndexFunc(list, func(u unknownFact) bool { return u.how == f.How && u.needs == f.Needs })
		if at < 0 {
			at = len(list)
			list = append(list, unknownFact{how: f.How, needs: f.Needs})
		}
		list[at].facts = append(list[at].facts, strings.TrimSpace(f.Subject+" "+f.Name))
	}
	for i := range list {
		p.line(0, p.Caution("Not known:")+" "+list[i].String())
	}
}

// String is the reason in words.
func (u *unknownFact) String() string {
	text := list(u.facts, maxObjects)
	if u.how != "" {
		text += ": " + u.how
	}
	if u.needs != "" {
		text += fmt.Sprintf(" (needs %s)", u.needs)
	}
	return text
}
