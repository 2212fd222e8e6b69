//go:build e2e

package e2e

import (
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// injectLabel is on the namespaces whose pods get a sidecar.
const injectLabel = "e2e.pss.dev/inject"

// case57: what a policy puts into pods is not in their template: the object is clean and its pods are refused.
func case57(t *testing.T, name string) {
	s := plain(t)
	mark := name + "-" + suite.id
	s.injectNetAdmin(t, mark)
	ns := s.namespace(t, name, map[string]string{injectLabel: mark})
	eventually(t, "the policy to take effect", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", strictPod(ns, "probe"))
		pod, ok := a.stored.(*corev1.Pod)
		return a.err == nil && ok && len(pod.Spec.InitContainers) == 1, a.err
	})
	d := create(t, s, deployment(strictPod(ns, "w"), 2))
	pods := s.eventuallyPods(t, ns, 2)

	const detail = `non-default capabilities (container "redirect" must not include "NET_ADMIN" in securityContext.capabilities.add)`
	w := workloadOf(t, s.checkNamespace(t, ns, all(baseline)), "Deployment", "w")
	if !slices.Equal(w.Drift, []report.Drift{report.DriftInjected}) || !w.Blocks {
		t.Errorf("pods with something put in: drift %q, blocks %t", w.Drift, w.Blocks)
	}
	running := evidenceOf(t, w, report.EvidencePod, report.RevisionCurrent)
	if running.Count != 2 || !slices.Equal(running.Pods, pods) {
		t.Errorf("two pods run, %q, and the evidence is %+v", pods, running)
	}
	expect(t, "the running pods", denied(baseline, detail), ofPod(running.Outcome.Pod))
	declared := evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent)
	expect(t, "the template", warned(baseline, ""), ofWorkload(declared.Outcome.Workload))

	// In a namespace whose pods get the sidecar as well.
	labels := all(baseline).labels()
	labels[injectLabel] = mark
	there := s.namespace(t, name+"-there", labels)
	object := s.verdict(t, s.dryCreate(t.Context(), "", copyTo(d, there)))
	same(t, "the object", ofWorkload(declared.Outcome.Workload), object)
	const replicaSets = "system:serviceaccount:kube-system:replicaset-controller"
	pod := s.verdict(t, s.dryCreate(t.Context(), replicaSets, podFrom(d, there)))
	same(t, "its pod", ofPod(running.Outcome.Pod), pod)
}

// injectNetAdmin puts an init container that wants NET_ADMIN into the pods of namespaces whose label says mark.
func (s *server) injectNetAdmin(t *testing.T, mark string) {
	t.Helper()
	const patch = `[JSONPatch{op: "add", path: "/spec/initContainers", value: [Object.spec.initContainers{
		name: "redirect", image: "registry.example.com/redirect:1",
		securityContext: Object.spec.initContainers.securityContext{
			runAsNonRoot: true, allowPrivilegeEscalation: false,
			capabilities: Object.spec.initContainers.securityContext.capabilities{add: ["NET_ADMIN"], drop: ["ALL"]}
		}
	}]}]`
	name := mark + ".e2e.pss.dev"
	policy := &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{injectLabel: mark}},
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				}}},
			},
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: patch},
			}},
		},
	}
	policies := s.client.AdmissionregistrationV1().MutatingAdmissionPolicies()
	if _, err := policies.Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name},
	}
	bindings := s.client.AdmissionregistrationV1().MutatingAdmissionPolicyBindings()
	if _, err := bindings.Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
