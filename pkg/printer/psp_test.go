package printer

import (
	"errors"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func TestNothingButTextOfPoliciesReachesTheTerminal(t *testing.T) {
	for _, keep := range []func(reflect.StructField) bool{nothing, enumerations} {
		for _, o := range []Options{{}, {Width: 80}, {Wide: true}, {NoHeaders: true}, {Details: true}, {Details: true, Width: 80}} {
			l := pspListed()
			poison(reflect.ValueOf(l).Elem(), keep)
			assertText(t, "list", render(t, PSPTable(o), l))
			c := pspChecked()
			poison(reflect.ValueOf(c).Elem(), keep)
			for i := range c.Items {
				for k := range c.Items[i].Workloads {
					if w := &c.Items[i].Workloads[k]; len(w.Written) > 0 {
						w.Written[0].Pod = []byte(`"` + "\u202e\u009b1m" + `"`)
					}
				}
			}
			assertText(t, "check", render(t, PSPCheckTable(o), c))
		}
	}
}

// What -o patch prints is carried out by a shell: it must come back out of one as it was meant, whatever a cluster says.
func TestPatchesComeBackOutOfAShell(t *testing.T) {
	c := pspChecked()
	w := &c.Items[0].Workloads[0]
	c.Items[0].Namespace = "shop\nrm -rf x"
	w.Name = "a'b $(touch x) `touch y`\\"
	w.Written[0].Policy = "p\nrm -rf x"
	c.Items[0].Workloads = c.Items[0].Workloads[:1]
	script := `kubectl() { for word; do printf '<%s>\n' "$word"; done; }` + "\n" +
		render(t, pspPatches([]string{"--context=it's"}), c)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "<patch>\n<deployment.apps/" + w.Name + ">\n<-n>\n<shop\nrm -rf x>\n<--context=it's>\n<--type=strategic>\n<-p>\n<" +
		`{"spec":{"template":{"metadata":{"annotations":{"x":"it's \u003c \u00e9 \ud83d\ude00"}}}}}` + ">\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for line := range strings.Lines(render(t, pspPatches(nil), c)) {
		if strings.HasPrefix(line, "rm -rf x'") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "kubectl patch ") {
			continue
		}
		t.Errorf("a line of its own: %q", line)
	}
}

func TestScriptsGetRowsOfPoliciesOnly(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(render(t, PSPTable(Options{NoHeaders: true}), pspListed()), "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "hardened") {
		t.Errorf("%q", lines)
	}
	lines = strings.Split(strings.TrimSuffix(render(t, PSPCheckTable(Options{NoHeaders: true, Details: true}), pspChecked()), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "kube-system") {
		t.Errorf("%q", lines)
	}
}

func TestPrintingPoliciesChangesNothing(t *testing.T) {
	l, c := pspListed(), pspChecked()
	for _, o := range []Options{{}, {Wide: true}, {Details: true, Width: 80}} {
		render(t, PSPTable(o), l)
		render(t, PSPCheckTable(o), c)
	}
	render(t, pspPatches(nil), c)
	if diff := cmp.Diff(pspListed(), l) + cmp.Diff(pspChecked(), c); diff != "" {
		t.Errorf("a printer changed the report (-before +after):\n%s", diff)
	}
}

func TestWriteErrorsOfPoliciesAreReturned(t *testing.T) {
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return PSPTable(Options{})(w, pspListed()) },
		func(w io.Writer) error { return PSPTable(Options{Details: true})(w, pspListed()) },
		func(w io.Writer) error { return PSPCheckTable(Options{})(w, pspChecked()) },
		func(w io.Writer) error { return PSPCheckTable(Options{NoHeaders: true})(w, pspChecked()) },
		func(w io.Writer) error { return pspPatches(nil)(w, pspChecked()) },
	} {
		if err := write(&brokenPipe{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v", err)
		}
	}
}

func TestLinesOfPolicies(t *testing.T) {
	for _, o := range []Options{{}, {Wide: true}, {Details: true}, {NoHeaders: true}} {
		for _, o.Width = range []int{0, 80, 100, 120} {
			for name, draw := range map[string]func(Options) string{
				"list":  func(o Options) string { return render(t, PSPTable(o), pspListed()) },
				"check": func(o Options) string { return render(t, PSPCheckTable(o), pspChecked()) },
			} {
				o.Color = terminal.Palette{}
				plain := draw(o)
				o.Color = terminal.NewPalette(true)
				if got := colors.ReplaceAllString(draw(o), ""); o.Width == 0 && got != plain {
					t.Errorf("%s: colour changes the text (-plain +colored):\n%s", name, cmp.Diff(plain, got))
				}
				for line := range strings.SplitSeq(strings.TrimSuffix(plain, "\n"), "\n") {
					if strings.TrimRight(line, " ") != line {
						t.Errorf("%s: blanks at the end of %q", name, line)
					}
				}
				if strings.Contains(plain, "\n\n\n") || strings.HasPrefix(plain, "\n") || strings.HasSuffix(plain, "\n\n") {
					t.Errorf("%s: blank lines where there should be none:\n%s", name, plain)
				}
			}
		}
	}
}

func TestRepairedOf(t *testing.T) {
	for want, c := range map[string]report.PSPSummary{
		"its patch it passes":      {Repaired: 1, Trapped: 1},
		"its patch 1 passes":       {Repaired: 1, Trapped: 3},
		"their patches both pass":  {Repaired: 2, Trapped: 2},
		"their patches 2 pass":     {Repaired: 2, Trapped: 3},
		"their patches all 3 pass": {Repaired: 3, Trapped: 3},
	} {
		if got := repairedOf(c.Repaired, c.Trapped); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
