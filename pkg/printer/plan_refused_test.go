package printer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestRefusedAlikeIsSaidOnce(t *testing.T) {
	entry := func(name, message string, ifUnchanged bool) report.Refused {
		return report.Refused{
			Group: "apps", Kind: "Deployment", Name: name, Message: message, IfUnchanged: ifUnchanged,
			State: report.StateActive, Next: report.Next{Event: report.EventReschedule},
		}
	}
	idle := entry("c", "no", false)
	idle.State = report.StateIdle
	var b bytes.Buffer
	p := &page{w: &b}
	p.refused([]report.Refused{
		entry("a", "no", false), entry("b", "template", true), entry("b", "no", false), idle, entry("d", "no", false),
	}, true)
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	const again = "      Its pods are made again when one is rescheduled or the Deployment rolls out; the server then refuses them.\n"
	want := "    Deployment/a and Deployment/d\n" + again + "      denied: no\n" +
		"    Deployment/b\n" + again +
		"      denied, should nothing change these pods on the way any more as it does now: template\n      denied: no\n" +
		"    Deployment/c\n      Scaled to zero: its pods are made when it is scaled up; the server then refuses them.\n      denied: no\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is refused today already is no reason to refuse a plan, and yet not nothing.
func TestNothingNewIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		refused    []report.Refused
		incomplete int
		want       string
	}{
		"nothing":      {nil, 0, "  refused        nothing\n"},
		"today":        {[]report.Refused{{Kind: "Job", Name: "a", Already: true}, {Kind: "Job", Name: "b", Already: true}}, 0, "  refused        nothing new, beside 2 workloads of today\n"},
		"today, a gap": {[]report.Refused{{Kind: "Job", Name: "a", Already: true}}, 1, "  refused        nothing new that was read, beside 1 workload of today\n"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := newPlan(report.Asked{Enforce: "baseline"}, relabel("a", "", "enforce=baseline"))
			plan.Items[0].Refused, plan.Items[0].LabelChange = tt.refused, &report.LabelChange{Allowed: true, Exact: true}
			plan.Summary.Incomplete = tt.incomplete
			if got := render(t, PlanTable(PlanOptions{}), plan); !strings.Contains(got, tt.want) {
				t.Errorf("no %q in:\n%s", tt.want, got)
			}
		})
	}
}
