package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// small is a set with one of everything that an engine's objects are made of.
func small() *Set {
	return &Set{
		Name:       "psp-small",
		About:      []string{"What PodSecurityPolicy small said beyond baseline."},
		Conditions: []Condition{{Name: "changed", Expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec"}},
		Rules: []Rule{{
			Name: "few-containers", Title: "Pods have few containers", Source: "small",
			Params:    []Param{{Name: "most", Value: int64(2)}},
			Variables: []Variable{{Name: "count", Expression: "object.spec.containers.size()"}},
			Validations: []Validation{{
				Expression: "variables.count <= variables.most", Message: "too many containers",
				MessageExpression: "'has ' + string(variables.count)",
			}},
			Notes: []Note{{Target: Gatekeeper, Text: "slower"}, {Target: Kyverno, Text: "quicker"}},
		}},
	}
}

func rendered(t *testing.T, target Target, s *Set, o Options) string {
	t.Helper()
	docs, err := target.Render(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, docs)
}

func onlyShop() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "shop"}}
}

func TestRenderGatekeeper(t *testing.T) {
	want := `# What PodSecurityPolicy small said beyond baseline.
#
# ` + aboutGatekeeper()[0] + `
#
# Pods have few containers.
# Source: small.
# Note: slower
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  annotations:
    description: Pods have few containers.
  name: psspspsmallfewcontainers
spec:
  crd:
    spec:
      names:
        kind: PSSPspSmallFewContainers
  targets:
  - code:
    - engine: K8sNativeValidation
      source:
        failurePolicy: Fail
        matchCondition:
        - expression: object != null && request.?subResource.orValue('') in ['', 'ephemeralcontainers']
          name: pods-and-ephemeral-containers
        - expression: request.operation != 'UPDATE' || object.spec != oldObject.spec
          name: changed
        validations:
        - expression: variables.count <= variables.most
          message: too many containers
          messageExpression: '''has '' + string(variables.count)'
        variables:
        - expression: "2"
          name: most
        - expression: object.spec.containers.size()
          name: count
    target: admission.k8s.gatekeeper.sh
---
# Gatekeeper makes the kinds below out of the templates above, which takes it a moment: where kubectl finds no matches for a kind, apply the whole again.
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: PSSPspSmallFewContainers
metadata:
  name: psp-small-few-containers
spec:
  enforcementAction: deny
  match:
    kinds:
    - apiGroups:
      - ""
      kinds:
      - Pod
    namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: shop
    scope: Namespaced
`
	if diff := cmp.Diff(want, rendered(t, Gatekeeper, small(), Options{Enforce: true, Namespaces: onlyShop()})); diff != "" {
		t.Error(diff)
	}
}

func TestGatekeeperWarns(t *testing.T) {
	got := constraint(small(), &small().Rules[0], Options{})["spec"]
	want := map[string]any{"enforcementAction": "warn", "match": map[string]any{
		"kinds": []any{map[string]any{"apiGroups": []any{""}, "kinds": []any{"Pod"}}}, "scope": "Namespaced",
	}}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestConstraintKind(t *testing.T) {
	for _, tt := range []struct{ set, rule, want string }{
		{"psp-small", "few-containers", "PSSPspSmallFewContainers"},
		{"psp-teama", "few-containers", "PSSPspTeamaFewContainers"},
		{"psp-team-a", "few-containers", "PSSPspTeamAXcd0218a1FewContainers"},
		{"psp-te-ama", "few-containers", "PSSPspTeAmaX07b19081FewContainers"},
		{"psp-" + strings.Repeat("a", 60), "few-containers", "PSSPspA" + strings.Repeat("a", 47) + "X35fed29b"},
	} {
		got := constraintKind(tt.set, tt.rule)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, %s:\n%s", tt.set, tt.rule, diff)
		}
		if len(got) > 63 {
			t.Errorf("%s is too long", got)
		}
	}
}
