package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func ruleFor(resources ...string) admissionv1.RuleWithOperations {
	return admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: resources},
	}
}

func selectorOf(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func TestWebhookTouches(t *testing.T) {
	shop := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"mesh": "on"}}}
	changed := func(change func(*admissionv1.RuleWithOperations)) admissionv1.MutatingWebhook {
		r := ruleFor("pods")
		change(&r)
		return admissionv1.MutatingWebhook{Rules: []admissionv1.RuleWithOperations{r}}
	}
	cluster := admissionv1.ClusterScope
	pods := []admissionv1.RuleWithOperations{ruleFor("pods")}
	for name, tt := range map[string]struct {
		webhook admissionv1.MutatingWebhook
		want    bool
	}{
		"pods":        {admissionv1.MutatingWebhook{Rules: pods}, true},
		"everything":  {admissionv1.MutatingWebhook{Rules: []admissionv1.RuleWithOperations{ruleFor("*/*")}}, true},
		"no rules":    {admissionv1.MutatingWebhook{}, false},
		"Deployments": {admissionv1.MutatingWebhook{Rules: []admissionv1.RuleWithOperations{ruleFor("deployments")}}, false},
		"evictions":   {admissionv1.MutatingWebhook{Rules: []admissionv1.RuleWithOperations{ruleFor("pods/eviction")}}, false},
		"updates": {changed(func(r *admissionv1.RuleWithOperations) {
			r.Operations = []admissionv1.OperationType{admissionv1.Update}
		}), false},
		"another group":       {changed(func(r *admissionv1.RuleWithOperations) { r.APIGroups = []string{"apps"} }), false},
		"any group":           {changed(func(r *admissionv1.RuleWithOperations) { r.APIGroups, r.APIVersions = []string{"*"}, []string{"*"} }), true},
		"cluster scope":       {changed(func(r *admissionv1.RuleWithOperations) { r.Scope = &cluster }), false},
		"the namespace":       {admissionv1.MutatingWebhook{Rules: pods, NamespaceSelector: selectorOf("mesh", "on")}, true},
		"the namespace, name": {admissionv1.MutatingWebhook{Rules: pods, NamespaceSelector: selectorOf("kubernetes.io/metadata.name", "shop")}, true},
		"another namespace":   {admissionv1.MutatingWebhook{Rules: pods, NamespaceSelector: selectorOf("mesh", "off")}, false},
		"the pod":             {admissionv1.MutatingWebhook{Rules: pods, ObjectSelector: selectorOf("app", "web")}, true},
		"another pod":         {admissionv1.MutatingWebhook{Rules: pods, ObjectSelector: selectorOf("app", "db")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := WebhookChanger(&admissionv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{Name: "mesh"}, Webhooks: []admissionv1.MutatingWebhook{{}, tt.webhook},
			})
			if got := c.Touches(shop, map[string]string{"app": "web"}); got != tt.want || c.Name != "MutatingWebhookConfiguration/mesh" {
				t.Errorf("%s: %t", c.Name, got)
			}
		})
	}
}

func TestPolicyTouches(t *testing.T) {
	shop := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	named := func(resources ...string) []admissionv1.NamedRuleWithOperations {
		return []admissionv1.NamedRuleWithOperations{{RuleWithOperations: ruleFor(resources...)}}
	}
	policy := func(name string, m admissionv1.MatchResources) admissionv1.MutatingAdmissionPolicy {
		return admissionv1.MutatingAdmissionPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.MutatingAdmissionPolicySpec{MatchConstraints: &m},
		}
	}
	bind := func(name string, m *admissionv1.MatchResources) admissionv1.MutatingAdmissionPolicyBinding {
		return admissionv1.MutatingAdmissionPolicyBinding{Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name, MatchResources: m}}
	}
	pods := admissionv1.MatchResources{ResourceRules: named("pods")}
	here, there := selectorOf("kubernetes.io/metadata.name", "shop"), selectorOf("kubernetes.io/metadata.name", "elsewhere")
	list := PolicyChangers([]admissionv1.MutatingAdmissionPolicy{
		policy("all", pods), policy("unbound", pods), policy("bound-here", pods), policy("bound-there", pods),
		policy("services", admissionv1.MatchResources{ResourceRules: named("services")}),
		policy("excluded", admissionv1.MatchResources{ResourceRules: named("*"), ExcludeResourceRules: named("pods")}),
	}, []admissionv1.MutatingAdmissionPolicyBinding{
		bind("all", nil), bind("services", nil), bind("excluded", nil),
		bind("bound-here", &admissionv1.MatchResources{NamespaceSelector: there}), bind("bound-here", &admissionv1.MatchResources{NamespaceSelector: here}),
		bind("bound-there", &admissionv1.MatchResources{NamespaceSelector: there}),
	})
	var got []string
	for i := range list {
		if list[i].Touches(shop, nil) {
			got = append(got, list[i].Name)
		}
	}
	if diff := cmp.Diff([]string{"MutatingAdmissionPolicy/all", "MutatingAdmissionPolicy/bound-here"}, got); diff != "" {
		t.Error(diff)
	}
}
