package printer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const (
	formatName = "name"
	formatWide = "wide"
)

// Flags directly reflect what the command line says about the output. They compose kubectl's own print flags, so
// that every format means here what it means there.
type Flags struct {
	// Output is -o: a format, with its template behind a = where it has one.
	Output string
	// NoHeaders is --no-headers.
	NoHeaders bool

	data     *genericclioptions.JSONYamlPrintFlags
	template *genericclioptions.KubeTemplatePrintFlags
}

// NewFlags returns the flags for a table.
func NewFlags() *Flags {
	return &Flags{
		data:     genericclioptions.NewJSONYamlPrintFlags(),
		template: genericclioptions.NewKubeTemplatePrintFlags(),
	}
}

// AllowedFormats are the values of -o.
func (f *Flags) AllowedFormats() []string {
	formats := f.data.AllowedFormats()
	formats = append(formats, formatName)
	formats = append(formats, f.template.AllowedFormats()...)
	return append(formats, formatWide)
}

// AddFlags binds -o, --no-headers and those that templates need.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.template.AddFlags(cmd)
	cmd.Flags().StringVarP(&f.Output, "output", "o", f.Output, fmt.Sprintf(`Output format. One of: (%s). `+
		`See golang template [http://golang.org/pkg/text/template/#pkg-overview] and `+
		`jsonpath template [https://kubernetes.io/docs/reference/kubectl/jsonpath/].`, strings.Join(f.AllowedFormats(), ", ")))
	cmd.Flags().BoolVar(&f.NoHeaders, "no-headers", f.NoHeaders,
		"When using the default or wide output format, print the rows of the table only.")
	// An error means that the flag is not there, or has completions already: neither can be.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
}

// ToPrinter returns the printer that the flags ask for, and kubectl's own error for a format that is none. o is how
// a table is to be: its Wide, NoHeaders, Color and Width are filled in from the flags and the stream.
func (f *Flags) ToPrinter(s terminal.Streams, o Options) (Func, error) {
	format := f.Output
	if format == "" && *f.template.TemplateArgument != "" {
		format = "go-template" // as kubectl has it: --template alone is enough
	}
	switch strings.ToLower(format) {
	case "", formatWide:
		o.Wide = strings.EqualFold(format, formatWide)
		o.NoHeaders, o.Color = f.NoHeaders, s.OutPalette()
		if s.OutTerminal {
			o.Width = s.OutWidth()
		}
		return Table(o), nil
	case formatName:
		return onStream(s, names), nil
	}
	write, err := f.object(format)
	if err != nil {
		return nil, err
	}
	return onStream(s, write), nil
}

// object finds the format among those of kubectl.
func (f *Flags) object(format string) (Func, error) {
	p, err := f.data.ToPrinter(format)
	if err == nil {
		if strings.EqualFold(format, "json") {
			return object(p), nil
		}
		again, err := f.data.ToPrinter(format)
		return yaml(p, again), err
	}
	if p, err = f.template.ToPrinter(format); genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, genericclioptions.NoCompatiblePrinterError{OutputFormat: &format, AllowedFormats: f.AllowedFormats()}
	}
	return object(p), err
}

// onStream lets a format for programs through as it is, but not to a terminal: there a name or message from the
// cluster must not be more than text.
func onStream(s terminal.Streams, write Func) Func {
	if !s.OutTerminal {
		return write
	}
	return func(w io.Writer, r *report.CheckReport) error {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			return err
		}
		_, err := io.WriteString(w, terminal.EscapeLines(b.String()))
		return err
	}
}
