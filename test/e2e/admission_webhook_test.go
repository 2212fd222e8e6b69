//go:build e2e

package e2e

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	admissionreviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// policyName is the name of the policy that inject makes.
func policyName(mark string) string { return mark + ".e2e.pss.dev" }

// inject makes a mutating policy for new pods of the namespaces whose label says mark.
func (s *server) inject(t *testing.T, mark, expression string) {
	t.Helper()
	policy := &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: policyName(mark)},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{injectLabel: mark}},
				ResourceRules:     []admissionv1.NamedRuleWithOperations{{RuleWithOperations: newPods()}},
			},
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: expression},
			}},
		},
	}
	if _, err := s.client.AdmissionregistrationV1().MutatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: policy.ObjectMeta, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: policy.Name},
	}
	if _, err := s.client.AdmissionregistrationV1().MutatingAdmissionPolicyBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func newPods() admissionv1.RuleWithOperations {
	return admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
	}
}

// refusedByWebhook: a webhook that takes no dry runs, and one that does not answer. (The API itself no longer takes
// webhooks that declare side effects, for which the server would refuse by itself.)
func refusedByWebhook(t *testing.T, s *server) {
	var asked atomic.Int32
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionreviewv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		dry := review.Request.DryRun != nil && *review.Request.DryRun
		review.Response = &admissionreviewv1.AdmissionResponse{UID: review.Request.UID, Allowed: !dry}
		if dry {
			asked.Add(1)
			review.Response.Result = &metav1.Status{Message: "no dry runs here"}
		}
		_ = json.NewEncoder(w).Encode(review)
	}))
	t.Cleanup(hook.Close)
	silent := httptest.NewTLSServer(http.NotFoundHandler())
	silentURL := silent.URL
	silent.Close()

	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw})
	for name, url := range map[string]string{"through-webhook": hook.URL, "through-silent": silentURL} {
		mark := name + "-" + suite.id
		ns := s.namespace(t, name, map[string]string{injectLabel: mark})
		create(t, s, deployment(strictPod(ns, "fine"), 0))
		create(t, s, cronJob(strictPod(ns, "bad", hostPID), false))
		s.hook(t, mark, url, ca)
		eventually(t, "the webhook to be called", func() (bool, error) {
			a := s.dryCreate(t.Context(), "", strictPod(ns, "probe"))
			return a.err != nil, nil
		})
		before := asked.Load()
		s.unanswered(t, ns, 3, modes{}, map[string]string{"fine": "webhook", "bad": "webhook"})
		if name == "through-webhook" && asked.Load() != before+2 {
			t.Errorf("the webhook was asked %d times about two templates", asked.Load()-before)
		}
		if w := workloadOf(t, s.checkNamespace(t, ns, modes{}), "Deployment", "fine"); len(w.MayBeChangedBy) != 1 {
			t.Errorf("plain check names what may change its pods as %q", w.MayBeChangedBy)
		}
	}
}

// hook registers a mutating webhook for new pods of the namespaces whose label says mark.
func (s *server) hook(t *testing.T, mark, url string, ca []byte) {
	t.Helper()
	none, fail, one := admissionv1.SideEffectClassNoneOnDryRun, admissionv1.Fail, int32(5)
	configuration := &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: mark},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name: mark + ".e2e.pss.dev", Rules: []admissionv1.RuleWithOperations{newPods()},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{injectLabel: mark}},
			ClientConfig:      admissionv1.WebhookClientConfig{URL: &url, CABundle: ca},
			SideEffects:       &none, FailurePolicy: &fail, TimeoutSeconds: &one, AdmissionReviewVersions: []string{"v1"},
		}},
	}
	if _, err := s.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
