package printer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// command parses arguments as a command would.
func command(t *testing.T, args ...string) *Flags {
	t.Helper()
	f := NewFlags()
	cmd := &cobra.Command{Use: "check"}
	f.AddFlags(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFlagsRefuse(t *testing.T) {
	for arg, want := range map[string]string{
		"-o=wide-ish": `unable to match a printer suitable for the output format "wide-ish", allowed formats are: ` +
			"custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml",
		"-o=custom-columns":              "custom-columns format specified but no custom columns given",
		"-o=custom-columns=":             "custom-columns format specified but no custom columns given",
		"-o=custom-columns=A":            "unexpected custom-columns spec: A, expected <header>:<json-path-expr>",
		"-o=custom-columns=A:":           "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
		"-o=custom-columns=A:{.a":        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
		"-o=custom-columns=A:.a[":        "unterminated array",
		"-o=custom-columns-file=nowhere": "error reading template nowhere, open nowhere: no such file or directory",
		"-o=jsonpath":                    "template format specified but no template given",
		"-o=jsonpath={.items[":           "error parsing jsonpath {.items[, unterminated array",
		"-o=go-template={{":              "error parsing template {{, template: output:1: unclosed action",
	} {
		s, _, _, _ := terminal.NewTest()
		write, err := ToPrinter(command(t, arg), s, Check(Options{}))
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", arg, err, want)
		}
		if write != nil && err == nil {
			t.Errorf("%s: a printer beside the error", arg)
		}
	}
}

func TestFlagsChooseTheTable(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	s.Columns = 80
	onTerminal := s
	onTerminal.OutTerminal = true
	for name, tt := range map[string]struct {
		streams terminal.Streams
		args    []string
		want    Options
	}{
		"in a pipe":     {s, nil, Options{}},
		"on a terminal": {onTerminal, nil, Options{Width: 80, Color: terminal.NewPalette(true)}},
		"wide":          {s, []string{"-o", "wide"}, Options{Wide: true}},
		"WIDE":          {s, []string{"-o", "WIDE"}, Options{Wide: true}},
		"no headers":    {s, []string{"--no-headers", "-owide"}, Options{Wide: true, NoHeaders: true}},
	} {
		t.Run(name, func(t *testing.T) {
			write, err := ToPrinter(command(t, tt.args...), tt.streams, Check(Options{}))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := render(t, write, company().CheckReport), render(t, Table(tt.want), company().CheckReport); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestTemplateAloneIsEnough(t *testing.T) {
	file := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(file, []byte("{.items[0].namespace}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, _, _ := terminal.NewTest()
	for _, args := range [][]string{
		{"--template={{(index .items 0).namespace}}"},
		{"-o=go-template", "--template={{(index .items 0).namespace}}"},
		{"-o=jsonpath-file=" + file},
	} {
		write, err := ToPrinter(command(t, args...), s, Check(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if got := render(t, write, company().CheckReport); got != "batch" {
			t.Errorf("%q: got %q", args, got)
		}
	}
}

// kubectl's own message goes on with the whole object.
func TestTemplateErrorsAreShort(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	for _, format := range []string{"jsonpath={.items[99].namespace}", "go-template={{index .items 99}}"} {
		write, err := ToPrinter(command(t, "-o="+format), s, Check(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		err = write(&strings.Builder{}, company().CheckReport)
		if err == nil || len(err.Error()) > 200 || !strings.Contains(err.Error(), "template") && !strings.Contains(err.Error(), "jsonpath") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestHelpListsTheFormats(t *testing.T) {
	f := NewFlags()
	cmd := &cobra.Command{Use: "check"}
	f.AddFlags(cmd)
	usage := cmd.Flag("output").Usage
	for _, format := range f.AllowedFormats() {
		if !strings.Contains(usage, format) {
			t.Errorf("%s is not in %q", format, usage)
		}
	}
	if complete, found := cmd.GetFlagCompletionFunc("output"); !found {
		t.Error("-o has no completion")
	} else if formats, _ := complete(cmd, nil, ""); len(formats) != len(f.AllowedFormats()) {
		t.Errorf("completion offers %v", formats)
	}
}

// A command's own formats stand beside kubectl's: in the help, in the error, and in any case of letters.
func TestExtraFormats(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	d := Check(Options{})
	d.Extra = map[string]func(io.Writer, *report.CheckReport) error{"patch": func(w io.Writer, _ *report.CheckReport) error {
		_, err := io.WriteString(w, "a\x1bb\n")
		return err
	}}
	f := NewFlags("patch")
	for _, f.Output = range []string{"patch", "PATCH"} {
		write, err := ToPrinter(f, s, d)
		if err != nil {
			t.Fatal(err)
		}
		if got := render(t, write, company().CheckReport); got != "a\x1bb\n" {
			t.Errorf("-o %s: got %q", f.Output, got)
		}
	}
	s.OutTerminal = true
	write, err := ToPrinter(f, s, d)
	if err != nil {
		t.Fatal(err)
	}
	if got := render(t, write, company().CheckReport); got != "a\\x1bb\n" {
		t.Errorf("on a terminal: got %q", got)
	}
	f.Output = "patches"
	const want = `unable to match a printer suitable for the output format "patches", allowed formats are: ` +
		"custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,patch,template,templatefile,wide,yaml"
	if _, err := ToPrinter(f, s, d); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
