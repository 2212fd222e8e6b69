//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// sentinels are policies of both kinds for one pod, in a namespace of its own, as others use the server too. A server
// takes policies up in the order in which they were made, each kind and its bindings on their own, so that once these
// act, those made before do.
const sentinels = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: NAME}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  matchConditions: [{name: named, expression: "object.metadata.?name.orValue('') == 'NAME'"}]
  mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'taken-up': 'yes'}}}"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: NAME}
spec: {policyName: NAME, matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NAME}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  matchConditions: [{name: named, expression: "object.metadata.?name.orValue('') == 'NAME'"}]
  validations: [{expression: "false", message: taken up}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: NAME}
spec: {policyName: NAME, validationActions: [Warn], matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}}}
`

// inForce applies manifests of policies as a user would, and waits until the server goes by them. They go with the test.
func (s *server) inForce(t *testing.T, manifests string) {
	t.Helper()
	ns := s.namespace(t, fmt.Sprintf("sentinel-%d", s.asked.Add(1)), nil)
	policies, last := file(t, "policies.yaml", manifests), file(t, "sentinel.yaml", strings.ReplaceAll(sentinels, "NAME", ns))
	for _, path := range []string{policies, last} {
		s.kubectl(t, "create", "--validate=strict", "-f", path)
		t.Cleanup(func() { _ = s.exec(t, s.Kubectl, "delete", "--ignore-not-found", "--wait=false", "-f", path) })
	}
	eventually(t, "the policies to be in force", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", plainPod(ns, ns))
		if a.err != nil {
			return false, a.err
		}
		return a.stored.GetLabels()["taken-up"] == "yes" && strings.Contains(strings.Join(a.warnings, " "), "taken up"), nil
	})
}

// typeChecked waits until the server has checked the types of all policies, and has nothing to say about them.
func (s *server) typeChecked(t *testing.T) {
	t.Helper()
	eventually(t, "the server's type checks", func() (bool, error) {
		list, err := s.client.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			p := &list.Items[i]
			if p.Status.TypeChecking == nil {
				return false, nil
			}
			for _, w := range p.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s, %s: %s", p.Name, w.FieldRef, w.Warning)
			}
		}
		return true, nil
	})
}
