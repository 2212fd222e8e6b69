package cel

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/applyconfigurations"
)

// Mutator writes into pods what a MutatingAdmissionPolicy says. It is safe for concurrent use.
type Mutator struct {
	names    []string
	patchers []patch.Patcher
	types    managedfields.TypeConverter
	objects  admission.ObjectInterfaces
}

// CompileMutations compiles the mutations of a policy, which has neither conditions nor variables.
func CompileMutations(object *admissionv1.MutatingAdmissionPolicy) (*Mutator, error) {
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	m := &Mutator{types: applyconfigurations.NewTypeConverter(scheme), objects: admission.NewObjectInterfacesFromScheme(scheme)}
	options := plugincel.OptionalVariableDeclarations{HasAuthorizer: true, HasPatchTypes: true}
	for _, mutation := range object.Spec.Mutations {
		var expression plugincel.ExpressionAccessor
		if mutation.PatchType == admissionv1.PatchTypeJSONPatch {
			expression = &patch.JSONPatchCondition{Expression: mutation.JSONPatch.Expression}
		} else {
			expression = &patch.ApplyConfigurationCondition{Expression: mutation.ApplyConfiguration.Expression}
		}
		evaluator := compiler.CompileMutatingEvaluator(expression, options, environment.StoredExpressions)
		if errs := evaluator.CompilationErrors(); len(errs) > 0 {
			return nil, fmt.Errorf("%s: %w", expression.GetExpression(), errs[0])
		}
		patcher := patch.NewApplyConfigurationPatcher(evaluator)
		if mutation.PatchType == admissionv1.PatchTypeJSONPatch {
			patcher = patch.NewJSONPatcher(evaluator)
		}
		m.names, m.patchers = append(m.names, expression.GetExpression()), append(m.patchers, patcher)
	}
	return m, nil
}

// Mutate returns the pod that becomes of a request's.
func (m *Mutator) Mutate(ctx context.Context, r Request) (*corev1.Pod, error) {
	attributes := r.attributes()
	for i, patcher := range m.patchers {
		after, err := patcher.Patch(ctx, patch.Request{
			MatchedResource: attributes.GetResource(), VersionedAttributes: attributes, ObjectInterfaces: m.objects,
			Namespace: r.namespace(), TypeConverter: m.types,
		}, celconfig.RuntimeCELCostBudget)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.names[i], err)
		}
		pod, err := m.pod(after)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.names[i], err)
		}
		pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
		attributes.UpdateObject(pod)
	}
	return attributes.VersionedObject.Object().(*corev1.Pod).DeepCopy(), nil
}

// pod is the result of a patch: that of a merge has no type any more.
func (m *Mutator) pod(object runtime.Object) (*corev1.Pod, error) {
	switch object := object.(type) {
	case *corev1.Pod:
		return object, nil
	case *unstructured.Unstructured:
		pod := &corev1.Pod{}
		return pod, runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, pod, true)
	default:
		return nil, fmt.Errorf("made a %T of a pod", object)
	}
}
