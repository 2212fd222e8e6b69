package printer

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func TestAsked(t *testing.T) {
	for _, tt := range []struct {
		asked       report.Asked
		want, short string
	}{
		{report.Asked{Enforce: "baseline:v1.37", Warn: "restricted"}, "enforce baseline:v1.37, warn restricted", "enforce baseline:v1.37, warn restricted"},
		{report.Asked{Audit: "-"}, "no audit label", "no audit label"},
		{report.Asked{Recommend: true}, "the strictest levels that nothing violates", "recommend"},
		{report.Asked{Recommend: true, Pin: "v1.37"}, "the strictest levels that nothing violates, enforce pinned to v1.37", "recommend, pin v1.37"},
		{report.Asked{Undo: "x"}, "rollback of run x", "rollback of x"},
		{report.Asked{}, "nothing", "nothing"},
	} {
		if got := asked(tt.asked); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if got := askedShort(tt.asked); got != tt.short {
			t.Errorf("got %q, want %q", got, tt.short)
		}
	}
}

func TestCarried(t *testing.T) {
	enforce := modes()[0]
	for labels, want := range map[string]string{
		"":                                       "<none>",
		"enforce=baseline":                       "baseline",
		"enforce=baseline enforce-version=v1.30": "baseline:v1.30",
		"enforce-version=v1.30":                  "<none>:v1.30",
		"warn=restricted":                        "<none>",
	} {
		if got := carried(labelsOf(labels), enforce); got != want {
			t.Errorf("%q: got %q, want %q", labels, got, want)
		}
	}
}

// The words are those of `kubectl label`, which counts what it sets and what it removes, and of `kubectl rollout undo`.
func TestResultWords(t *testing.T) {
	written := func(before, after string) *change { return relabel("a", before, after).ended(report.EndingWritten, "") }
	rejected := relabel("a", "", "warn=baseline").answers()
	rejected.Answer.Allowed = false
	for _, tt := range []struct {
		name   string
		item   *change
		undo   string
		dryRun string
		want   string
	}{
		{name: "set", item: written("", "enforce=baseline"), want: "namespace/a labeled\n"},
		{name: "changed", item: written("enforce=restricted", "enforce=baseline"), want: "namespace/a labeled\n"},
		{name: "removed", item: written("enforce=restricted", ""), want: "namespace/a unlabeled\n"},
		{name: "both", item: written("enforce=restricted", "warn=baseline"), want: "namespace/a modified\n"},
		{name: "already", item: relabel("a", "", "warn=baseline").ended(report.EndingAlready, ""), want: "namespace/a not labeled\n"},
		{name: "kept", item: leave(report.ActionKeep, "a", "already so", ""), want: "namespace/a not labeled\n"},
		{name: "skipped", item: leave(report.ActionSkip, "a", "being deleted", "")},
		{name: "failed", item: relabel("a", "", "warn=baseline").ended(report.EndingFailed, "no")},
		{name: "moved", item: relabel("a", "", "warn=baseline").ended(report.EndingMoved, "no")},
		{name: "not written yet", item: relabel("a", "", "warn=baseline")},
		{name: "client", item: relabel("a", "", "warn=baseline"), dryRun: "client", want: "namespace/a labeled (dry run)\n"},
		{name: "client, kept", item: leave(report.ActionKeep, "a", "", ""), dryRun: "client", want: "namespace/a not labeled (dry run)\n"},
		{name: "server", item: relabel("a", "", "warn=baseline").answers(), dryRun: "server", want: "namespace/a labeled (server dry run)\n"},
		{name: "server rejects", item: rejected, dryRun: "server"},
		{name: "server failed", item: relabel("a", "", "warn=baseline").ended(report.EndingFailed, "no"), dryRun: "server"},
		{name: "undone", item: written("enforce=restricted", ""), undo: "x", want: "namespace/a rolled back\n"},
		{name: "undone already", item: leave(report.ActionKeep, "a", "", ""), undo: "x", want: "namespace/a not rolled back\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := newPlan(report.Asked{Undo: tt.undo}, tt.item)
			if got := render(t, PlanResults(PlanOptions{DryRun: tt.dryRun}), plan); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPlanNames(t *testing.T) {
	plan := newPlan(
		report.Asked{}, relabel("planned", "", "warn=baseline"), relabel("written", "", "warn=baseline").ended(report.EndingWritten, ""),
		relabel("already", "", "warn=baseline").ended(report.EndingAlready, ""), relabel("failed", "", "warn=baseline").ended(report.EndingFailed, "no"),
		leave(report.ActionKeep, "kept", "", ""), leave(report.ActionSkip, "skipped", "", ""),
	)
	if diff := cmp.Diff([]string{"namespace/planned", "namespace/written", "namespace/already"}, planNames(plan)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A patch turns the labels of today into those of the plan and touches no others; a manifest has those of the plan.
func TestDocumentsSayWhatThePlanSays(t *testing.T) {
	for _, plan := range []*report.LabelPlan{onePlan(), loosenPlan(), versionPlan(), estatePlan(), rollbackPlan()} {
		patch, manifest := documentsOf(t, render(t, patches, plan)), documentsOf(t, render(t, manifests, plan))
		changed := toChange(plan)
		if len(patch) != len(changed) || len(manifest) != len(changed) {
			t.Fatalf("%d patches and %d manifests for %d namespaces", len(patch), len(manifest), len(changed))
		}
		for i, item := range changed {
			var ns corev1.Namespace
			ns.Name, ns.Labels = item.Namespace, map[string]string{"app": "kept"}
			maps.Copy(ns.Labels, item.Before)
			before, err := json.Marshal(ns)
			if err != nil {
				t.Fatal(err)
			}
			after, err := strategicpatch.StrategicMergePatch(before, patch[i], ns)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"app": "kept"}
			maps.Copy(want, item.After)
			assertLabels(t, after, item.Namespace, want)
			delete(want, "app")
			assertLabels(t, manifest[i], item.Namespace, want)
		}
	}
}

func assertLabels(t *testing.T, document []byte, name string, want map[string]string) {
	t.Helper()
	var got corev1.Namespace
	if err := sigsyaml.UnmarshalStrict(document, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Labels) == 0 {
		got.Labels = map[string]string{}
	}
	if diff := cmp.Diff(want, got.Labels); diff != "" || got.Name != name || got.Kind != "Namespace" || got.APIVersion != "v1" {
		t.Errorf("%s %s %q (-want +got):\n%s", got.APIVersion, got.Kind, got.Name, diff)
	}
}

// documentsOf parses the YAML documents of a text as JSON.
func documentsOf(t *testing.T, text string) [][]byte {
	t.Helper()
	var list [][]byte
	for document := range strings.SplitSeq(text, "---\n") {
		data, err := sigsyaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	return list
}

// The flags wire everything: the table with the width of the stream, the names and the formats of a plan.
func TestPlanThroughFlags(t *testing.T) {
	s, _, _, _ := terminal.NewTest()
	s.OutTerminal, s.Columns, s.Plain = true, 80, true
	plan := loosenPlan()
	for format, want := range map[string]string{
		"":          render(t, PlanTable(PlanOptions{Options: Options{Width: 80, Details: true}}), plan),
		"wide":      render(t, PlanTable(PlanOptions{Options: Options{Width: 80, Details: true, Wide: true}}), plan),
		"name":      "namespace/shop\n",
		"patch":     render(t, patches, plan),
		"manifests": render(t, manifests, plan),
		"jsonpath={.items[0].after}": `{"pod-security.kubernetes.io/enforce":"baseline","pod-security.kubernetes.io/enforce-version":"v1.25",` +
			`"pod-security.kubernetes.io/warn":"restricted"}`,
	} {
		f := NewFlags(PlanFormats()...)
		f.Output = format
		write, err := ToPrinter(f, s, Plan(PlanOptions{Options: Options{Details: true}}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, render(t, write, plan)); diff != "" {
			t.Errorf("-o %q (-want +got):\n%s", format, diff)
		}
	}
}

// A dry run that got no answer says why, in the table as in the details.
func TestDryRunWithoutAnAnswer(t *testing.T) {
	plan := newPlan(
		report.Asked{Warn: "baseline"}, relabel("a", "", "warn=baseline").ended(report.EndingFailed, `namespaces "a" is forbidden: no`),
		relabel("b", "", "warn=baseline").ended(report.EndingGone, "deleted"), relabel("c", "", "warn=baseline").answers(),
		relabel("d", "", "warn=baseline").ended(report.EndingFailed, "leader changed"), relabel("e", "", "warn=baseline").ended(report.EndingFailed, "reset"),
	)
	plan.Items[0].Result.Reason, plan.Items[3].Result.Reason = "Forbidden", "InternalError"
	for _, tt := range []struct {
		o    Options
		want []string
	}{
		{Options{}, []string{
			"a           <none> -> baseline   tightens    0         rejects", "b           <none> -> baseline   tightens    0         gone",
			"c           <none> -> baseline   tightens    0         agrees", `The server rejects the change of a: namespaces "a" is forbidden: no`,
			"d           <none> -> baseline   tightens    0         failed", "e           <none> -> baseline   tightens    0         failed",
			"The dry run failed for d: leader changed", "The dry run failed for e: reset",
			"  dry run        1 as foreseen, 1 rejected, 2 failed, 1 gone",
		}},
		{Options{Details: true}, []string{
			`  dry run        rejected: namespaces "a" is forbidden: no`, "  dry run        gone: deleted",
			"  dry run        the server agrees: allowed, without a warning",
			"  dry run        failed: leader changed", "  dry run        failed: reset",
		}},
	} {
		lines := strings.Split(render(t, PlanTable(PlanOptions{Options: tt.o}), plan), "\n")
		for _, want := range tt.want {
			found := false
			for _, line := range lines {
				found = found || line == want
			}
			if !found {
				t.Errorf("no line %q in:\n%s", want, strings.Join(lines, "\n"))
			}
		}
	}
	got := render(t, PlanEnding(PlanOptions{DryRun: "server"}), plan)
	const want = "rejected: a: namespaces \"a\" is forbidden: no\nfailed: d: leader changed\nfailed: e: reset\ngone: b: deleted\nserver dry run: 1 of 5 changes accepted; nothing was written\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A plan that was read from a file tells what moved before it asks, and counts it when it is done.
func TestMovedSinceThePlan(t *testing.T) {
	moved := leave(report.ActionSkip, "a", "no longer what the plan saw", "enforce=restricted").ended(report.EndingMoved, "one\ntwo")
	plan := newPlan(report.Asked{Enforce: "baseline"}, moved, relabel("b", "", "enforce=baseline"))
	const text = "moved: a is not what the plan saw, and was left alone\n  one\n  two\n"
	if got := render(t, PlanTable(PlanOptions{}), plan); !strings.Contains(got, "\n"+text) {
		t.Errorf("nothing moved in:\n%s", got)
	}
	if got := render(t, PlanMoved(PlanOptions{}), plan); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	plan.Items[1].Result = &report.Result{Outcome: report.EndingWritten}
	if got, want := render(t, PlanEnding(PlanOptions{}), plan), text+"labeled 1 of 2 namespaces; 1 moved\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
