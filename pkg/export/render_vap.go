package export

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// renderVAP gives a ValidatingAdmissionPolicy with its binding for each rule, after one MutatingAdmissionPolicy with its
// binding for all mutations.
func renderVAP(s *Set, o Options) ([]report.Document, error) {
	docs, err := renderMutations(s, o)
	if err != nil {
		return nil, err
	}
	for i := range s.Rules {
		pair, err := renderRule(s, &s.Rules[i], o)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", s.Rules[i].Name, err)
		}
		docs = append(docs, pair...)
	}
	if changes := templateChanges(s, o); len(changes) > 0 {
		if len(docs) == 0 {
			docs = []report.Document{{}}
		}
		docs[0].Comments = paragraphs(changes, docs[0].Comments)
	}
	if len(docs) > 0 {
		docs[0].Comments = paragraphs(s.About, docs[0].Comments)
	}
	return docs, nil
}

// paragraphs joins comments with an empty line between them.
func paragraphs(above, below []string) []string {
	if len(above) == 0 || len(below) == 0 {
		return slices.Concat(above, below)
	}
	return slices.Concat(above, []string{""}, below)
}

func renderRule(s *Set, r *Rule, o Options) ([]report.Document, error) {
	variables, err := r.variables()
	if err != nil {
		return nil, err
	}
	name := objectName(s.Name, r.Name)
	fail := admissionv1.Fail
	policy := &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy:    &fail,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: judgedRequests()},
		},
	}
	for _, c := range s.Conditions {
		policy.Spec.MatchConditions = append(policy.Spec.MatchConditions, admissionv1.MatchCondition(c))
	}
	for _, v := range variables {
		policy.Spec.Variables = append(policy.Spec.Variables, admissionv1.Variable(v))
	}
	for _, v := range r.Validations {
		forbidden := metav1.StatusReasonForbidden // as Pod Security and PodSecurityPolicy answer
		policy.Spec.Validations = append(policy.Spec.Validations, admissionv1.Validation{
			Expression: v.Expression, Message: v.Message, MessageExpression: v.MessageExpression, Reason: &forbidden,
		})
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        name,
			MatchResources:    o.boundTo(),
			ValidationActions: o.actions(),
		},
	}
	return documents(aboutRule(r, VAP), policy, binding)
}

// judgedRequests are those that make a pod, or change what runs in it.
func judgedRequests() []admissionv1.NamedRuleWithOperations {
	return []admissionv1.NamedRuleWithOperations{
		podRequests("pods", admissionv1.Create, admissionv1.Update),
		podRequests("pods/ephemeralcontainers", admissionv1.Update),
	}
}

func podRequests(resource string, operations ...admissionv1.OperationType) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: operations,
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
	}}
}

// boundTo is where a policy applies: nil for everywhere.
func (o Options) boundTo() *admissionv1.MatchResources {
	if o.Namespaces == nil {
		return nil
	}
	return &admissionv1.MatchResources{NamespaceSelector: o.Namespaces}
}

func (o Options) actions() []admissionv1.ValidationAction {
	if o.Enforce {
		return []admissionv1.ValidationAction{admissionv1.Deny}
	}
	return []admissionv1.ValidationAction{admissionv1.Warn, admissionv1.Audit}
}

// documents are objects as they are written, the first of them with comments: what only the server fills in is left out.
func documents(comments []string, objects ...any) ([]report.Document, error) {
	docs := make([]report.Document, len(objects))
	for i, object := range objects {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return nil, err
		}
		delete(content, "status")
		if metadata, ok := content["metadata"].(map[string]any); ok {
			delete(metadata, "creationTimestamp")
		}
		docs[i].Object = content
	}
	docs[0].Comments = comments
	return docs, nil
}
