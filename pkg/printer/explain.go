package printer

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Explain is how to print a CheckList: a table, or with Details all that is known of each check.
func Explain(o Options) Document[*report.CheckList] {
	return Document[*report.CheckList]{
		Table: ExplainTable,
		Names: func(l *report.CheckList) []string {
			list := make([]string, len(l.Items))
			for i := range l.Items {
				list[i] = "check/" + l.Items[i].Check
			}
			return list
		},
		Options: o,
	}
}

// ExplainTable returns the printer for people.
func ExplainTable(o Options) func(io.Writer, *report.CheckList) error {
	return func(w io.Writer, l *report.CheckList) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		if !o.Details || o.NoHeaders {
			p.checkTable(l.Items, o)
			if !o.NoHeaders {
				p.section()
				p.line(0, p.Faint("For what somebody gains by it, fields, allowed values and what to write instead: kubectl pss explain CHECK"))
			}
			return p.flush()
		}
		for i := range l.Items {
			p.section()
			p.check(&l.Items[i])
		}
		return p.flush()
	}
}

// checkTable writes the table.
func (p *page) checkTable(checks []report.Check, o Options) {
	g := grid{columns: []column{{title: "CHECK"}, {title: "LEVEL"}, {title: "SINCE", turn: 1}, {title: "FORBIDS"}}, noHeaders: o.NoHeaders}
	width := o.Width
	if o.Wide {
		g.columns = append(g.columns, column{title: "CHANGED"}, column{title: "REASON"})
	}
	if o.Wide || o.NoHeaders {
		width = 0
	}
	for i := range checks {
		c := &checks[i]
		row := []cell{{text: c.Check}, {text: c.Level}, {text: c.Since}, {text: c.Forbids}}
		if o.Wide {
			row = append(row, cell{text: cmp.Or(strings.Join(changedIn(c), ","), none)}, cell{text: c.Reason})
		}
		g.rows = append(g.rows, row)
	}
	lines, l, err := g.draw(width)
	if err != nil {
		p.err = err
	}
	for _, line := range lines {
		p.put(line)
	}
	if len(l.hidden) > 0 && !o.NoHeaders {
		p.section()
		p.line(0, p.Faint(strings.Join(l.hidden, ", ")+" left out to fit this terminal; -o wide shows every column."))
	}
}

// changedIn are the versions that changed a check.
func changedIn(c *report.Check) []string {
	versions := make([]string, len(c.Changes))
	for i := range c.Changes {
		versions[i] = c.Changes[i].Version
	}
	return versions
}

// check writes all that is known of one check.
func (p *page) check(c *report.Check) {
	p.line(0, p.Strong("Check "+c.Check))
	p.told("forbids", c.Forbids)
	p.told("level", level(c))
	p.told("since", c.Since)
	p.told("reason", c.Reason)
	p.told("risk", c.Risk)
	p.told("fields", fieldPaths(c.Fields)...)
	p.told("allowed", allowedValues(c.Allowed)...)
	var changes, exempt []string
	for _, change := range c.Changes {
		changes = append(changes, change.Version+"   "+change.Change)
	}
	for _, e := range c.Exempt {
		exempt = append(exempt, "from "+e.Since+" if "+e.Pods)
	}
	p.told("changes", changes...)
	p.told("exempt", exempt...)
	p.told("servers", c.Servers...)
	p.told("remedy", c.Remedy)
	p.example("denied", c.Denied)
	p.example("passes", c.Passing)
}

// toldColumn is where what is said of a check begins, as in the heading of a namespace.
const toldColumn = 11

// told writes a label and what belongs to it, one below the other; nothing without any.
func (p *page) told(label string, texts ...string) {
	for i, text := range texts {
		if i > 0 {
			label = ""
		}
		p.labelled(2, p.Faint(label)+strings.Repeat(" ", toldColumn-len(label)), text)
	}
}

// example writes YAML as it can be copied.
func (p *page) example(label, yaml string) {
	p.put("  " + p.Faint(label))
	for line := range strings.Lines(yaml) {
		text, comment, found := strings.Cut(strings.TrimRight(line, "\n"), "   #")
		if found {
			text += p.Faint("   #" + comment)
		}
		p.put("    " + text)
	}
}

// level says under which levels a check runs.
func level(c *report.Check) string {
	texts := []string{c.Level}
	for _, r := range c.ReplacedBy {
		texts = append(texts, "in restricted namespaces "+r.Check+" takes its place from "+r.Since)
	}
	for _, r := range c.Replaces {
		texts = append(texts, "takes the place of "+r.Check+" from "+r.Since)
	}
	if c.Level == levelBaseline && len(c.ReplacedBy) == 0 {
		texts[0] += " and " + levelRestricted
	}
	return strings.Join(texts, "; ")
}

// fieldPaths are paths in one line each. What stands in containers of each kind is said once, behind the last of them.
func fieldPaths(paths []string) []string {
	var lines []string
	last := 0
	for _, path := range paths {
		if strings.HasPrefix(path, "spec.initContainers[*].") || strings.HasPrefix(path, "spec.ephemeralContainers[*].") {
			continue
		}
		lines = append(lines, path)
		if strings.HasPrefix(path, "spec.containers[*].") {
			last = len(lines)
		}
	}
	if last > 0 {
		lines = slices.Insert(lines, last, "and the same in initContainers and ephemeralContainers")
	}
	return lines
}

// allowedValues are values in one line for each field and version.
func allowedValues(values []report.AllowedValue) []string {
	var lines []string
	for len(values) > 0 {
		first := values[0]
		same := slices.IndexFunc(values, func(v report.AllowedValue) bool { return v.Field != first.Field || v.Since != first.Since })
		if same < 0 {
			same = len(values)
		}
		texts := make([]string, same)
		for i := range texts {
			texts[i] = values[i].Value
		}
		line := strings.Join(texts, ", ")
		if first.Field != "" {
			line = first.Field + ": " + line
		}
		if first.Since != "" {
			line += " (from " + first.Since + ")"
		}
		lines = append(lines, line)
		values = values[same:]
	}
	return lines
}
