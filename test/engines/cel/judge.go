package cel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// Request is what a server is asked about a pod. The pod alone is its creation.
type Request struct {
	Pod *corev1.Pod
	// Old is what was there before; with it the request is an update.
	Old *corev1.Pod
	// Operation is worked out from Old where it is empty.
	Operation admission.Operation
	// Subresource is ephemeralcontainers, or empty for the pod itself.
	Subresource string
	// Namespace may be nil: one without labels, named as in the pod.
	Namespace *corev1.Namespace
	// User is who asks, system:admin where it is nil.
	User user.Info
}

// Refusal is one validation that is not true.
type Refusal struct{ Rule, Message string }

// noMessage begins what a server says for want of a message.
const noMessage = "failed expression: "

// Judge returns what refuses a request, in the order of policies and their validations. A policy that does not look at
// the request, by its constraints or conditions, refuses nothing.
func (p Policies) Judge(ctx context.Context, r Request) ([]Refusal, error) {
	if r.Pod == nil {
		return nil, errors.New("a request without a pod")
	}
	attributes := r.attributes()
	var refusals []Refusal
	for i := range p {
		if !p[i].matches(attributes) {
			continue
		}
		result := p[i].validator.Validate(ctx, attributes.GetResource(), attributes, nil, r.namespace(), celconfig.RuntimeCELCostBudget, nobody{})
		for _, d := range result.Decisions {
			switch d.Evaluation {
			case validating.EvalAdmit:
			case validating.EvalDeny:
				if strings.HasPrefix(d.Message, noMessage) {
					return nil, fmt.Errorf("%s: no message, or its messageExpression failed: %s", p[i].name, d.Message)
				}
				refusals = append(refusals, Refusal{Rule: p[i].name, Message: d.Message})
			case validating.EvalError:
				return nil, fmt.Errorf("%s: %s", p[i].name, d.Message)
			}
		}
	}
	return refusals, nil
}

func (p *policy) matches(attributes admission.Attributes) bool {
	for _, rule := range p.rules {
		matcher := rules.Matcher{Rule: rule.RuleWithOperations, Attr: attributes}
		if matcher.Matches() {
			return true
		}
	}
	return false
}

// attributes are those of a request whose objects are v1 already; their CEL values are made once for all policies.
func (r *Request) attributes() *admission.VersionedAttributes {
	operation, old := r.Operation, runtime.Object(nil)
	if operation == "" {
		operation = admission.Create
	}
	if r.Old != nil {
		old = typed(r.Old)
		if r.Operation == "" {
			operation = admission.Update
		}
	}
	who := r.User
	if who == nil {
		who = &user.DefaultInfo{Name: "system:admin", Groups: []string{user.SystemPrivilegedGroup, user.AllAuthenticated}}
	}
	kind, pod := corev1.SchemeGroupVersion.WithKind("Pod"), typed(r.Pod)
	attributes := &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(pod, old, kind, r.Pod.Namespace, r.Pod.Name,
			corev1.SchemeGroupVersion.WithResource("pods"), r.Subresource, operation, nil, false, who),
		VersionedKind:   kind,
		VersionedObject: admission.NewLazyObject(pod),
	}
	if old != nil {
		attributes.VersionedOldObject = admission.NewLazyObject(old)
	}
	return attributes
}

// typed is a pod that says what it is, as all that a server evaluates does.
func typed(pod *corev1.Pod) *corev1.Pod {
	if pod.Kind != "" {
		return pod
	}
	pod = pod.DeepCopy()
	pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return pod
}

func (r *Request) namespace() *corev1.Namespace {
	if r.Namespace != nil {
		return r.Namespace
	}
	namespace := &corev1.Namespace{}
	namespace.Name = r.Pod.Namespace
	return namespace
}

// nobody may do anything, whatever a policy asks of the authorizer.
type nobody struct{}

func (nobody) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionDeny, "", nil
}
