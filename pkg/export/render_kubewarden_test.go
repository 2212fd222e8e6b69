package export

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the settings mean is tried in test/engines/kubewarden.
func TestRenderKubewarden(t *testing.T) {
	for name, tt := range map[string]struct {
		options Options
		mode    string
	}{
		"enforced": {Options{Enforce: true}, "protect"},
		"audited":  {Options{}, "monitor"},
	} {
		tt.options.Namespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		docs, err := Kubewarden.Render(jsSet(nil), tt.options)
		if err != nil {
			t.Fatal(err)
		}
		if len(docs) != 1 {
			t.Fatalf("%s: %d documents, want one", name, len(docs))
		}
		data, err := json.MarshalIndent(docs[0].Object, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal([]byte(`{
 "apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy", "metadata": {"name": "psp-x-names"},
 "spec": {
  "module": "registry://ghcr.io/kubewarden/policies/cel-policy:v1.6.2", "mode": "`+tt.mode+`", "mutating": false, "failurePolicy": "Fail",
  "namespaceSelector": {"matchLabels": {"a": "b"}},
  "rules": [
   {"operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]},
   {"operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/ephemeralcontainers"]}],
  "settings": {
   "failurePolicy": "Fail",
   "variables": [
    {"name": "requestIsJudged", "expression": "(request.operation != 'UPDATE')"},
    {"name": "most", "expression": "3"}, {"name": "size", "expression": "size(object.metadata.name)"}],
   "validations": [{
    "expression": "!variables.requestIsJudged || (variables.size <= variables.most)", "message": "too long", "reason": "Forbidden"}]}}}`), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		comments := strings.Join(docs[0].Comments, "\n")
		for text, wanted := range map[string]bool{
			"About it.\n\nFor Kubewarden": true, "not executed": true, "- spec.securityContext.runAsUser: 7 (another)": true,
			"Names are short.\nSource: a source.": true, "Ours.": false, "Mode monitor": !tt.options.Enforce,
		} {
			if strings.Contains(comments, text) != wanted {
				t.Errorf("%s: %q is among the comments: %t\n%s", name, text, !wanted, comments)
			}
		}
	}
}

func TestRenderKubewardenEdges(t *testing.T) {
	docs, err := Kubewarden.Render(jsSet(func(s *Set) { s.Rules, s.About = nil, nil }), Options{})
	if err != nil || len(docs) != 1 || docs[0].Object != nil || !strings.HasPrefix(docs[0].Comments[0], "Nothing is written into pods") {
		t.Errorf("mutations alone gave %+v, %v", docs, err)
	}
	docs, err = Kubewarden.Render(jsSet(func(s *Set) {
		s.Conditions, s.Mutations, s.Rules[0].Params, s.Rules[0].Variables = nil, nil, nil, nil
		s.Rules[0].Validations[0] = Validation{Expression: "true", Message: "two\n lines "}
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	object, _ := docs[0].Object.(map[string]any)
	spec, _ := object["spec"].(map[string]any)
	want := map[string]any{
		"failurePolicy": "Fail", "validations": []any{map[string]any{"expression": "true", "message": "two lines", "reason": "Forbidden"}},
	}
	if diff := cmp.Diff(want, spec["settings"]); diff != "" {
		t.Errorf("settings without conditions (-want +got):\n%s", diff)
	}
	for text, change := range map[string]func(*Set){
		"rule names: the variable requestIsJudged has another meaning for Kubewarden": func(s *Set) { s.Rules[0].Variables[0].Name = "requestIsJudged" },
		"rule names: the variable params has another meaning for Kubewarden":          func(s *Set) { s.Rules[0].Params[0].Name = "params" },
		"rule names: parameter most: a float64 cannot be written as CEL":              func(s *Set) { s.Rules[0].Params[0].Value = 1.5 },
	} {
		if _, err := Kubewarden.Render(jsSet(change), Options{}); err == nil || err.Error() != text {
			t.Errorf("error is %v, want %s", err, text)
		}
	}
}
