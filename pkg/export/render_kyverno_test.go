package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRenderKyverno(t *testing.T) {
	want := `# What PodSecurityPolicy small said beyond baseline.
#
# ` + aboutKyverno()[0] + `
#
# Pods have few containers.
# Source: small.
# Note: quicker
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata:
  name: psp-small-few-containers
spec:
  autogen:
    podControllers:
      controllers: []
  failurePolicy: Fail
  matchConditions:
  - expression: request.operation != 'UPDATE' || object.spec != oldObject.spec
    name: changed
  matchConstraints:
    namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: shop
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
  validationActions:
  - Deny
  validations:
  - expression: variables.count <= variables.most
    message: too many containers
    messageExpression: '''has '' + string(variables.count)'
  variables:
  - expression: "2"
    name: most
  - expression: object.spec.containers.size()
    name: count
`
	if diff := cmp.Diff(want, rendered(t, Kyverno, small(), Options{Enforce: true, Namespaces: onlyShop()})); diff != "" {
		t.Error(diff)
	}
}

func TestRenderKyvernoMutations(t *testing.T) {
	s := defaults()
	s.Mutations = s.Mutations[3:]
	got := rendered(t, Kyverno, s, Options{})
	for _, part := range []string{
		"# Writes into new pods what they leave open:\n# - spec.containers[*].securityContext.runAsNonRoot",
		"# It writes as soon as it is applied, although the rules only warn so far.\n",
		"kind: MutatingPolicy\nmetadata:\n  name: psp-small-defaults\nspec:\n  autogen:\n    podControllers:\n      controllers: []\n",
		"    patchType: ApplyConfiguration\n  reinvocationPolicy: IfNeeded\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("lacks %q:\n%s", part, got)
		}
	}
}
