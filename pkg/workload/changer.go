package workload

import (
	"maps"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Changer is something that may change pods on their way into the cluster: a mutating webhook, or a mutating admission
// policy with its bindings.
type Changer struct {
	// Name is Kind/name of the object.
	Name string
	// Matches are its ways to match, any of which is enough. What they say of the request's conditions is not evaluated.
	Matches []Match
}

// Match is a way to match pods. All of its constraints hold at once.
type Match []admissionv1.MatchResources

// WebhookChanger is what a webhook configuration comes to for the creation of pods.
func WebhookChanger(c *admissionv1.MutatingWebhookConfiguration) Changer {
	changer := Changer{Name: "MutatingWebhookConfiguration/" + c.Name}
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		m := admissionv1.MatchResources{NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector}
		for _, r := range w.Rules {
			m.ResourceRules = append(m.ResourceRules, admissionv1.NamedRuleWithOperations{RuleWithOperations: r})
		}
		if len(w.Rules) > 0 {
			changer.Matches = append(changer.Matches, Match{m})
		}
	}
	return changer
}

// PolicyChangers are what mutating admission policies come to for the creation of pods. One that is not bound does nothing.
func PolicyChangers(policies []admissionv1.MutatingAdmissionPolicy, bindings []admissionv1.MutatingAdmissionPolicyBinding) []Changer {
	var list []Changer
	for i := range policies {
		p := &policies[i]
		changer := Changer{Name: "MutatingAdmissionPolicy/" + p.Name}
		for k := range bindings {
			if bindings[k].Spec.PolicyName != p.Name {
				continue
			}
			var m Match
			for _, r := range []*admissionv1.MatchResources{p.Spec.MatchConstraints, bindings[k].Spec.MatchResources} {
				if r != nil {
					m = append(m, *r)
				}
			}
			changer.Matches = append(changer.Matches, m)
		}
		if len(changer.Matches) > 0 {
			list = append(list, changer)
		}
	}
	return list
}

// Touches says whether a changer may change new pods with some labels in a namespace.
func (c *Changer) Touches(namespace *corev1.Namespace, pod map[string]string) bool {
	return slices.ContainsFunc(c.Matches, func(m Match) bool {
		for i := range m {
			if !takes(&m[i], namespace, pod) {
				return false
			}
		}
		return true
	})
}

func takes(m *admissionv1.MatchResources, namespace *corev1.Namespace, pod map[string]string) bool {
	// A binding without rules takes what its policy takes, and no policy is without.
	if len(m.ResourceRules) > 0 && !slices.ContainsFunc(m.ResourceRules, ofPods) || slices.ContainsFunc(m.ExcludeResourceRules, ofPods) {
		return false
	}
	inNamespace := map[string]string{corev1.LabelMetadataName: namespace.Name} // servers set it, sources may leave it out
	maps.Copy(inNamespace, namespace.Labels)
	return selects(m.NamespaceSelector, inNamespace) && selects(m.ObjectSelector, pod)
}

// ofPods says whether a rule covers the creation of pods, as the server's matcher does.
func ofPods(r admissionv1.NamedRuleWithOperations) bool {
	has := func(list []string, want string) bool {
		return slices.Contains(list, want) || slices.Contains(list, "*")
	}
	creates := slices.Contains(r.Operations, admissionv1.Create) || slices.Contains(r.Operations, admissionv1.OperationAll)
	scoped := r.Scope == nil || *r.Scope != admissionv1.ClusterScope
	// Only one of some names: such a rule meets no pod whose name the server makes up.
	return creates && scoped && len(r.ResourceNames) == 0 && has(r.APIGroups, "") && has(r.APIVersions, "v1") &&
		slices.ContainsFunc(r.Resources, func(resource string) bool {
			name, sub, _ := strings.Cut(resource, "/")
			return (name == "*" || name == "pods") && (sub == "" || sub == "*")
		})
}

// selects takes a selector that nobody can read for one that selects: it is only said what may be.
func selects(s *metav1.LabelSelector, set map[string]string) bool {
	if s == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err != nil || selector.Matches(labels.Set(set))
}
