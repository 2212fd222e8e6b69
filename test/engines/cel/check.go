package cel

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// oldestMinor is the first release that serves ValidatingAdmissionPolicy in v1.
const oldestMinor = 30

// Check returns what is wrong with the expressions of a policy beyond what keeps it from working on the newest server:
// fields that a Pod does not have and types that do not fit, as a server would put them into status.typeChecking (which
// leaves match conditions out; we do not), and libraries that the oldest server lacks.
func Check(object *admissionv1.ValidatingAdmissionPolicy) []string {
	var found []string
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{corev1.SchemeGroupVersion})
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	checker := validating.TypeChecker{SchemaResolver: pods{}, RestMapper: mapper}
	for _, w := range checker.Check(object) {
		found = append(found, fmt.Sprintf("%s: %s: %s", object.Name, w.FieldRef, w.Warning))
	}
	typed := checker.CreateContext(object)
	for _, c := range object.Spec.MatchConditions {
		if results := checker.CheckExpression(typed, c.Expression); len(results) > 0 {
			found = append(found, fmt.Sprintf("%s: condition %s: %s", object.Name, c.Name, results))
		}
	}
	oldest := environment.MustBaseEnvSet(version.MajorMinor(1, oldestMinor))
	if _, err := compile(object, oldest, environment.NewExpressions); err != nil {
		found = append(found, fmt.Sprintf("on v1.%d: %v", oldestMinor, err))
	}
	return slices.Compact(found)
}

// pods resolves the schema of a Pod from its Go type, and no other.
type pods struct{}

func (pods) ResolveSchema(gvk schema.GroupVersionKind) (*spec.Schema, error) {
	if gvk != corev1.SchemeGroupVersion.WithKind("Pod") {
		return nil, resolver.ErrSchemaNotFound
	}
	return podSchema(), nil
}
