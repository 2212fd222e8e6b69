package rbac

import (
	"fmt"
	"strconv"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// GuardSince is the first minor of Kubernetes 1 that serves what a Guard is made of.
const GuardSince = 30

// guardName is what the policy and its binding are called.
const guardName = "pod-security-guard"

// maxTold is how many of those who may do it a refusal names.
const maxTold = 5

// Guard keeps everybody but some subjects from loosening what Pod Security enforces in a namespace. It says nothing on
// namespaces that are made new, nor on the audit and warn modes, which refuse nothing.
type Guard struct {
	// Allowed may loosen.
	Allowed []rbacv1.Subject
	// Default is what the server enforces in a namespace without labels.
	Default api.LevelVersion
}

// Policy is the policy that refuses. It goes by labels as the server reads them: a level that is none counts as
// restricted, a version that is none as latest. Nobody is refused who leaves level and version as they are.
func (g Guard) Policy() *admissionv1.ValidatingAdmissionPolicy {
	fail, forbidden := admissionv1.Fail, metav1.StatusReasonForbidden
	return &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: guardName},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: &fail,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Update},
					Rule: admissionv1.Rule{
						// Labels change through the subresources too, and Pod Security does not look at these.
						APIGroups: []string{corev1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"namespaces", "namespaces/*"},
					},
				},
			}}},
			MatchConditions: []admissionv1.MatchCondition{{Name: "not-by-those-who-may", Expression: g.others()}},
			Variables:       g.variables(),
			Validations: []admissionv1.Validation{{
				Expression: "variables.rankAfter >= variables.rankBefore && " +
					"(variables.rankBefore == 0 || variables.minorAfter >= variables.minorBefore)",
				MessageExpression: strconv.Quote("only "+g.told()+" may loosen Pod Security: enforce of namespace ") + " + object.metadata.name + " +
					`" would go from " + variables.levelBefore + ":" + variables.versionBefore + " to " + variables.levelAfter + ":" + variables.versionAfter`,
				Message: "only " + g.told() + " may loosen Pod Security",
				Reason:  &forbidden,
			}},
		},
	}
}

// Binding puts the policy into force.
func (g Guard) Binding() *admissionv1.ValidatingAdmissionPolicyBinding {
	return &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: guardName},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: guardName, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
}

// variables read level and version before and after, and make numbers of them.
func (g Guard) variables() []admissionv1.Variable {
	list := []admissionv1.Variable{{Name: "ranks", Expression: fmt.Sprintf("{%q: 0, %q: 1}", api.LevelPrivileged, api.LevelBaseline)}}
	for _, when := range []struct{ name, object string }{{"Before", "oldObject"}, {"After", "object"}} {
		label := func(key, absent string) string {
			return fmt.Sprintf("%s.metadata.?labels[?%q].orValue(%q)", when.object, key, absent)
		}
		list = append(
			list,
			admissionv1.Variable{Name: "level" + when.name, Expression: label(api.EnforceLevelLabel, string(g.Default.Level))},
			admissionv1.Variable{Name: "version" + when.name, Expression: label(api.EnforceVersionLabel, g.Default.Version.String())},
			admissionv1.Variable{Name: "rank" + when.name, Expression: fmt.Sprintf("variables.ranks[?variables.level%s].orValue(2)", when.name)},
			// More digits than these are a version that no server has reached, which is as good as latest.
			admissionv1.Variable{Name: "minor" + when.name, Expression: fmt.Sprintf(
				"variables.version%[1]s.matches('^v1[.](0|[1-9][0-9]{0,8})$') ? int(variables.version%[1]s.substring(3)) : 1000000000", when.name)},
		)
	}
	return list
}

// others is true for requests of everybody who is not allowed.
func (g Guard) others() string {
	var users, groups []string
	for _, s := range g.Allowed {
		switch s.Kind {
		case rbacv1.GroupKind:
			groups = append(groups, strconv.Quote(s.Name))
		case rbacv1.ServiceAccountKind:
			users = append(users, strconv.Quote(ServiceAccount(s.Namespace, s.Name).Name))
		default:
			users = append(users, strconv.Quote(s.Name))
		}
	}
	var terms []string
	if len(users) > 0 {
		terms = append(terms, "!(request.userInfo.username in ["+strings.Join(users, ", ")+"])")
	}
	if len(groups) > 0 {
		terms = append(terms, "!request.userInfo.?groups.orValue([]).exists(g, g in ["+strings.Join(groups, ", ")+"])")
	}
	if len(terms) == 0 {
		return "true"
	}
	return strings.Join(terms, " && ")
}

// told names those who may, for those who may not.
func (g Guard) told() string {
	var names []string
	for _, s := range g.Allowed[:min(len(g.Allowed), maxTold)] {
		names = append(names, SubjectText(s))
	}
	switch more := len(g.Allowed) - maxTold; {
	case len(names) == 0:
		return "nobody"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	default:
		return strings.Join(names, ", ")
	}
}
