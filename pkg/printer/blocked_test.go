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

func blockedReports() map[string]func() *report.BlockedReport {
	return map[string]func() *report.BlockedReport{
		"one": oneBlocked, "every kind": everyKindBlocked,
		"gaps":         func() *report.BlockedReport { return withBlockedGaps(everyKindBlocked()) },
		"only gaps":    func() *report.BlockedReport { return withBlockedGaps(newBlocked()) },
		"nothing":      func() *report.BlockedReport { return newBlocked() },
		"unknown only": func() *report.BlockedReport { return newBlocked(lacks("a", "Job/j", 1, 1, time.Hour, false)) },
	}
}

func TestNothingButTextOfARefusalReachesTheTerminal(t *testing.T) {
	for name, build := range blockedReports() {
		for _, keep := range []func(reflect.StructField) bool{nothing, enumerations} {
			r := build()
			poison(reflect.ValueOf(r).Elem(), keep)
			for _, o := range []Options{{}, {Width: 80}, {Wide: true}, {NoHeaders: true}} {
				out := render(t, BlockedTable(o), r)
				if out == "" && (name == "nothing" || name == "only gaps") {
					continue
				}
				assertText(t, name, out)
			}
		}
	}
}

func TestLinesOfRefusals(t *testing.T) {
	for name, build := range blockedReports() {
		for _, o := range []Options{{}, {Wide: true}, {NoHeaders: true}} {
			for _, o.Width = range []int{0, 60, 80, 100, 120} {
				o.Color = terminal.Palette{}
				r := build()
				plain := render(t, BlockedTable(o), r)
				if diff := cmp.Diff(build(), r); diff != "" {
					t.Errorf("%s: a printer changed the report (-before +after):\n%s", name, diff)
				}
				o.Color = terminal.NewPalette(true)
				if got := colors.ReplaceAllString(render(t, BlockedTable(o), r), ""); got != plain {
					t.Errorf("%s: colour changes the text (-plain +colored):\n%s", name, cmp.Diff(plain, got))
				}
				for line := range strings.SplitSeq(strings.TrimSuffix(plain, "\n"), "\n") {
					if o.Width >= 80 {
						assertLine(t, o, line)
					}
				}
				if strings.Contains(plain, "\n\n\n") || strings.HasPrefix(plain, "\n") || strings.HasSuffix(plain, "\n\n") {
					t.Errorf("%s: blank lines where there should be none:\n%s", name, plain)
				}
			}
		}
	}
}

// What every width shows, it shows in full: the checks are told below where the table has no room.
func TestChecksAreToldAtEveryWidth(t *testing.T) {
	for _, width := range []int{0, 40, 60, 80, 100, 120, 160} {
		out := strings.Join(strings.Fields(render(t, BlockedTable(Options{Width: width}), everyKindBlocked())), " ")
		for _, check := range append(fourChecks(), "hostPathVolumes") {
			if !strings.Contains(out, check) {
				t.Errorf("width %d: %s is not in %s", width, check, out)
			}
		}
	}
}

func TestWriteErrorsOfRefusalsAreReturned(t *testing.T) {
	for _, o := range []Options{{}, {Wide: true}, {NoHeaders: true}} {
		if err := BlockedTable(o)(&brokenPipe{}, oneBlocked()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
