package printer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"

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

	extra    []string
	data     *genericclioptions.JSONYamlPrintFlags
	template *genericclioptions.KubeTemplatePrintFlags
}

// NewFlags returns the flags for a table. extra are formats that only this command has; its Document has their
// printers.
func NewFlags(extra ...string) *Flags {
	return &Flags{
		extra:    extra,
		data:     genericclioptions.NewJSONYamlPrintFlags(),
		template: genericclioptions.NewKubeTemplatePrintFlags(),
	}
}

// AllowedFormats are the values of -o.
func (f *Flags) AllowedFormats() []string {
	formats := f.data.AllowedFormats()
	formats = append(formats, formatName)
	formats = append(formats, f.template.AllowedFormats()...)
	formats = append(formats, formatColumns, formatColumnsFile, formatWide)
	return append(formats, f.extra...)
}

// AddFlags binds -o, --no-headers and those that templates need.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.template.AddFlags(cmd)
	cmd.Flags().StringVarP(&f.Output, "output", "o", f.Output, fmt.Sprintf(`Output format. One of: (%s). `+
		`Templates and columns are those of kubectl [https://kubernetes.io/docs/reference/kubectl/].`, strings.Join(f.AllowedFormats(), ", ")))
	cmd.Flags().BoolVar(&f.NoHeaders, "no-headers", f.NoHeaders,
		"When using the default, wide or custom-columns output format, print the rows of the table only.")
	// An error means that the flag is not there, or has completions already: neither can be.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(f.AllowedFormats(), cobra.ShellCompDirectiveNoFileComp))
}

// Document is a kind of document, and how to print what kubectl's own formats do not know of it.
type Document[T runtime.Object] struct {
	// Table returns the printer for people.
	Table func(Options) func(io.Writer, T) error
	// Names are the items as TYPE/NAME, for -o name.
	Names func(T) []string
	// Extra are the formats that NewFlags was told of, by their names in lower case.
	Extra map[string]func(io.Writer, T) error
	// Options are how a table is to be: Wide, NoHeaders, Color and Width are filled in from the flags and the stream.
	Options Options
}

// ToPrinter returns the printer that the flags ask for, and kubectl's own error for a format that is none.
func ToPrinter[T runtime.Object](f *Flags, s terminal.Streams, d Document[T]) (func(io.Writer, T) error, error) {
	format := f.Output
	if format == "" && *f.template.TemplateArgument != "" {
		format = "go-template" // as kubectl has it: --template alone is enough
	}
	switch lower := strings.ToLower(format); lower {
	case "", formatWide:
		o := d.Options
		o.Wide = lower == formatWide
		o.NoHeaders, o.Color = f.NoHeaders, s.OutPalette()
		if s.OutTerminal {
			o.Width = s.OutWidth()
		}
		return d.Table(o), nil
	case formatName:
		return onStream(s, names(d.Names)), nil
	default:
		if write := d.Extra[lower]; write != nil {
			return onStream(s, write), nil
		}
	}
	columns, err := f.userColumns(format)
	if err != nil {
		return nil, err
	}
	if columns != nil {
		return onStream(s, inColumns[T](columns, f.NoHeaders)), nil
	}
	write, err := object[T](f, format)
	if err != nil {
		return nil, err
	}
	return onStream(s, write), nil
}

// object finds the format among those of kubectl.
func object[T runtime.Object](f *Flags, format string) (func(io.Writer, T) error, error) {
	p, err := f.data.ToPrinter(format)
	if err == nil {
		again, err := f.data.ToPrinter(format)
		switch strings.ToLower(format) {
		case FormatJSON:
			return itemwise(jsonItems(), whole[T](p)), err
		case FormatYAML:
			return itemwise(yamlItems(), yaml[T](p, again)), err
		default:
			return yaml[T](p, again), err
		}
	}
	if p, err = f.template.ToPrinter(format); genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, genericclioptions.NoCompatiblePrinterError{OutputFormat: &format, AllowedFormats: f.AllowedFormats()}
	}
	return whole[T](p), err
}

// onStream lets a format for programs through as it is, but not to a terminal: there a name or message from the
// cluster must not be more than text.
func onStream[T any](s terminal.Streams, write func(io.Writer, T) error) func(io.Writer, T) error {
	if !s.OutTerminal {
		return write
	}
	return func(w io.Writer, document T) error {
		var b bytes.Buffer
		if err := write(&b, document); err != nil {
			return err
		}
		_, err := io.WriteString(w, terminal.EscapeLines(b.String()))
		return err
	}
}
