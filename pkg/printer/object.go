package printer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// object writes the report as one object, the way kubectl writes a list: {.items[*].strictest.level} works.
func object(p printers.ResourcePrinter) Func {
	return func(w io.Writer, r *report.CheckReport) error {
		err := p.PrintObj(r, w)
		if err == nil {
			return nil
		}
		// kubectl's template printers go on to quote the whole object, which here may be megabytes of a cluster's text.
		if text, _, long := strings.Cut(err.Error(), " Printing more information for debugging the template"); long {
			return errors.New(terminal.Escape(text))
		}
		return err
	}
}

// yaml is object for the two YAML printers. They refuse a text with control characters, of which one pod in the
// cluster may be the author: then all such text is written in the visible escapes of a table. again is a second
// printer of the same kind, because kubectl's begins what it prints second with a separator.
func yaml(p, again printers.ResourcePrinter) Func {
	return func(w io.Writer, r *report.CheckReport) error {
		var b bytes.Buffer
		if err := object(p)(&b, r); err != nil {
			b.Reset()
			harmless := escaped(*r)
			if err := object(again)(&b, &harmless); err != nil {
				return err
			}
		}
		_, err := w.Write(b.Bytes())
		return err
	}
}

// names writes the items as kubectl writes names. kubectl's own name printer takes no lists.
func names(w io.Writer, r *report.CheckReport) error {
	for i := range r.Items {
		if _, err := fmt.Fprintf(w, "namespace/%s\n", r.Items[i].Namespace); err != nil {
			return err
		}
	}
	return nil
}
