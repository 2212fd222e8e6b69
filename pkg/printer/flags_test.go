package printer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

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
			"go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml",
		"-o=custom-columns=A:.a": `unable to match a printer suitable for the output format "custom-columns=A:.a", allowed formats are: ` +
			"go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml",
		"-o=jsonpath":          "template format specified but no template given",
		"-o=jsonpath={.items[": "error parsing jsonpath {.items[, unterminated array",
		"-o=go-template={{":    "error parsing template {{, template: output:1: unclosed action",
	} {
		s, _, _, _ := terminal.NewTest()
		write, err := command(t, arg).ToPrinter(s, Options{})
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
			write, err := command(t, tt.args...).ToPrinter(tt.streams, Options{})
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
		write, err := command(t, args...).ToPrinter(s, Options{})
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
		write, err := command(t, "-o="+format).ToPrinter(s, Options{})
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
