package printer

import (
	"io"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Runs is how to print a RunList. now is what ages are counted from.
func Runs(o Options, now time.Time) Document[*report.RunList] {
	return Document[*report.RunList]{
		Table: func(o Options) func(io.Writer, *report.RunList) error { return RunsTable(o, now) },
		Names: func(l *report.RunList) []string {
			var list []string
			for i := range l.Items {
				list = append(list, "run/"+l.Items[i].Run)
			}
			return list
		},
		Options: o,
	}
}

// RunsTable returns the printer of `rollback --list` for people, one run a row.
func RunsTable(o Options, now time.Time) func(io.Writer, *report.RunList) error {
	return func(w io.Writer, l *report.RunList) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		g := grid{noHeaders: o.NoHeaders, columns: []column{
			{"RUN", 0}, {"AGE", 0}, {"STATE", 0}, {"NAMESPACES", 0}, {"WHAT", 1}, {"CONTEXT", 2}, {"ROLLED-BACK-BY", 0},
		}}
		runs := escaped(l.Items)
		for i := range runs {
			g.rows = append(g.rows, p.run(&runs[i], now))
		}
		width := o.Width
		if o.Wide || o.NoHeaders {
			width = 0
		}
		lines, shown, err := g.draw(width)
		if err != nil {
			p.err = err
		}
		for _, line := range lines {
			p.put(line)
		}
		if o.NoHeaders {
			return p.flush()
		}
		p.explain(shown, nil)
		p.section()
		for i := range runs {
			if runs[i].Problem != "" {
				p.linef(0, "%s %s: %s", p.Bad("Damaged:"), runs[i].Run, runs[i].Problem)
			}
		}
		return p.flush()
	}
}

// run is the row of a run. Of a damaged one little is known.
func (p *page) run(r *report.Run, now time.Time) []cell {
	age := cell{text: "<unknown>", paint: p.Faint}
	if !r.Started.IsZero() {
		age = cell{text: duration.HumanDuration(now.Sub(r.Started))}
	}
	state := cell{text: string(r.State)}
	switch r.State {
	case report.RunInterrupted, report.RunPartly, report.RunActive:
		state.paint = p.Caution
	case report.RunDamaged:
		state.paint = p.Bad
	case report.RunDone:
	}
	namespaces, what := cell{text: "<unknown>", paint: p.Faint}, cell{text: "<unknown>", paint: p.Faint}
	if r.State != report.RunDamaged {
		finished := r.Outcomes[report.EndingWritten] + r.Outcomes[report.EndingAlready]
		namespaces = cell{text: strconv.Itoa(finished) + "/" + strconv.Itoa(r.Namespaces)}
		what = cell{text: askedShort(r.Asked)}
	}
	where, by := cell{text: none, paint: p.Faint}, cell{text: none, paint: p.Faint}
	if r.Context != "" {
		where = cell{text: r.Context}
	}
	if len(r.UndoneBy) > 0 {
		by = cell{text: strings.Join(r.UndoneBy, ",")}
	}
	return []cell{{text: r.Run}, age, state, namespaces, what, where, by}
}

// askedShort is asked in the words of the command line.
func askedShort(a report.Asked) string {
	if a.Undo != "" {
		return "rollback of " + a.Undo
	}
	recommended := a.Recommend
	a.Recommend = false
	switch {
	case recommended && a.Pin != "":
		return "recommend, pin " + a.Pin
	case recommended:
		return "recommend"
	default:
		return asked(a)
	}
}
