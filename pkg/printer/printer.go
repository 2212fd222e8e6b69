// Package printer writes reports: as a table with what an admin needs to know beside it, in detail, or in the
// formats that every kubectl user knows. It is the last stage; a printer is a function of a writer and a report and
// has no other effect.
package printer

import (
	"io"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// Func writes a CheckReport.
type Func = func(io.Writer, *report.CheckReport) error

// Check is how to print a CheckReport.
func Check(o Options) Document[*report.CheckReport] {
	return Document[*report.CheckReport]{Table: Table, Names: checked, Options: o}
}

// checked names the namespaces of a report.
func checked(r *report.CheckReport) []string {
	list := make([]string, len(r.Items))
	for i := range r.Items {
		list[i] = "namespace/" + r.Items[i].Namespace
	}
	return list
}

// Options are how Table writes. The zero value is the plain table of a pipe.
type Options struct {
	// Wide adds columns and leaves none out.
	Wide bool
	// NoHeaders writes the rows of the table and nothing else, for scripts.
	NoHeaders bool
	// Details adds every workload in the way, namespace by namespace.
	Details bool
	// Color colours; the zero value does not.
	Color terminal.Palette
	// Width is the number of columns of the terminal. 0 means that there is none: every column is shown and long
	// texts stay on one line.
	Width int
	// Next is the command that shows the details of one namespace, said below a table without them. Empty means
	// `kubectl pss check ns NAME`.
	Next string
}

// Table returns the printer for people. Everything that came from a cluster is escaped, so that no name or message
// can reach the terminal as anything but text.
func Table(o Options) Func {
	if o.Next == "" {
		o.Next = "kubectl pss check ns NAME"
	}
	return func(w io.Writer, r *report.CheckReport) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		if r.Upgrade != nil {
			p.upgrade(r, o)
			return p.flush()
		}
		if o.NoHeaders {
			p.overview(r, o)
			return p.flush()
		}
		p.server(&r.Server)
		p.dryRuns(r.DryRuns)
		var shown legend
		// One namespace in detail has in its heading all that its row would say.
		if !o.Details || o.Wide || len(r.Items) > 1 {
			shown = p.overview(r, o)
		}
		p.legend(r, shown)
		if o.Details {
			for i := range r.Items {
				p.namespace(r, &r.Items[i])
				if err := p.flush(); err != nil {
					return err
				}
			}
		}
		p.summary(r, o)
		return p.flush()
	}
}
