package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// written is how documents look in a file.
func written(t *testing.T, docs []report.Document) string {
	t.Helper()
	var texts []string
	for _, doc := range docs {
		var text strings.Builder
		for _, line := range doc.Comments {
			text.WriteString(strings.TrimSpace("# "+line) + "\n")
		}
		if doc.Object != nil {
			data, err := yaml.Marshal(doc.Object)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(data)
		}
		texts = append(texts, text.String())
	}
	return strings.Join(texts, "---\n")
}

func sampleSet() *Set {
	return &Set{
		Name:       "sample",
		About:      []string{"What this is about."},
		Conditions: []Condition{{Name: "new", Expression: "request.operation == 'CREATE'"}},
		Rules: []Rule{{
			Name: "runtime", Title: "Pods use runtime classes of a list", Source: "spec.runtimeClass",
			Params:      []Param{{Name: "allowed", Value: []string{"kata"}}},
			Variables:   []Variable{{Name: "name", Expression: "object.spec.?runtimeClassName.orValue('')"}},
			Validations: []Validation{{Expression: "variables.name in variables.allowed", Message: "not allowed", MessageExpression: "variables.name + ' is not allowed'"}},
			Notes:       []Note{{Text: "all differ"}, {Target: VAP, Text: "this differs"}, {Target: Kyverno, Text: "that differs"}},
		}},
		Mutations: []Mutation{{
			Name: "group", Source: "spec.fsGroup", Path: []string{"securityContext", "fsGroup"}, Value: int64(5), Notes: []Note{{Target: Gatekeeper, Text: "no"}},
		}},
	}
}

const sampleRule = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: sample-runtime
spec:
  failurePolicy: Fail
  matchConditions:
  - expression: request.operation == 'CREATE'
    name: new
  matchConstraints:
    resourceRules:
    - apiGroups:
      - ""
      apiVersions:
      - v1
      operations:
      - CREATE
      - UPDATE
      resources:
      - pods
    - apiGroups:
      - ""
      apiVersions:
      - v1
      operations:
      - UPDATE
      resources:
      - pods/ephemeralcontainers
  validations:
  - expression: variables.name in variables.allowed
    message: not allowed
    messageExpression: variables.name + ' is not allowed'
    reason: Forbidden
  variables:
  - expression: '[''kata'']'
    name: allowed
  - expression: object.spec.?runtimeClassName.orValue('')
    name: name
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: sample-runtime
spec:
`

const sampleMutation = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata:
  name: sample-defaults
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - apiGroups:
      - ""
      apiVersions:
      - v1
      operations:
      - CREATE
      resources:
      - pods
  mutations:
  - applyConfiguration:
      expression: |-
        !object.spec.?securityContext.?fsGroup.hasValue()
        ? Object{spec: Object.spec{securityContext: Object.spec.securityContext{fsGroup: 5}}}
        : Object{}
    patchType: ApplyConfiguration
  reinvocationPolicy: IfNeeded
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata:
  name: sample-defaults
spec:
`

func TestRenderVAP(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{
			"templates have to change where nothing can write",
			Options{},
			`# What this is about.
#
# This cluster does not serve MutatingAdmissionPolicy v1. The templates of workloads have to say themselves:
# - spec.securityContext.fsGroup: 5 (spec.fsGroup)
#
# Pods use runtime classes of a list.
# Source: spec.runtimeClass.
# Note: all differ
# Note: this differs
` + sampleRule + `  policyName: sample-runtime
  validationActions:
  - Warn
  - Audit
`,
		},
		{
			"enforced in one namespace, with defaults first",
			Options{Enforce: true, MutatingPolicies: true, Namespaces: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}},
			`# What this is about.
#
# Writes into new pods what they leave open:
# - spec.securityContext.fsGroup: 5 (spec.fsGroup)
` + sampleMutation + `  matchResources:
    namespaceSelector:
      matchLabels:
        a: b
  policyName: sample-defaults
---
# Pods use runtime classes of a list.
# Source: spec.runtimeClass.
# Note: all differ
# Note: this differs
` + sampleRule + `  matchResources:
    namespaceSelector:
      matchLabels:
        a: b
  policyName: sample-runtime
  validationActions:
  - Deny
`,
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			docs, err := VAP.Render(sampleSet(), c.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, written(t, docs)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRenderVAPComments is about sets of which nothing can be rendered but comments.
func TestRenderVAPComments(t *testing.T) {
	s := sampleSet()
	s.Rules, s.About = nil, nil
	docs, err := VAP.Render(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `# This cluster does not serve MutatingAdmissionPolicy v1. The templates of workloads have to say themselves:
# - spec.securityContext.fsGroup: 5 (spec.fsGroup)
`
	if diff := cmp.Diff(want, written(t, docs)); diff != "" {
		t.Error(diff)
	}
}

func TestRenderVAPErrors(t *testing.T) {
	odd := func(change func(*Set)) *Set {
		s := sampleSet()
		change(s)
		return s
	}
	tests := []struct {
		name string
		set  *Set
		want string
	}{
		{"parameter", odd(func(s *Set) { s.Rules[0].Params[0].Value = 1.5 }), "rule runtime: parameter allowed: a float64 cannot be written as CEL"},
		{"value", odd(func(s *Set) { s.Mutations[0].Value = 1.5 }), "mutation group: parameter fsGroup: a float64 cannot be written as CEL"},
		{"path", odd(func(s *Set) { s.Mutations[0].Path = nil }), "mutation group: its path cannot be written"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			_, err := VAP.Render(c.set, Options{MutatingPolicies: true})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
