package printer

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Blocked is how to print a BlockedReport.
func Blocked() Document[*report.BlockedReport] {
	return Document[*report.BlockedReport]{Table: BlockedTable, Names: blockedNames}
}

// BlockedTable returns the printer for people: one row a workload and message, or with Wide one an object whose pods
// are refused, then what that adds up to. Ages are counted to the report's own time. Nothing refused and nothing unread
// prints nothing.
func BlockedTable(o Options) func(io.Writer, *report.BlockedReport) error {
	return func(w io.Writer, r *report.BlockedReport) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		items := escaped(r.Items)
		rows := items
		if !o.Wide {
			rows = joined(items)
		}
		short := p.blockedRows(rows, r.Time, o)
		if o.NoHeaders {
			return p.flush()
		}
		p.gaps(escaped(r.Gaps))
		p.section()
		p.blockedEnd(items, short, len(r.Gaps) > 0)
		return p.flush()
	}
}

// joined makes one of what a workload was told several times through several objects: a CronJob of every minute has a
// Job for each.
func joined(items []report.Blocked) []report.Blocked {
	var rows []report.Blocked
	for i := range items {
		b := &items[i]
		same := func(a report.Blocked) bool {
			return a.Namespace == b.Namespace && a.Group == b.Group && a.Kind == b.Kind && a.Name == b.Name && a.Message == b.Message
		}
		at := slices.IndexFunc(rows, same)
		if at < 0 {
			rows = append(rows, *b)
			continue
		}
		row := &rows[at]
		row.Wanted += b.Wanted
		row.Missing += b.Missing
		if b.Since.Before(row.Since) {
			row.Since, row.SinceExact = b.Since, b.SinceExact
		}
		if len(row.Checks) == 0 {
			row.Checks = b.Checks
		}
	}
	return rows
}

// blockedRows writes the table, with as many checks in a row as its width allows, and says whether it left out any.
func (p *page) blockedRows(items []report.Blocked, now time.Time, o Options) (short bool) {
	if len(items) == 0 {
		return false
	}
	width, limit := o.Width, 0
	if o.Wide || o.NoHeaders {
		width = 0
	}
	for i := range items {
		limit = max(limit, len(items[i].Checks))
	}
	for most := limit; ; limit-- {
		g := grid{noHeaders: o.NoHeaders}
		columns := p.blockedColumns(now, o.Wide, limit)
		for i := range columns {
			g.columns = append(g.columns, columns[i].column)
		}
		for i := range items {
			row := make([]cell, len(columns))
			for k := range columns {
				row[k] = columns[k].cell(&items[i])
			}
			g.rows = append(g.rows, row)
		}
		lines, l, err := g.draw(width)
		if limit > 0 && len(l.hidden) > 0 {
			continue
		}
		if err != nil {
			p.err = err
		}
		for _, line := range lines {
			p.put(line)
		}
		if !o.NoHeaders {
			p.blockedLegend(l)
		}
		return limit < most || len(l.hidden) > 0
	}
}

// blockedLegend explains the marks that the table used.
func (p *page) blockedLegend(l legend) {
	p.section()
	if len(l.hidden) > 0 {
		p.line(0, p.Faint(strings.Join(l.hidden, ", ")+" left out to fit this terminal; -o wide shows every column."))
	}
	for _, entry := range []struct {
		of            mark
		text, meaning string
	}{
		{markBound, ">=age       ", "at least: the server forgets events, by default after an hour"},
		{markInvalid, "<unknown>   ", "not what the template gives today; -o wide shows the server's message"},
	} {
		if l.marks[entry.of] {
			p.labelled(0, p.Faint(entry.text), p.Faint(entry.meaning))
		}
	}
}

// blockedEnd adds the table up, with the checks if it had no room for them, and says how to go on.
func (p *page) blockedEnd(items []report.Blocked, short, gaps bool) {
	if len(items) == 0 {
		if gaps {
			p.line(0, p.Caution("Incomplete:")+" nothing that was read is refused, but not everything could be read.")
		}
		return
	}
	missing := 0
	var namespaces, workloads []string // items are sorted, so that the same ones follow each other
	for i := range items {
		b := &items[i]
		missing += b.Missing
		namespaces = append(namespaces, b.Namespace)
		workloads = append(workloads, b.Namespace+" "+kindName(b.Group, b.Kind, b.Name))
	}
	text := fmt.Sprintf("%s %s of %s in %s", p.Bad("Refused:"), count(missing, "pod"),
		count(len(slices.Compact(workloads)), "workload"), count(len(slices.Compact(namespaces)), "namespace"))
	if checks := checksOf(items); short && len(checks) > 0 {
		text += ", by " + list(checks, maxChecks)
	}
	text += "."
	if gaps {
		text += " Not everything could be read."
	}
	p.line(0, text)
	first := &items[0]
	p.line(0, p.Faint("For every check and field: ")+
		fmt.Sprintf("kubectl pss check %s/%s -n %s", shortKind(first.Kind), first.Name, first.Namespace))
}

// checksOf are the checks behind all items, those of most items first.
func checksOf(items []report.Blocked) []string {
	counted := map[string]int{}
	for i := range items {
		for _, id := range items[i].Checks {
			counted[id]++
		}
	}
	return slices.SortedFunc(maps.Keys(counted), func(a, b string) int {
		return cmp.Or(cmp.Compare(counted[b], counted[a]), cmp.Compare(a, b))
	})
}

// shortKind is the kind as people type it.
func shortKind(kind string) string {
	short := map[string]string{
		"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "ReplicaSet": "rs", "ReplicationController": "rc",
	}[kind]
	if short == "" {
		return strings.ToLower(kind)
	}
	return short
}

// blockedNames are the refused workloads, each once.
func blockedNames(r *report.BlockedReport) []string {
	var names []string
	before := ""
	for i := range r.Items {
		b := &r.Items[i]
		name := strings.ToLower(b.Kind)
		if b.Group != "" {
			name += "." + b.Group
		}
		name += "/" + b.Name
		if at := b.Namespace + " " + name; at != before {
			before = at
			names = append(names, name)
		}
	}
	return names
}
