package printer

import (
	"bytes"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// golden is one file of testdata: FORMAT/CASE.golden, and what is to stand in it.
type golden struct {
	file  string
	print func(*testing.T) string
}

// checkGolden is a golden file of a CheckReport.
type checkGolden struct {
	file   string
	report *estate
	write  func(*testing.T) Func
}

// goldens are those of every kind of document.
func goldens() []golden {
	var list []golden
	for _, c := range slices.Concat(checkGoldens(), admissionGoldens(), upgradeGoldens(), beyondGoldens(), splitGoldens()) {
		list = append(list, golden{c.file, func(t *testing.T) string { return render(t, c.write(t), c.report.CheckReport) }})
	}
	return slices.Concat(list, planGoldens(), blockedGoldens(), explainGoldens(), accessGoldens(), pspGoldens(), migrationGoldens(), configGoldens())
}

// table is how a table is printed; output a format that the flags know.
func table(o Options) func(*testing.T) Func { return func(*testing.T) Func { return Table(o) } }

func output(format string) func(*testing.T) Func {
	return func(t *testing.T) Func {
		t.Helper()
		s, _, _, _ := terminal.NewTest()
		f := NewFlags()
		f.Output = format
		write, err := ToPrinter(f, s, Check(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		return write
	}
}

func checkGoldens() []checkGolden {
	colored := terminal.NewPalette(true)
	return []checkGolden{
		{"table/company", company(), table(Options{})},
		{"table/company-80", company(), table(Options{Width: 80})},
		{"table/company-100", company(), table(Options{Width: 100})},
		{"table/company-120-color", company(), table(Options{Width: 120, Color: colored})},
		{"table/no-headers", company(), table(Options{NoHeaders: true})},
		{"table/proposal", proposal(), table(Options{Next: "kubectl pss check ns NAME --enforce=restricted"})},
		{"table/proposal-80", proposal(), table(Options{Width: 80})},
		{"table/proposal-no-headers", proposal(), table(Options{NoHeaders: true})},
		{"table/gaps", withGaps(), table(Options{})},
		{"table/gaps-80-color", withGaps(), table(Options{Width: 80, Color: colored})},
		{"table/gaps-and-violations", withGapsAndViolations(), table(Options{})},
		{"table/inactive", inactive(), table(Options{Width: 80})},
		{"table/unknown-and-inexact", inexact(), table(Options{})},
		{"table/inactive-no-headers", inactive(), table(Options{NoHeaders: true})},
		{"table/empty", newEstate(), table(Options{})},
		{"table/exempt", exempt(), table(Options{})},
		{"table/complies", newEstate(namespace("tidy", 3).labels("restricted", "", "(restricted)").with(
			workload("Deployment/web").template().pods(3))), table(Options{})},
		{"table/many", many(), table(Options{Width: 100})},
		{"wide/company", company(), table(Options{Wide: true, Width: 80})},
		{"wide/proposal", proposal(), table(Options{Wide: true})},
		{"wide/no-headers", company(), table(Options{Wide: true, NoHeaders: true})},
		{"details/every-kind", everyKind(), table(Options{Details: true})},
		{"details/every-kind-80", everyKind(), table(Options{Details: true, Width: 80})},
		{"details/every-kind-100-color", everyKind(), table(Options{Details: true, Width: 100, Color: colored})},
		{"details/company", company(), table(Options{Details: true})},
		{"details/proposal", proposal(), table(Options{Details: true})},
		{"details/proposal-80", proposal(), table(Options{Details: true, Width: 80})},
		{"details/answers", answers(), table(Options{Details: true})},
		{"details/answers-80-color", answers(), table(Options{Details: true, Width: 80, Color: colored})},
		{"details/one-wide", answersOne(), table(Options{Details: true, Wide: true})},
		{"details/exempt", exempt(), table(Options{Details: true})},
		{"details/files", fromFiles(), table(Options{Details: true})},
		{"json/small", small(), output("json")},
		{"yaml/small", small(), output("yaml")},
		{"kyaml/small", small(), output("kyaml")},
		{"name/company", company(), output("name")},
		{"jsonpath/strictest", company(), output(`jsonpath={range .items[*]}{.namespace}{"\t"}{.strictest.level}{"\n"}{end}`)},
		{"jsonpath/as-json", company(), output(`jsonpath-as-json={.items[*].strictest.level}`)},
		{"go-template/verdicts", company(), output(`go-template={{range .items}}{{.namespace}} {{.verdict}}{{"\n"}}{{end}}`)},
	}
}

func TestGolden(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.file, func(t *testing.T) {
			got := g.print(t)
			path := filepath.Join("testdata", filepath.FromSlash(g.file)+".golden")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; go test ./pkg/printer -update writes it", err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
				t.Errorf("differs from %s (-want +got); go test ./pkg/printer -update accepts it\n%s", path, diff)
			}
		})
	}
}

// A golden file that no case writes is a case that somebody believes is tested.
func TestNoGoldenFileIsLeftOver(t *testing.T) {
	known := map[string]bool{}
	for _, g := range goldens() {
		if known[g.file] {
			t.Errorf("two cases write %s", g.file)
		}
		known[g.file] = true
	}
	err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel("testdata", path)
		if file, found := strings.CutSuffix(filepath.ToSlash(name), ".golden"); !found || !known[file] {
			t.Errorf("testdata/%s belongs to no case", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func render[T any](t *testing.T, write func(io.Writer, T) error, document T) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, document); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
