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
}

const aPlan = `# edited by hand
apiVersion: pss.dev/v1alpha1
kind: LabelPlan
items:
- namespace: web
  uid: "1"
  action: change
  before: {}
  after:
    pod-security.kubernetes.io/enforce: restricted
- namespace: lab
  uid: "2"
  action: keep
  refused:
  - kind: Deployment
    name: api
`

// TestParsePlanRefuses: whatever no plan holds is refused, with its line.
func TestParsePlanRefuses(t *testing.T) {
	if _, err := ParsePlan("plan.yaml", []byte(aPlan)); err != nil {
		t.Fatal(err)
	}
	const from = "; a plan is printed by kubectl pss label --dry-run=client -o yaml"
	const value = "pod-security.kubernetes.io/enforce: restricted"
	for name, tc := range map[string]struct{ old, new, want string }{
		"empty":            {aPlan, " \n", "plan.yaml: the file is empty" + from},
		"a control":        {"web", "we\x01b", "plan.yaml:5: control characters are not allowed"},
		"no UTF-8":         {"web", "we\xffb", "plan.yaml:5: invalid leading UTF-8 octet"},
		"broken":           {"before: {}", "before: {", "plan.yaml:10: did not find expected ',' or '}'"},
		"a tab":            {"  action: change", "\taction: change", "plan.yaml:7: found character that cannot start any token"},
		"another kind":     {"LabelPlan", "CheckReport", `plan.yaml:3: expected pss.dev/v1alpha1 LabelPlan, got "pss.dev/v1alpha1" "CheckReport"` + from},
		"another version":  {"v1alpha1", "v1", `plan.yaml:2: expected pss.dev/v1alpha1 LabelPlan, got "pss.dev/v1" "LabelPlan"` + from},
		"no object":        {aPlan, "\n[]", "plan.yaml:2: this is no pss.dev/v1alpha1 LabelPlan" + from},
		"an unknown word":  {"  action: keep", "  force: true\n  action: keep", `plan.yaml:13: unknown field "items[1].force"`},
		"another case":     {"uid: \"2\"", "Uid: \"2\"", `plan.yaml:12: unknown field "items[1].Uid"`},
		"a key twice":      {"  action: keep", "  action: keep\n  action: change", `plan.yaml:14: key "action" already set in map`},
		"another type":     {"uid: \"2\"", "uid: 2", "plan.yaml:12: items[1].uid cannot be a JSON number"},
		"items of another": {"items:\n", "gaps: []\nserver: 1\nitems:\n", "plan.yaml:5: server cannot be a JSON number"},
		"no items":         {"items:\n", "gaps:\n", `plan.yaml:7: unknown field "gaps[0].action"`},
		"deeper":           {"kind: Deployment", "kind: []", "plan.yaml:14: items[1].refused.kind cannot be a JSON array"},
		"another label":    {value, value + "\n    team: x", `plan.yaml:11: items[0]: namespace "web": "team" is no label of Pod Security`},
		"a look-alike":     {value, "pod-security.kubernetes.io/enforc\u0435: restricted", `plan.yaml:10: items[0]: namespace "web": "pod-security.kubernetes.io/enforc\u0435" is no label of Pod Security`},
		"a bad value":      {value, "pod-security.kubernetes.io/enforce: 'a b'", `plan.yaml:10: items[0]: namespace "web": pod-security.kubernetes.io/enforce="a b": a valid label must be`},
		"a path":           {"namespace: lab", "namespace: ../lab", `plan.yaml:11: items[1]: namespace "../lab": a lowercase RFC 1123 label must consist of`},
		"a query":          {"namespace: lab", "namespace: lab?force=true", `plan.yaml:11: items[1]: namespace "lab?force=true": a lowercase RFC 1123 label`},
		"no namespace":     {"namespace: lab", "namespace: ''", `plan.yaml:11: items[1]: namespace "": a lowercase RFC 1123 label`},
		"no uid":           {`uid: "2"`, `uid: ""`, `plan.yaml:12: items[1]: namespace "lab" has no uid`},
		"a bad action":     {"action: keep", "action: delete", `plan.yaml:13: items[1]: namespace "lab": unknown action "delete"`},
		"twice":            {"namespace: lab", "namespace: web", `plan.yaml:11: items[1]: namespace "web" stands there twice`},
		"a second plan":    {"    name: api\n", "    name: api\n---\nkind: LabelPlan\n", "plan.yaml:18: a second document begins here: give one plan at a time"},
		"a bomb":           {"before: {}", bomb(), "plan.yaml:2: its aliases stand for more than 64 MiB" + from},
		"too large":        {"# edited", "# " + strings.Repeat("x", planLimit), "plan.yaml: the file is larger than 64 MiB" + from},
	} {
		t.Run(name, func(t *testing.T) {
			content := strings.Replace(aPlan, tc.old, tc.new, 1)
			if content == aPlan {
				t.Fatalf("%q is not there", tc.old)
			}
			if _, err := ParsePlan("plan.yaml", []byte(content)); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
	if _, err := ParsePlan("plan.yaml", []byte(aPlan+"---\n# nothing\n...\n")); err != nil {
		t.Errorf("an empty second document: %v", err)
	}
}

// bomb is a field that a few thousand aliases make a gigabyte of.
func bomb() string {
	return "before: &a {x: " + strings.Repeat("x", 1<<18) + "}\n  current: [" + strings.Repeat("*a,", 4096) + "]"
}
