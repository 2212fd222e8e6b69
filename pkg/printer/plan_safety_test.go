package printer

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// planPrinters are all that write a plan for people.
func planPrinters(o Options) map[string]func(io.Writer, *report.LabelPlan) error {
	return map[string]func(io.Writer, *report.LabelPlan) error{
		"table":   PlanTable(PlanOptions{Options: o}),
		"results": PlanResults(PlanOptions{Options: o}), "results client": PlanResults(PlanOptions{Options: o, DryRun: "client"}),
		"results server": PlanResults(PlanOptions{Options: o, DryRun: "server"}),
		"ending":         PlanEnding(PlanOptions{Options: o}), "ending server": PlanEnding(PlanOptions{Options: o, DryRun: "server"}),
		"moved": PlanMoved(PlanOptions{Options: o}),
	}
}

var planSizes = []Options{
	{}, {Width: 80}, {Width: 100, Details: true}, {Details: true}, {Wide: true}, {NoHeaders: true}, {Wide: true, Details: true, Width: 120},
}

// poisonLabels puts the hostile text behind every label, without which a plan changes nothing that it knows.
func poisonLabels(plan *report.LabelPlan) {
	for i := range plan.Items {
		for _, labels := range []map[string]string{plan.Items[i].Before, plan.Items[i].After} {
			for key := range labels {
				labels[key] += hostile
			}
		}
	}
}

// ofPlan are the fields of a plan that the printer compares with constants, and the labels.
func ofPlan(f reflect.StructField) bool {
	return enumerations(f) || f.Name == "Before" || f.Name == "After"
}

func TestNothingButTextOfAPlanReachesTheTerminal(t *testing.T) {
	printed := map[string]bool{}
	for _, name := range planCases() {
		for _, keep := range []func(reflect.StructField) bool{nothing, ofPlan} {
			plan := plans()[name]
			poison(reflect.ValueOf(plan).Elem(), keep)
			poisonLabels(plan)
			for _, o := range planSizes {
				for printer, write := range planPrinters(o) {
					out := render(t, write, plan)
					assertPrintable(t, name+", "+printer, out)
					printed[printer] = printed[printer] || strings.Contains(out, `\x1b[31m`)
				}
			}
		}
	}
	for printer, hostile := range printed {
		if !hostile {
			t.Errorf("%s printed nothing hostile, so that this proves nothing", printer)
		}
	}
}

func TestNothingButTextOfARunListReachesTheTerminal(t *testing.T) {
	for _, keep := range []func(reflect.StructField) bool{nothing, enumerations} {
		for _, o := range planSizes {
			l := runList()
			poison(reflect.ValueOf(l).Elem(), keep)
			assertText(t, "runs", render(t, RunsTable(o, time.Now()), l))
		}
	}
}

// What is committed may be read on a terminal later, where nobody escapes it. A name or label that no server has
// accepted is an error.
func TestDocumentsHoldText(t *testing.T) {
	for _, write := range []func(io.Writer, *report.LabelPlan) error{patches, manifests} {
		plan := onePlan()
		poison(reflect.ValueOf(&plan.Items[0].Owners).Elem(), nothing)
		assertText(t, "documents", render(t, write, plan))
		plan.Items[0].Namespace += hostile
		err := write(io.Discard, plan)
		if err == nil {
			t.Fatal("a hostile name is printed")
		}
		assertText(t, "error", err.Error())
	}
}

func TestPrintingAPlanChangesNothing(t *testing.T) {
	for _, name := range planCases() {
		plan := plans()[name]
		for _, o := range planSizes {
			for _, write := range planPrinters(o) {
				render(t, write, plan)
			}
			render(t, patches, plan)
		}
		if diff := cmp.Diff(plans()[name], plan); diff != "" {
			t.Errorf("%s: a printer changed the plan (-before +after):\n%s", name, diff)
		}
	}
}

func TestLinesOfAPlan(t *testing.T) {
	for _, name := range planCases() {
		for _, o := range planSizes {
			for _, o.Width = range []int{0, 80, 100, 120} {
				o.Color = terminal.NewPalette(true)
				colored := planPrinters(o)
				o.Color = terminal.Palette{}
				for printer, write := range planPrinters(o) {
					plain := render(t, write, plans()[name])
					if got := colors.ReplaceAllString(render(t, colored[printer], plans()[name]), ""); got != plain {
						t.Errorf("%s, %s: colour changes the text (-plain +colored):\n%s", name, printer, cmp.Diff(plain, got))
					}
					if plain == "" {
						continue
					}
					for line := range strings.SplitSeq(strings.TrimSuffix(plain, "\n"), "\n") {
						assertLine(t, o, line)
					}
					if strings.Contains(plain, "\n\n\n") || strings.HasPrefix(plain, "\n") || strings.HasSuffix(plain, "\n\n") {
						t.Errorf("%s, %s: blank lines where there should be none:\n%s", name, printer, plain)
					}
				}
			}
		}
	}
}

func TestScriptsGetRowsOfAPlanOnly(t *testing.T) {
	for _, name := range planCases() {
		plan := plans()[name]
		out := render(t, PlanTable(PlanOptions{Options: Options{NoHeaders: true, Details: true, Width: 80}}), plan)
		var got []string
		for line := range strings.Lines(out) {
			namespace, _, _ := strings.Cut(line, " ")
			got = append(got, "namespace/"+namespace)
		}
		var want []string
		for _, item := range toChange(plan) {
			want = append(want, "namespace/"+item.Namespace)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWriteErrorsOfAPlanAreReturned(t *testing.T) {
	plan := carriedOut(report.Asked{Enforce: "baseline"})
	for name, write := range planPrinters(Options{Details: true}) {
		if err := write(&brokenPipe{}, plan); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := PlanTable(PlanOptions{Options: Options{Details: true}})(&brokenPipe{left: 2}, plan); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("broken after two namespaces: %v", err)
	}
	if err := patches(&brokenPipe{}, plan); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("patch: %v", err)
	}
	if err := RunsTable(Options{}, time.Now())(&brokenPipe{}, runList()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("runs: %v", err)
	}
}
