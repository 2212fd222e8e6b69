package cluster

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// changing are a webhook, a policy with its binding and one without, all for pods.
func changing() []runtime.Object {
	rule := admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
	}
	policy := func(name string) *admissionv1.MutatingAdmissionPolicy {
		return &admissionv1.MutatingAdmissionPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionv1.MutatingAdmissionPolicySpec{MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: rule}},
			}},
		}
	}
	return []runtime.Object{
		&admissionv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "mesh"},
			Webhooks:   []admissionv1.MutatingWebhook{{Name: "mesh.example.com", Rules: []admissionv1.RuleWithOperations{rule}}},
		},
		policy("harden"), policy("unbound"),
		&admissionv1.MutatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "harden"}, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: "harden"},
		},
	}
}

func TestChangers(t *testing.T) {
	const path = "/apis/admissionregistration.k8s.io/v1/mutating"
	gone := fakeapi.Refuse(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource")
	for name, tt := range map[string]struct {
		faults []fakeapi.Fault
		want   []string
	}{
		"all of them":             {nil, []string{"MutatingAdmissionPolicy/harden", "MutatingWebhookConfiguration/mesh"}},
		"no right to webhooks":    {[]fakeapi.Fault{{Path: path + "webhookconfigurations", Do: fakeapi.Forbid("mutatingwebhookconfigurations", "")}}, []string{"MutatingAdmissionPolicy/harden"}},
		"a release without kinds": {[]fakeapi.Fault{{Path: path + "admissionpolicies", Do: gone}}, []string{"MutatingWebhookConfiguration/mesh"}},
		"no right to anything":    {[]fakeapi.Fault{{Path: path + "*", Do: fakeapi.Forbid("mutatingwebhookconfigurations", "")}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, changing()...)
			for _, f := range tt.faults {
				s.Inject(f)
			}
			var got []string
			for _, changer := range c.Changers(t.Context()) {
				if changer.Touches(&corev1.Namespace{}, nil) {
					got = append(got, changer.Name)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Releases that serve the policies as beta are asked for those.
func TestChangersBeta(t *testing.T) {
	s, c := serve(t, changing()[1:]...)
	const path = "/apis/admissionregistration.k8s.io/v1beta1/"
	for _, resource := range []string{"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"} {
		s.Inject(fakeapi.Fault{
			Path: "/apis/admissionregistration.k8s.io/v1/" + resource,
			Do:   fakeapi.Refuse(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource"),
		})
	}
	c.Changers(t.Context())
	if got := len(s.Requests(path)); got != 2 {
		t.Errorf("%d requests for beta policies, want 2", got)
	}
}
