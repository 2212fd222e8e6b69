package printer

import (
	"io"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// planGolden is a golden file of a plan.
func planGolden(file string, plan *report.LabelPlan, write func(io.Writer, *report.LabelPlan) error) golden {
	return golden{file, func(t *testing.T) string { return render(t, write, plan) }}
}

func planOutput(file string, plan *report.LabelPlan, format string) golden {
	return golden{file, func(t *testing.T) string {
		s, _, _, _ := terminal.NewTest()
		f := NewFlags(PlanFormats()...)
		f.Output = format
		write, err := ToPrinter(f, s, Plan(PlanOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		return render(t, write, plan)
	}}
}

func planGoldens() []golden {
	colored := terminal.NewPalette(true)
	table := func(o Options) func(io.Writer, *report.LabelPlan) error { return PlanTable(PlanOptions{Options: o}) }
	ending := func(o PlanOptions) func(io.Writer, *report.LabelPlan) error {
		return func(w io.Writer, plan *report.LabelPlan) error {
			if _, err := io.WriteString(w, "# stdout\n"); err != nil {
				return err
			}
			if err := PlanResults(o)(w, plan); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "# stderr\n"); err != nil {
				return err
			}
			return PlanEnding(o)(w, plan)
		}
	}
	asked := report.Asked{Enforce: "baseline"}
	interrupted := newPlan(asked, relabel("a", "", "enforce=baseline").ended(report.EndingUntried, ""))
	now := time.Date(2026, 11, 22, 3, 35, 0, 0, time.UTC)
	runs := func(file string, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, RunsTable(o, now), runList()) }}
	}
	return []golden{
		planGolden("plan/one", onePlan(), table(Options{Next: "kubectl pss label ns payments --enforce=restricted:v1.36 --details"})),
		planGolden("plan/one-details", onePlan(), table(Options{Details: true})),
		planGolden("plan/one-details-80-color", onePlan(), table(Options{Details: true, Width: 80, Color: colored})),
		planGolden("plan/one-details-100", onePlan(), table(Options{Details: true, Width: 100})),
		planGolden("plan/cluster-gap-details", plans()["cluster gap"], table(Options{Details: true, Width: 120})),
		planGolden("plan/loosen", loosenPlan(), table(Options{Width: 100})),
		planGolden("plan/loosen-details-100", loosenPlan(), table(Options{Details: true, Width: 100})),
		planGolden("plan/version", versionPlan(), table(Options{Width: 100})),
		planGolden("plan/version-details-100", versionPlan(), table(Options{Details: true, Width: 100})),
		planGolden("plan/estate", estatePlan(), table(Options{})),
		planGolden("plan/estate-80", estatePlan(), table(Options{Width: 80})),
		planGolden("plan/estate-100", estatePlan(), table(Options{Width: 100})),
		planGolden("plan/estate-120-color", estatePlan(), table(Options{Width: 120, Color: colored})),
		planGolden("plan/estate-wide", estatePlan(), table(Options{Wide: true, Width: 80})),
		planGolden("plan/estate-no-headers", estatePlan(), table(Options{NoHeaders: true})),
		planGolden("plan/dry-run-100", dryRunPlan(), table(Options{Width: 100})),
		planGolden("plan/dry-run-details-100", dryRunPlan(), table(Options{Details: true, Width: 100})),
		planGolden("plan/rollback", rollbackPlan(), table(Options{})),
		planGolden("plan/rollback-details", rollbackPlan(), table(Options{Details: true})),
		planGolden("plan/kept", keptPlan("already so", "already so"), table(Options{})),
		planGolden("plan/kept-one", keptPlan("already so"), table(Options{Details: true})),
		planGolden("plan/kept-for-reasons", keptPlan("already so", "this run never wrote it"), table(Options{})),
		planGolden("plan/empty", newPlan(report.Asked{Enforce: "baseline"}), table(Options{})),
		planGolden("plan/ending", carriedOut(asked), ending(PlanOptions{})),
		planGolden("plan/ending-80-color", carriedOut(asked), ending(PlanOptions{Options: Options{Width: 80, Color: colored}})),
		planGolden("plan/ending-rollback", carriedOut(report.Asked{Undo: "20261122-033012-x7k2"}), ending(PlanOptions{})),
		planGolden("plan/ending-interrupted", interrupted, ending(PlanOptions{})),
		planGolden("plan/ending-client", loosenPlan(), ending(PlanOptions{DryRun: "client"})),
		planGolden("plan/ending-server", dryRunPlan(), ending(PlanOptions{DryRun: "server"})),
		planOutput("plan/patch", loosenPlan(), "patch"),
		planOutput("plan/patch-owned", onePlan(), "patch"),
		planOutput("plan/manifests", versionPlan(), "manifests"),
		planOutput("plan/yaml", onePlan(), "yaml"),
		planOutput("plan/name", estatePlan(), "name"),
		runs("runs/all", Options{}),
		runs("runs/all-80-color", Options{Width: 80, Color: colored}),
		runs("runs/all-120", Options{Width: 120}),
		runs("runs/no-headers", Options{NoHeaders: true}),
	}
}
