package printer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// whole writes the document as one object, the way kubectl writes a list: {.items[*].strictest.level} works.
func whole[T runtime.Object](p printers.ResourcePrinter) func(io.Writer, T) error {
	return func(w io.Writer, document T) error {
		err := p.PrintObj(document, w)
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

// yaml is whole for the two YAML printers. They refuse a text with control characters, of which one pod in the
// cluster may be the author: then all such text is written in the visible escapes of a table. again is a second
// printer of the same kind, because kubectl's begins what it prints second with a separator.
func yaml[T runtime.Object](p, again printers.ResourcePrinter) func(io.Writer, T) error {
	return func(w io.Writer, document T) error {
		raw, err := json.Marshal(document)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if oddBreaks(raw) || whole[T](p)(&text, document) != nil || oddBreaks(text.Bytes()) {
			return whole[T](again)(w, escaped(document))
		}
		_, err = text.WriteTo(w)
		return err
	}
}

// oddBreaks looks for the line breaks that only YAML knows. In JSON its library takes them for white space, and in YAML it
// writes them as its own, so that a text may end up as another one or as another document.
func oddBreaks(text []byte) bool {
	return slices.ContainsFunc([]string{"\u0085", "\u2028", "\u2029"}, func(odd string) bool {
		return bytes.Contains(text, []byte(odd))
	})
}

// names writes the items as kubectl writes names. kubectl's own name printer takes no lists.
func names[T any](of func(T) []string) func(io.Writer, T) error {
	return func(w io.Writer, document T) error {
		for _, name := range of(document) {
			if _, err := fmt.Fprintln(w, name); err != nil {
				return err
			}
		}
		return nil
	}
}
