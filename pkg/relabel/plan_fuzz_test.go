package relabel

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// FuzzParsePlan reads plans that somebody has edited: what is refused names its line, what is taken names namespaces and
// labels of Pod Security and nothing else, and is the same plan once it has been written and read again.
func FuzzParsePlan(f *testing.F) {
	for _, seed := range []string{
		aPlan, "", "\n[]", "null", "apiVersion: pss.dev/v1alpha1\nkind: LabelPlan\n", strings.Replace(aPlan, "web", "../web", 1),
		strings.Replace(aPlan, "kubernetes.io/enforce", "kubernetes.io/enforce\u200b", 1), strings.Replace(aPlan, "{}", "&a {a: *a}", 1),
		strings.Replace(aPlan, "before: {}", "<<: &a {reason: x}\n  before: {}", 1), aPlan + "---\n" + aPlan, "\xff\xfe" + aPlan, "\x00",
		`{"apiVersion": "pss.dev/v1alpha1", "kind": "LabelPlan", "items": [{"namespace": "a", "uid": "1", "action": "change", "after": {"a": null}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		plan, err := ParsePlan("plan", content)
		if err != nil {
			lines := 1 + bytes.Count(content, []byte("\n"))
			if len(bytes.TrimSpace(content)) > 0 && !inLine(err, "plan", lines) {
				t.Errorf("names no line of %d: %v", lines, err)
			}
			return
		}
		for i := range plan.Items {
			onlyPodSecurity(t, &plan.Items[i])
		}
		again, err := yaml.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ParsePlan("plan", again)
		if err != nil {
			t.Fatalf("its own plan: %v\n%s", err, again)
		}
		third, err := yaml.Marshal(second)
		if diff := cmp.Diff(string(again), string(third)); diff != "" || err != nil {
			t.Errorf("read again (-first +second), error %v: %s", err, diff)
		}
	})
}

// onlyPodSecurity checks what an item names.
func onlyPodSecurity(t *testing.T, item *report.Planned) {
	t.Helper()
	if len(validation.IsDNS1123Label(item.Namespace)) > 0 || item.UID == "" || item.Result != nil || item.Answer != nil {
		t.Errorf("namespace %q, uid %q", item.Namespace, item.UID)
	}
	for _, labels := range []labelSet{item.Before, item.After} {
		for key := range labels {
			if !slices.Contains(survey.Keys(), key) {
				t.Errorf("label %q", key)
			}
		}
	}
}

// inLine says whether an error begins with a file's name and one of its lines.
func inLine(err error, file string, lines int) bool {
	rest, ok := strings.CutPrefix(err.Error(), file+":")
	number, _, found := strings.Cut(rest, ": ")
	line, wrong := strconv.Atoi(number)
	return ok && found && wrong == nil && line >= 1 && line <= lines
}
