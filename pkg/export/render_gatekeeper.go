package export

import (
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderGatekeeper gives a ConstraintTemplate for each rule, which Gatekeeper makes a kind of, then a constraint of each
// such kind. What is written before anything is judged comes first.
func renderGatekeeper(s *Set, o Options) ([]report.Document, error) {
	docs := renderMutators(s, o)
	for i := range s.Rules {
		template, err := constraintTemplate(s, &s.Rules[i])
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", s.Rules[i].Name, err)
		}
		docs = append(docs, report.Document{Comments: aboutRule(&s.Rules[i], Gatekeeper), Object: template})
	}
	for i := range s.Rules {
		var comments []string
		if i == 0 {
			comments = []string{
				"Gatekeeper makes the kinds below out of the templates above, which takes it a moment: where kubectl finds " +
					"no matches for a kind, apply the whole again.",
			}
		}
		docs = append(docs, report.Document{Comments: comments, Object: constraint(s, &s.Rules[i], o)})
	}
	if len(s.Rules) > 0 {
		docs[0].Comments = paragraphs(aboutGatekeeper(), docs[0].Comments)
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(s.About, docs[0].Comments)
	}
	return docs, nil
}

// aboutGatekeeper is what makes it weaker or stricter than the API server's own policies, however a rule is written.
func aboutGatekeeper() []string {
	return []string{
		"For Gatekeeper 3.18 or newer, with CEL (--enable-k8s-native-validation, the default). Its webhook lets pods pass " +
			"while Gatekeeper is down, unless it is installed with validatingWebhookFailurePolicy=Fail, and leaves out " +
			"namespaces that Gatekeeper exempts, its own among them. Ephemeral containers are judged as long as the " +
			"webhook is sent pods/ephemeralcontainers, which is the default. Pods that already run are judged by the " +
			"audit, which writes what it finds into the constraints' status.",
	}
}

// constraintTemplate is a rule as the CEL of Gatekeeper's K8sNativeValidation engine.
func constraintTemplate(s *Set, r *Rule) (map[string]any, error) {
	variables, err := r.variables()
	if err != nil {
		return nil, err
	}
	kind := constraintKind(s.Name, r.Name)
	source := map[string]any{
		"failurePolicy": "Fail",
		// The engine's name for it is in the singular.
		"matchCondition": gatekeeperConditions(s),
		"validations":    celValidations(r.Validations),
	}
	if len(variables) > 0 {
		source["variables"] = celNamed(variables)
	}
	return map[string]any{
		"apiVersion": "templates.gatekeeper.sh/v1",
		"kind":       "ConstraintTemplate",
		"metadata": map[string]any{
			"name":        strings.ToLower(kind),
			"annotations": map[string]any{"description": r.Title + "."},
		},
		"spec": map[string]any{
			"crd": map[string]any{"spec": map[string]any{"names": map[string]any{"kind": kind}}},
			"targets": []any{map[string]any{
				"target": "admission.k8s.gatekeeper.sh",
				"code":   []any{map[string]any{"engine": "K8sNativeValidation", "source": source}},
			}},
		},
	}, nil
}

// gatekeeperConditions are those of the set, below one that leaves to the rules what the API server's own policies are
// bound to: Gatekeeper's webhook may be sent deletions, which have no object, and is sent further subresources.
func gatekeeperConditions(s *Set) []any {
	conditions := []Condition{{
		Name:       "pods-and-ephemeral-containers",
		Expression: "object != null && request.?subResource.orValue('') in ['', 'ephemeralcontainers']",
	}}
	return celNamed(append(conditions, s.Conditions...))
}

// constraint switches a template on.
func constraint(s *Set, r *Rule, o Options) map[string]any {
	action := "warn"
	if o.Enforce {
		action = "deny"
	}
	return map[string]any{
		"apiVersion": "constraints.gatekeeper.sh/v1beta1",
		"kind":       constraintKind(s.Name, r.Name),
		"metadata":   map[string]any{"name": objectName(s.Name, r.Name)},
		"spec":       map[string]any{"enforcementAction": action, "match": gatekeeperMatch(o)},
	}
}

// gatekeeperMatch selects pods in the namespaces that are asked for.
func gatekeeperMatch(o Options) map[string]any {
	match := map[string]any{
		"kinds": []any{map[string]any{"apiGroups": []any{""}, "kinds": []any{"Pod"}}},
		"scope": "Namespaced",
	}
	if o.Namespaces != nil {
		match["namespaceSelector"] = o.Namespaces
	}
	return match
}

// constraintKind is a set and a rule in camel case. Since the hyphens that part the words are lost, and Gatekeeper names
// templates by the kind in lower case, sets of more than two words keep apart by a hash: team-a is not teama.
func constraintKind(set, rule string) string {
	kind := "PSS" + camel(set)
	if strings.Count(set, "-") > 1 {
		kind += "X" + digest(set)
	}
	kind += camel(rule)
	if len(kind) > nameLimit {
		mark := "X" + digest(kind)
		kind = kind[:nameLimit-len(mark)] + mark
	}
	return kind
}

func camel(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// celNamed are conditions or variables as every engine that runs CEL has them.
func celNamed[T Condition | Variable](items []T) []any {
	out := make([]any, len(items))
	for i, item := range items {
		v := Variable(item)
		out[i] = map[string]any{"name": v.Name, "expression": v.Expression}
	}
	return out
}

func celValidations(validations []Validation) []any {
	out := make([]any, len(validations))
	for i, v := range validations {
		fields := map[string]any{"expression": v.Expression}
		if v.Message != "" {
			fields["message"] = v.Message
		}
		if v.MessageExpression != "" {
			fields["messageExpression"] = v.MessageExpression
		}
		out[i] = fields
	}
	return out
}
