package printer

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// hostile is what no terminal may see: colour, title, clipboard, clearing, carriage return, a one-byte CSI, bidi and
// zero-width characters, line separators, a byte that is no UTF-8.
const hostile = "\x1b[31m\x1b]0;t\x07\x1b]52;c;eA==\x1b\\\x1b[2J\r\n\t\v\f\b\x00\x7f\u009b1m\u0085\u202e\u2066\u200b\ufeff\u2028\u00a0\xff\x9b"

// poison puts the hostile text into every string of a report. keep says which fields stay: with all of them
// poisoned, a state is no state any more, and the lines that depend on it would go untested.
func poison(v reflect.Value, keep func(reflect.StructField) bool) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("a" + hostile + v.String() + hostile)
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), keep)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{"k" + hostile: []any{hostile, 1}}))
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), keep)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			bad := reflect.New(key.Type()).Elem()
			bad.SetString(key.String() + hostile)
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			poison(value, keep)
			v.SetMapIndex(bad, value)
			v.SetMapIndex(key, reflect.Value{})
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if !keep(v.Type().Field(i)) {
				poison(v.Field(i), keep)
			}
		}
	default: // no text in it
	}
}

func nothing(reflect.StructField) bool { return false }

// enumerations are the fields that the printer compares with constants.
func enumerations(f reflect.StructField) bool {
	if f.Type.Kind() == reflect.String && f.Type != reflect.TypeFor[string]() {
		return true
	}
	return f.Type.Kind() == reflect.String &&
		slices.Contains([]string{"Value", "By", "Level", "Version", "EvaluatedAs", "Source", "Revision", "Kind", "Group", "APIVersion", "Strictest"}, f.Name)
}

func TestNothingButTextReachesTheTerminal(t *testing.T) {
	reports := func() map[string]*estate {
		list := map[string]*estate{
			"company": company(), "proposal": proposal(), "every kind": everyKind(), "answers": answers(), "gaps": withGaps(),
			"inactive": inactive(), "inexact": inexact(), "exempt": exempt(), "files": fromFiles(), "many": many(),
		}
		for _, e := range list {
			e.Server.Inexact = []string{"a reason"}
		}
		return list
	}
	options := []Options{
		{}, {Width: 80}, {Width: 80, Details: true}, {Details: true}, {Wide: true}, {NoHeaders: true}, {Wide: true, Details: true, Width: 100},
	}
	for name := range reports() {
		for _, keep := range []func(reflect.StructField) bool{nothing, enumerations} {
			e := reports()[name]
			poison(reflect.ValueOf(e.CheckReport).Elem(), keep)
			for _, o := range options {
				assertText(t, name, render(t, Table(o), e.CheckReport))
			}
		}
	}
}

func assertText(t *testing.T, name, out string) {
	t.Helper()
	assertPrintable(t, name, out)
	if !strings.Contains(out, `\x1b[31m`) {
		t.Errorf("%s: nothing hostile was printed, so that this proves nothing", name)
	}
}

func assertPrintable(t *testing.T, name, out string) {
	t.Helper()
	for line := range strings.SplitSeq(out, "\n") {
		for _, r := range line {
			if r == unicode.ReplacementChar || unicode.In(r, unicode.C, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Fatalf("%s: %U reached the terminal in %q", name, r, line)
			}
		}
	}
}

// Formats for programs are byte for byte kubectl's in a pipe, and text only on a terminal.
func TestFormatsOnATerminal(t *testing.T) {
	for _, format := range []string{"json", "yaml", "kyaml", "name", "jsonpath={.items[*].namespace}", "go-template={{range .items}}{{.namespace}}{{end}}"} {
		for _, onTerminal := range []bool{true, false} {
			e := small()
			poison(reflect.ValueOf(&e.Items[0].Namespace).Elem(), nothing)
			s, _, _, _ := terminal.NewTest()
			s.OutTerminal = onTerminal
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, s, Check(Options{}))
			if err != nil {
				t.Fatal(err)
			}
			out := render(t, write, e.CheckReport)
			if escaped := terminal.EscapeLines(out) == out; onTerminal && !escaped {
				t.Errorf("%s: more than text on a terminal: %q", format, out)
			}
			if strings.HasSuffix(format, "yaml") && !strings.Contains(out, `\x1b[31m`) {
				t.Errorf("%s: the name is not in %q", format, out)
			}
			if format == "json" && !json.Valid([]byte(out)) {
				t.Errorf("what -o json prints is no JSON (on a terminal: %v)", onTerminal)
			}
		}
	}
}

func TestPrintingChangesNothing(t *testing.T) {
	for _, build := range []func() *estate{company, proposal, everyKind, answers} {
		e := build()
		for _, o := range []Options{{}, {Wide: true}, {Details: true, Width: 80}} {
			render(t, Table(o), e.CheckReport)
		}
		if diff := cmp.Diff(build().CheckReport, e.CheckReport); diff != "" {
			t.Errorf("a printer changed the report (-before +after):\n%s", diff)
		}
	}
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestLines(t *testing.T) {
	for _, build := range []func() *estate{company, proposal, withGaps, inactive, inexact, exempt, many, everyKind, answers, fromFiles} {
		for _, o := range []Options{{}, {Wide: true}, {Details: true}, {NoHeaders: true}} {
			for _, o.Width = range []int{0, 80, 100, 120} {
				o.Color = terminal.Palette{}
				plain := render(t, Table(o), build().CheckReport)
				o.Color = terminal.NewPalette(true)
				colored := render(t, Table(o), build().CheckReport)
				if got := colors.ReplaceAllString(colored, ""); got != plain {
					t.Errorf("colour changes the text (-plain +colored):\n%s", cmp.Diff(plain, got))
				}
				for line := range strings.SplitSeq(strings.TrimSuffix(plain, "\n"), "\n") {
					assertLine(t, o, line)
				}
				if strings.Contains(plain, "\n\n\n") || strings.HasPrefix(plain, "\n") || strings.HasSuffix(plain, "\n\n") {
					t.Errorf("blank lines where there should be none:\n%s", plain)
				}
			}
		}
	}
}

// assertLine allows a line to be too wide only for the sake of one word.
func assertLine(t *testing.T, o Options, line string) {
	t.Helper()
	if strings.TrimRight(line, " ") != line {
		t.Errorf("blanks at the end of %q", line)
	}
	if o.Width > 0 && !o.Wide && !o.NoHeaders && len(line) > o.Width && strings.Contains(strings.TrimLeft(line, " "), "  ") {
		t.Errorf("%d columns for a width of %d: %q", len(line), o.Width, line)
	}
}

func TestScriptsGetRowsOnly(t *testing.T) {
	for _, e := range []*estate{company(), proposal(), inactive(), inexact(), withGaps()} {
		for _, o := range []Options{{NoHeaders: true}, {NoHeaders: true, Wide: true}, {NoHeaders: true, Details: true, Width: 80}} {
			lines := strings.Split(strings.TrimSuffix(render(t, Table(o), e.CheckReport), "\n"), "\n")
			if len(lines) != len(e.Items) {
				t.Fatalf("%d lines for %d namespaces", len(lines), len(e.Items))
			}
			for i, line := range lines {
				if name, _, _ := strings.Cut(line, " "); name != e.Items[i].Namespace {
					t.Errorf("line %d is about %q, not %q", i, name, e.Items[i].Namespace)
				}
			}
		}
	}
}

type brokenPipe struct{ left int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	onTerminal := s
	onTerminal.OutTerminal = true
	for _, format := range []string{"", "wide", "name", "json"} {
		for _, streams := range []terminal.Streams{s, onTerminal} {
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, streams, Check(Options{Details: true}))
			if err != nil {
				t.Fatal(err)
			}
			if err := write(&brokenPipe{}, company().CheckReport); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("-o %q: %v", format, err)
			}
		}
	}
	if err := Table(Options{Details: true})(&brokenPipe{left: 2}, company().CheckReport); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("broken after two namespaces: %v", err)
	}
}

func TestEscapedKeepsEverythingElse(t *testing.T) {
	in := everyKind().Items[0]
	if diff := cmp.Diff(in, escaped(in)); diff != "" {
		t.Errorf("-in +escaped:\n%s", diff)
	}
	var none report.Namespace
	if diff := cmp.Diff(none, escaped(none)); diff != "" {
		t.Errorf("-in +escaped:\n%s", diff)
	}
}
