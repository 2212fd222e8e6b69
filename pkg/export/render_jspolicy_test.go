package export

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// jsSet is a set with a rule and a mutation. What its scripts do is tried in test/engines/js.
func jsSet(change func(*Set)) *Set {
	s := &Set{
		Name: "psp-x", About: []string{"About it."},
		Conditions: []Condition{{Name: "new", Expression: "request.operation != 'UPDATE'"}},
		Rules: []Rule{{
			Name: "names", Title: "Names are short", Source: "a source",
			Params:      []Param{{Name: "most", Value: int64(3)}},
			Variables:   []Variable{{Name: "size", Expression: "size(object.metadata.name)"}},
			Validations: []Validation{{Expression: "variables.size <= variables.most", Message: "too long"}},
			Notes:       []Note{{Target: JSPolicy, Text: "Ours."}, {Target: VAP, Text: "Theirs."}},
		}},
		Mutations: []Mutation{{
			Name: "user", Source: "another", Path: []string{"securityContext", "runAsUser"}, Value: int64(7),
			Unless: "has(object.spec.nodeName)",
		}},
	}
	if change != nil {
		change(s)
	}
	return s
}

func TestRenderJSPolicy(t *testing.T) {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
	for name, tt := range map[string]struct {
		options Options
		policy  string
	}{
		"enforced": {Options{Enforce: true, Namespaces: selector}, "Deny"},
		"audited":  {Options{Namespaces: selector}, "Warn"},
	} {
		docs, err := JSPolicy.Render(jsSet(nil), tt.options)
		if err != nil {
			t.Fatal(err)
		}
		want := []any{
			jsObject("psp-x-defaults.export.pss.dev", map[string]any{
				"type": "Mutating", "operations": []any{"CREATE"}, "resources": []any{"pods"}, "reinvocationPolicy": "IfNeeded",
			}),
			jsObject("psp-x.export.pss.dev", map[string]any{
				"type": "Validating", "operations": []any{"CREATE", "UPDATE"}, "resources": []any{"pods", "pods/ephemeralcontainers"},
				"violationPolicy": tt.policy, "auditPolicy": "Log",
			}),
		}
		var got []any
		for _, d := range docs {
			var object map[string]any
			data, err := json.Marshal(d.Object)
			if err != nil || json.Unmarshal(data, &object) != nil {
				t.Fatal(err)
			}
			if spec, ok := object["spec"].(map[string]any); ok {
				delete(spec, "javascript")
			}
			got = append(got, object)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		comments := strings.Join(docs[0].Comments, "\n")
		if !strings.HasPrefix(comments, "About it.\n\nFor jsPolicy") || strings.Contains(comments, "only warn so far") == tt.options.Enforce {
			t.Errorf("%s: the first comments are %s", name, comments)
		}
		if diff := cmp.Diff([]string{"Names are short.", "Source: a source.", "Note: Ours."}, docs[1].Comments); diff != "" {
			t.Errorf("%s: comments of the rules (-want +got):\n%s", name, diff)
		}
	}
}

func jsObject(name string, spec map[string]any) map[string]any {
	maps.Copy(spec, map[string]any{
		"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "scope": "Namespaced", "failurePolicy": "Fail",
		"namespaceSelector": map[string]any{"matchLabels": map[string]any{"a": "b"}},
	})
	return map[string]any{
		"apiVersion": "policy.jspolicy.com/v1beta1", "kind": "JsPolicy", "metadata": map[string]any{"name": name}, "spec": spec,
	}
}

func TestRenderJSPolicyRefuses(t *testing.T) {
	for want, change := range map[string]func(*Set){
		`condition new: line 1, column 1: unknown name "nothing"`:             func(s *Set) { s.Conditions[0].Expression = "nothing" },
		`rule names: line 1, column 1: unknown name "nothing"`:                func(s *Set) { s.Rules[0].Validations[0].Expression = "nothing" },
		`rule names: message: line 1, column 1: unknown name "nothing"`:       func(s *Set) { s.Rules[0].Validations[0].MessageExpression = "nothing" },
		`rule names: variable size: line 1, column 1: unknown name "nothing"`: func(s *Set) { s.Rules[0].Variables[0].Expression = "nothing" },
		`rule names: parameter most: a float64 cannot be written as CEL`:      func(s *Set) { s.Rules[0].Params[0].Value = 1.5 },
		`mutation user: unless: line 1, column 1: unknown name "nothing"`:     func(s *Set) { s.Mutations[0].Unless = "nothing" },
		`mutation user: its path cannot be written`:                           func(s *Set) { s.Mutations[0].Path = nil },
	} {
		if _, err := JSPolicy.Render(jsSet(change), Options{}); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
