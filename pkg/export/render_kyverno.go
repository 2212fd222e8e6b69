package export

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderKyverno gives a ValidatingPolicy for each rule, after one MutatingPolicy for all mutations. Both have the shape of
// the API server's own policies.
func renderKyverno(s *Set, o Options) ([]report.Document, error) {
	var docs []report.Document
	if len(s.Mutations) > 0 {
		doc, err := kyvernoMutations(s, o)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	for i := range s.Rules {
		object, err := validatingPolicy(s, &s.Rules[i], o)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", s.Rules[i].Name, err)
		}
		docs = append(docs, report.Document{Comments: aboutRule(&s.Rules[i], Kyverno), Object: object})
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(aboutKyverno(), docs[0].Comments)
		docs[0].Comments = paragraphs(s.About, docs[0].Comments)
	}
	return docs, nil
}

// aboutKyverno is what makes it weaker than the API server's own policies, however a rule is written.
func aboutKyverno() []string {
	return []string{
		"For Kyverno 1.17 or newer, which has policies.kyverno.io/v1. As it is installed by default, it looks neither at " +
			"kube-system nor at its own namespace. The policies judge pods alone and not the templates of workloads: what is " +
			"wrong with a template is reported once its pods are made, as Pod Security does it.",
	}
}

func validatingPolicy(s *Set, r *Rule, o Options) (map[string]any, error) {
	variables, err := r.variables()
	if err != nil {
		return nil, err
	}
	spec := map[string]any{
		"failurePolicy":     admissionv1.Fail,
		"validationActions": o.actions(),
		"matchConstraints":  admissionv1.MatchResources{NamespaceSelector: o.Namespaces, ResourceRules: judgedRequests()},
		"validations":       celValidations(r.Validations),
		"autogen":           noAutogen(),
	}
	if len(s.Conditions) > 0 {
		spec["matchConditions"] = celNamed(s.Conditions)
	}
	if len(variables) > 0 {
		spec["variables"] = celNamed(variables)
	}
	return kyvernoObject("ValidatingPolicy", objectName(s.Name, r.Name), spec), nil
}

// noAutogen keeps Kyverno from rewriting a policy for Deployments and the like, which it does by replacing texts in the
// CEL: the rules are about pods, their updates and their subresources, and a template that breaks one stays editable.
func noAutogen() map[string]any {
	return map[string]any{"podControllers": map[string]any{"controllers": []any{}}}
}

func kyvernoMutations(s *Set, o Options) (report.Document, error) {
	comments := []string{"Writes into new pods what they leave open:"}
	mutations := make([]admissionv1.Mutation, 0, len(s.Mutations))
	for i := range s.Mutations {
		m := &s.Mutations[i]
		mutation, err := m.mutation()
		if err != nil {
			return report.Document{}, fmt.Errorf("mutation %s: %w", m.Name, err)
		}
		mutations = append(mutations, mutation)
		comments = append(comments, "- "+m.String()+" ("+m.Source+")")
		comments = append(comments, noted(m.Notes, Kyverno)...)
	}
	if !o.Enforce {
		comments = append(comments, "It writes as soon as it is applied, although the rules only warn so far.")
	}
	return report.Document{Comments: comments, Object: kyvernoObject("MutatingPolicy", objectName(s.Name, "defaults"), map[string]any{
		"failurePolicy": admissionv1.Fail,
		"matchConstraints": admissionv1.MatchResources{
			NamespaceSelector: o.Namespaces,
			ResourceRules:     []admissionv1.NamedRuleWithOperations{podRequests("pods", admissionv1.Create)},
		},
		"mutations":          mutations,
		"reinvocationPolicy": admissionv1.IfNeededReinvocationPolicy,
		"autogen":            noAutogen(),
	})}, nil
}

func kyvernoObject(kind, name string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "policies.kyverno.io/v1", "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
	}
}
