package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderMutations gives one policy for all mutations, since their order matters, where the cluster has such policies.
func renderMutations(s *Set, o Options) ([]report.Document, error) {
	if len(s.Mutations) == 0 || !o.MutatingPolicies {
		return nil, nil
	}
	fail, name := admissionv1.Fail, objectName(s.Name, "defaults")
	policy := &admissionv1.MutatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "MutatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			FailurePolicy: &fail,
			MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: []admissionv1.NamedRuleWithOperations{podRequests("pods", admissionv1.Create)},
			},
			// What a webhook injects later is to get its values as well.
			ReinvocationPolicy: admissionv1.IfNeededReinvocationPolicy,
		},
	}
	comments := []string{"Writes into new pods what they leave open:"}
	for i := range s.Mutations {
		m := &s.Mutations[i]
		mutation, err := m.mutation()
		if err != nil {
			return nil, fmt.Errorf("mutation %s: %w", m.Name, err)
		}
		policy.Spec.Mutations = append(policy.Spec.Mutations, mutation)
		comments = append(comments, "- "+m.String()+" ("+m.Source+")")
		comments = append(comments, noted(m.Notes, VAP)...)
	}
	if !o.Enforce {
		comments = append(comments, "It writes as soon as it is applied, although the rules only warn so far.")
	}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "MutatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name, MatchResources: o.boundTo()},
	}
	return documents(comments, policy, binding)
}

// templateChanges say what templates have to say themselves where nothing writes it into pods.
func templateChanges(s *Set, o Options) []string {
	if len(s.Mutations) == 0 || o.MutatingPolicies {
		return nil
	}
	lines := []string{"This cluster does not serve MutatingAdmissionPolicy v1. The templates of workloads have to say themselves:"}
	for i := range s.Mutations {
		lines = append(lines, "- "+s.Mutations[i].String()+" ("+s.Mutations[i].Source+")")
	}
	return lines
}

// String is the mutation as a change to a template.
func (m Mutation) String() string {
	value := fmt.Sprint(m.Value)
	if data, err := json.Marshal(m.Value); err == nil {
		value = string(data)
	}
	path := "spec." + strings.Join(m.Path, ".")
	switch {
	case m.Annotation:
		path = "metadata.annotations[" + strings.Join(m.Path, ".") + "]"
	case m.Containers:
		path = "spec.containers[*]." + strings.Join(m.Path, ".") + " (initContainers too)"
	}
	if m.Add {
		return path + ": add " + strings.Trim(value, "[]")
	}
	return path + ": " + value
}

// mutation merges what it can, and patches lists, which merging would replace as a whole.
func (m *Mutation) mutation() (admissionv1.Mutation, error) {
	if len(m.Path) == 0 || m.Annotation && (m.Containers || len(m.Path) != 1) {
		return admissionv1.Mutation{}, errors.New("its path cannot be written")
	}
	_, texts := m.Value.([]string)
	_, numbers := m.Value.([]int64)
	write, patchType := m.merge, admissionv1.PatchTypeApplyConfiguration
	if texts || numbers {
		write, patchType = m.patch, admissionv1.PatchTypeJSONPatch
	}
	expression, err := write()
	if err != nil {
		return admissionv1.Mutation{}, err
	}
	out := admissionv1.Mutation{PatchType: patchType}
	if patchType == admissionv1.PatchTypeJSONPatch {
		out.JSONPatch = &admissionv1.JSONPatch{Expression: expression}
	} else {
		out.ApplyConfiguration = &admissionv1.ApplyConfiguration{Expression: expression}
	}
	return out, nil
}

// open is CEL that is true where the mutation has something to write below a root: object.spec, or container.
func (m *Mutation) open(root string) string {
	condition := "!" + optional(root, m.Path) + ".hasValue()"
	if m.Annotation {
		condition = "!(" + literal(m.Path[0]) + " in object.metadata.?annotations.orValue({}))"
	}
	if m.Unless != "" {
		condition += " && !(" + m.Unless + ")"
	}
	return condition
}

// optional is a path of which any part may be absent.
func optional(root string, path []string) string { return root + ".?" + strings.Join(path, ".?") }

// merge is an apply configuration; one without anything in it changes nothing.
func (m *Mutation) merge() (string, error) {
	if m.Annotation {
		value, err := initializer("Object", nil, m.Value)
		if err != nil {
			return "", err
		}
		return m.open("") + "\n? Object{metadata: Object.metadata{annotations: {" + literal(m.Path[0]) + ": " + value + "}}}\n: Object{}", nil
	}
	if !m.Containers {
		value, err := initializer("Object.spec", m.Path, m.Value)
		if err != nil {
			return "", err
		}
		return m.open("object.spec") + "\n? Object{spec: " + value + "}\n: Object{}", nil
	}
	lists := make([]string, 0, 2)
	for _, list := range containerLists() {
		value, err := initializer("Object.spec."+list, m.Path, m.Value)
		if err != nil {
			return "", err
		}
		named := strings.Replace(value, "{", "{name: container.name, ", 1)
		lists = append(lists, "  "+list+": object.spec.?"+list+".orValue([])\n    .filter(container, "+m.open("container")+")\n    .map(container, "+named+")")
	}
	return "Object{spec: Object.spec{\n" + strings.Join(lists, ",\n") + "}}", nil
}

// containerLists are those that have defaults written into.
func containerLists() []string { return []string{"containers", "initContainers"} }

// initializer is an object of the type at a path with a value below it.
func initializer(typeName string, path []string, value any) (string, error) {
	if len(path) > 0 {
		inner, err := initializer(typeName+"."+path[0], path[1:], value)
		if err != nil {
			return "", err
		}
		return typeName + "{" + path[0] + ": " + inner + "}", nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return Param{Name: typeName[strings.LastIndex(typeName, ".")+1:], Value: value}.Expression()
	}
	texts := make([]string, 0, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		inner, err := initializer(typeName+"."+key, nil, fields[key])
		if err != nil {
			return "", err
		}
		texts = append(texts, key+": "+inner)
	}
	return typeName + "{" + strings.Join(texts, ", ") + "}", nil
}
