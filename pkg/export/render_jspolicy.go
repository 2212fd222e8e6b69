package export

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderJSPolicy gives one JsPolicy for all rules, so that the script that they rest upon is there once, and one before it
// for all mutations.
func renderJSPolicy(s *Set, o Options) ([]report.Document, error) {
	var docs []report.Document
	if len(s.Mutations) > 0 {
		script, err := mutatingScript(s)
		if err != nil {
			return nil, err
		}
		comments := []string{"Writes into new pods what they leave open:"}
		for i := range s.Mutations {
			m := &s.Mutations[i]
			comments = append(comments, "- "+m.String()+" ("+m.Source+")")
			comments = append(comments, noted(m.Notes, JSPolicy)...)
		}
		if !o.Enforce {
			comments = append(comments, "It writes as soon as it is applied, although the rules only warn so far.")
		}
		policy := jsPolicy(objectName(s.Name, "defaults"), script, o)
		// What another webhook injects is to get its values as well.
		policy.spec("type", "Mutating", "operations", []any{"CREATE"}, "resources", []any{"pods"}, "reinvocationPolicy", "IfNeeded")
		docs = append(docs, report.Document{Comments: comments, Object: policy})
	}
	if len(s.Rules) > 0 {
		script, err := validatingScript(s)
		if err != nil {
			return nil, err
		}
		var comments []string
		for i := range s.Rules {
			comments = paragraphs(comments, aboutRule(&s.Rules[i], JSPolicy))
		}
		policy := jsPolicy(cut(s.Name, nameLimit), script, o)
		policy.spec("type", "Validating", "operations", []any{"CREATE", "UPDATE"},
			"resources", []any{"pods", "pods/ephemeralcontainers"}, "violationPolicy", violationPolicy(o), "auditPolicy", "Log")
		docs = append(docs, report.Document{Comments: comments, Object: policy})
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(aboutJSPolicy(o), docs[0].Comments)
		docs[0].Comments = paragraphs(s.About, docs[0].Comments)
	}
	return docs, nil
}

// aboutJSPolicy is what differs from the API server's own policies, however a rule is written.
func aboutJSPolicy(o Options) []string {
	about := "For jsPolicy (policy.jspolicy.com/v1beta1), which saw its last change in June 2024. The rules are one script: a pod " +
		"is told at once of all that it breaks. The script was tried in another JavaScript engine, with the inputs that " +
		"jsPolicy documents, and not in jsPolicy itself."
	if !o.Enforce {
		about += " What breaks a rule is warned of and kept among the policy's JsPolicyViolations; jsPolicy writes nothing " +
			"into the API server's audit log."
	}
	return []string{about}
}

func violationPolicy(o Options) string {
	if o.Enforce {
		return "Deny"
	}
	return "Warn"
}

// jsPolicyObject is a JsPolicy as it is written.
type jsPolicyObject map[string]any

// jsPolicy is what all of them have. Their names have to have three parts, as those of webhooks.
func jsPolicy(name, script string, o Options) jsPolicyObject {
	policy := jsPolicyObject{
		"apiVersion": "policy.jspolicy.com/v1beta1",
		"kind":       "JsPolicy",
		"metadata":   map[string]any{"name": name + ".export.pss.dev"},
		"spec":       map[string]any{},
	}
	policy.spec("apiGroups", []any{""}, "apiVersions", []any{"v1"}, "scope", string(admissionv1.NamespacedScope),
		"failurePolicy", string(admissionv1.Fail), "javascript", script)
	if o.Namespaces != nil {
		policy.spec("namespaceSelector", o.Namespaces)
	}
	return policy
}

// spec sets fields, which are names and values in turn.
func (p jsPolicyObject) spec(fields ...any) {
	spec, ok := p["spec"].(map[string]any)
	for i := 0; ok && i+1 < len(fields); i += 2 {
		spec[fmt.Sprint(fields[i])] = fields[i+1]
	}
}
