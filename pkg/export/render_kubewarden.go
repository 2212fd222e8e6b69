package export

import (
	"errors"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// celModule is the Kubewarden policy that takes CEL as settings; Kubewarden wants a tag.
const celModule = "registry://ghcr.io/kubewarden/policies/cel-policy:v1.6.2"

// guard is the variable that holds the set's conditions.
const guard = "requestIsJudged"

// renderKubewarden gives a ClusterAdmissionPolicy for each rule. What is to be written is said as changes to templates.
func renderKubewarden(s *Set, o Options) ([]report.Document, error) {
	var docs []report.Document
	for i := range s.Rules {
		object, err := clusterAdmissionPolicy(s, &s.Rules[i], o)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", s.Rules[i].Name, err)
		}
		docs = append(docs, report.Document{Comments: aboutRule(&s.Rules[i], Kubewarden), Object: object})
	}
	if changes := kubewardenChanges(s); len(changes) > 0 {
		if len(docs) == 0 {
			docs = []report.Document{{}}
		}
		docs[0].Comments = paragraphs(changes, docs[0].Comments)
	}
	if len(s.Rules) > 0 {
		docs[0].Comments = paragraphs(aboutKubewarden(o), docs[0].Comments)
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(s.About, docs[0].Comments)
	}
	return docs, nil
}

// aboutKubewarden is what differs from the API server's own policies, however a rule is written.
func aboutKubewarden(o Options) []string {
	about := "For Kubewarden (policies.kubewarden.io/v1) with the module cel-policy. These policies were not executed in " +
		"Kubewarden: they were checked against the settings that the module documents, and their CEL was evaluated with the " +
		"libraries that it names. Pods are judged once the PolicyServer named default has loaded the policies. A message may " +
		"show a great number as 1e+06, because the module reads numbers as floating point."
	if o.Enforce {
		return []string{about}
	}
	return []string{about + " Mode monitor lets all pods pass and logs what breaks a rule in the PolicyServer; Kubewarden neither " +
		"warns the user nor writes into the API server's audit log. The mode can be raised to protect, and not lowered again."}
}

// kubewardenChanges are all mutations. Of Kubewarden's own modules that write, allowed-fsgroups-psp replaces the whole
// security context of a pod, capabilities-psp removes that of containers which it has nothing to write into, and all of
// them refuse pods besides, so that they would undo what pods say for themselves.
func kubewardenChanges(s *Set) []string {
	if len(s.Mutations) == 0 {
		return nil
	}
	lines := []string{
		"Nothing is written into pods: Kubewarden's modules for that (allowed-fsgroups-psp, capabilities-psp and others) may " +
			"discard the rest of a security context, and refuse pods by rules of their own. The templates of workloads have to " +
			"say themselves:",
	}
	for i := range s.Mutations {
		m := &s.Mutations[i]
		lines = append(lines, "- "+m.String()+" ("+m.Source+")")
		lines = append(lines, noted(m.Notes, Kubewarden)...)
	}
	return lines
}

func clusterAdmissionPolicy(s *Set, r *Rule, o Options) (map[string]any, error) {
	settings, err := celSettings(s, r)
	if err != nil {
		return nil, err
	}
	rules := make([]any, 0, 2)
	for _, request := range judgedRequests() {
		rules = append(rules, request.RuleWithOperations)
	}
	mode := "monitor"
	if o.Enforce {
		mode = "protect"
	}
	spec := map[string]any{
		"module":        celModule,
		"mode":          mode,
		"mutating":      false,
		"failurePolicy": string(admissionv1.Fail),
		"rules":         rules,
		"settings":      settings,
	}
	if o.Namespaces != nil {
		spec["namespaceSelector"] = o.Namespaces
	}
	return map[string]any{
		"apiVersion": "policies.kubewarden.io/v1",
		"kind":       "ClusterAdmissionPolicy",
		"metadata":   map[string]any{"name": objectName(s.Name, r.Name)},
		"spec":       spec,
	}, nil
}

// celSettings are those of cel-policy. The conditions are a variable rather than matchConditions of the webhook, which
// servers before 1.28 drop, and with them every exception.
func celSettings(s *Set, r *Rule) (map[string]any, error) {
	variables, err := r.variables()
	if err != nil {
		return nil, err
	}
	for _, v := range variables {
		if v.Name == guard || v.Name == "params" {
			return nil, errors.New("the variable " + v.Name + " has another meaning for Kubewarden")
		}
	}
	validations := celValidations(guarded(s, r.Validations))
	for _, v := range validations {
		if fields, ok := v.(map[string]any); ok {
			fields["reason"] = "Forbidden"
		}
	}
	if conditions := s.conditionsAsOne(); conditions != "" {
		variables = append([]Variable{{Name: guard, Expression: conditions}}, variables...)
	}
	settings := map[string]any{"failurePolicy": string(admissionv1.Fail), "validations": validations}
	if len(variables) > 0 {
		settings["variables"] = celNamed(variables)
	}
	return settings, nil
}

func (s *Set) conditionsAsOne() string {
	texts := make([]string, len(s.Conditions))
	for i, c := range s.Conditions {
		texts[i] = "(" + c.Expression + ")"
	}
	return strings.Join(texts, " && ")
}

// guarded are validations that hold where the conditions do not. The module refuses messages of more than a line.
func guarded(s *Set, validations []Validation) []Validation {
	out := make([]Validation, len(validations))
	for i, v := range validations {
		if len(s.Conditions) > 0 {
			v.Expression = "!variables." + guard + " || (" + v.Expression + ")"
		}
		v.Message = strings.Join(strings.Fields(v.Message), " ")
		out[i] = v
	}
	return out
}
