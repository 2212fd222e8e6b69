package relabel

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestParsePlan(t *testing.T) {
	plan := onePlan(func(p *report.Planned) {
		p.Result, p.Answer = &report.Result{Outcome: report.EndingWritten}, &report.Answer{}
	})
	plan.APIVersion, plan.Kind, plan.Run = report.APIVersion, report.KindLabelPlan, "20261122-033012-x7k2"
	content, err := yaml.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePlan("plan.yaml", content)
	if err != nil {
		t.Fatal(err)
	}
	if item := got.Items[0]; got.Run != "" || item.Result != nil || item.Answer != nil || item.UID != "1" || got.Summary.Change != 1 {
		t.Errorf("%+v", got)
	}
	text := string(content)
	for name, tc := range map[string]struct{ content, want string }{
		"empty":           {" \n", "plan.yaml: the file is empty"},
		"garbage":         {"\x00\x01", "control characters"},
		"another kind":    {strings.Replace(text, "LabelPlan", "CheckReport", 1), "expected pss.dev/v1alpha1 LabelPlan"},
		"no document":     {"[]", "plan.yaml: "},
		"an unknown word": {text + "force: true\n", `unknown field "force"`},
		"a key twice":     {text + "kind: LabelPlan\n", `key "kind" already set`},
		"another label":   {strings.Replace(text, prefix+"enforce: restricted", "team: x", 1), `"team" is no label of Pod Security`},
		"a bad value":     {strings.Replace(text, prefix+"enforce: restricted", prefix+"enforce: 'a b'", 1), `="a b": `},
		"a bad name":      {strings.Replace(text, "namespace: web", "namespace: ../web", 1), `namespace "../web": `},
		"no uid":          {strings.Replace(text, `uid: "1"`, `uid: ""`, 1), "has no uid"},
		"bad action":      {strings.Replace(text, "action: change", "action: delete", 1), `unknown action "delete"`},
	} {
		if tc.content == text {
			t.Fatalf("%s: nothing was replaced in\n%s", name, text)
		}
		if _, err := ParsePlan("plan.yaml", []byte(tc.content)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	plan.Items = append(plan.Items, plan.Items[0])
	twice, _ := yaml.Marshal(plan)
	if _, err := ParsePlan("plan.yaml", twice); err == nil || err.Error() != `plan.yaml: items[1]: namespace "web" stands there twice` {
		t.Errorf("twice: %v", err)
	}
}
