// Package cel judges pods by rules as the API server's own engine does: the code of ValidatingAdmissionPolicy in
// k8s.io/apiserver, with its environment and its limits of cost, in this process and with no server.
//
//	policies, err := cel.Compile(set)                  // an export.Set, or
//	policies, err := cel.CompilePolicies(objects)      // what a renderer made of one
//	refusals, err := policies.Judge(ctx, cel.Request{Pod: pod})
//
// Compile once and judge often: thousands of pods a second. An expression that cannot be evaluated for a request is an
// error, never a refusal, because a rule that fails on some pod is a rule with a fault. Check looks at expressions with
// the types of a Pod, as the server does for status.typeChecking, and with the libraries of the oldest server that has
// the kind.
package cel

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// Policies are compiled. They are safe for concurrent use.
type Policies []policy

type policy struct {
	name      string
	rules     []admissionv1.NamedRuleWithOperations
	validator validating.Validator
}

// Compile makes one policy of each rule, named as the rule is. It does what a renderer would, and no more: what a
// renderer makes of the set is for CompilePolicies.
func Compile(set *export.Set) (Policies, error) {
	objects, err := FromSet(set)
	if err != nil {
		return nil, err
	}
	return CompilePolicies(objects)
}

// CompilePolicies compiles what a server would be given. An expression that does not compile is an error here; a server
// would refuse the object.
func CompilePolicies(objects []*admissionv1.ValidatingAdmissionPolicy) (Policies, error) {
	env := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	all := make(Policies, len(objects))
	for i, object := range objects {
		validator, err := compile(object, env, environment.StoredExpressions)
		if err != nil {
			return nil, err
		}
		all[i] = policy{name: object.Name, validator: validator}
		if object.Spec.MatchConstraints != nil {
			all[i].rules = object.Spec.MatchConstraints.ResourceRules
		}
	}
	return all, nil
}

// FromSet writes a policy for each rule of a set.
func FromSet(set *export.Set) ([]*admissionv1.ValidatingAdmissionPolicy, error) {
	var all []*admissionv1.ValidatingAdmissionPolicy
	for i := range set.Rules {
		rule := &set.Rules[i]
		object := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: rule.Name}}
		spec := &object.Spec
		spec.MatchConstraints = &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{
			match("pods", admissionv1.Create, admissionv1.Update), match("pods/ephemeralcontainers", admissionv1.Update),
		}}
		for _, c := range set.Conditions {
			spec.MatchConditions = append(spec.MatchConditions, admissionv1.MatchCondition{Name: c.Name, Expression: c.Expression})
		}
		for _, p := range rule.Params {
			value, err := p.Expression()
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", rule.Name, err)
			}
			spec.Variables = append(spec.Variables, admissionv1.Variable{Name: p.Name, Expression: value})
		}
		for _, v := range rule.Variables {
			spec.Variables = append(spec.Variables, admissionv1.Variable{Name: v.Name, Expression: v.Expression})
		}
		for _, v := range rule.Validations {
			spec.Validations = append(spec.Validations, admissionv1.Validation{
				Expression: v.Expression, Message: v.Message, MessageExpression: v.MessageExpression,
			})
		}
		all = append(all, object)
	}
	return all, nil
}

func match(resource string, operations ...admissionv1.OperationType) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: operations,
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
	}}
}

// compile does what the plug-in does with an object, whose own function for it is not exported.
func compile(object *admissionv1.ValidatingAdmissionPolicy, env *environment.EnvSet, mode environment.Type) (validating.Validator, error) {
	compiler, err := plugincel.NewCompositedCompiler(env)
	if err != nil {
		return nil, err
	}
	spec := &object.Spec
	options := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
	for _, v := range spec.Variables {
		result := compiler.CompileAndStoreVariable(&validating.Variable{Name: v.Name, Expression: v.Expression}, options, mode)
		if result.Error != nil {
			return nil, fmt.Errorf("%s: variable %s: %w", object.Name, v.Name, result.Error)
		}
	}
	var conditions, validations, messages, annotations []plugincel.ExpressionAccessor
	for i := range spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&spec.MatchConditions[i]))
	}
	for _, v := range spec.Validations {
		text, message := v.Message, plugincel.ExpressionAccessor(nil)
		if v.MessageExpression != "" {
			// Without the text that a server falls back to, a failing messageExpression shows.
			text, message = "", &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}
		}
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: text, Reason: v.Reason})
		messages = append(messages, message)
	}
	for _, a := range spec.AuditAnnotations {
		annotations = append(annotations, &validating.AuditAnnotationCondition{Key: a.Key, ValueExpression: a.ValueExpression})
	}
	withoutAuthorizer := plugincel.OptionalVariableDeclarations{HasParams: options.HasParams}
	var compiled []plugincel.ConditionEvaluator
	for _, part := range []struct {
		name        string
		expressions []plugincel.ExpressionAccessor
		options     plugincel.OptionalVariableDeclarations
	}{
		{"matchConditions", conditions, options},
		{"validations", validations, options},
		{"messageExpression", messages, withoutAuthorizer},
		{"auditAnnotations", annotations, options},
	} {
		evaluator := compiler.CompileCondition(part.expressions, part.options, mode)
		if errs := evaluator.CompilationErrors(); len(errs) > 0 {
			return nil, fmt.Errorf("%s: %s: %w", object.Name, part.name, errs[0])
		}
		compiled = append(compiled, evaluator)
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(compiled[0], spec.FailurePolicy, "policy", "validate", object.Name)
	}
	return validating.NewValidator(compiled[1], matcher, compiled[3], compiled[2], spec.FailurePolicy, nil), nil
}
