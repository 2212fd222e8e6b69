package migration

import (
	"cmp"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
)

// Mirror are the roles and bindings that let everybody use the copy of a policy who may use the original: for each role
// that names the original one of the same kind and namespace that names the copy, and for each of its bindings one with
// the same subjects. Roles that grant the use of any policy are left alone: they grant the copy's, too. What is there
// already is among them: see Lacking.
func Mirror(objects *rbac.Objects, original, copied string) rbac.Objects {
	var m rbac.Objects
	named := map[roleAt]bool{}
	for i := range objects.ClusterRoles {
		if r := &objects.ClusterRoles[i]; namesPolicy(r.Rules, original, copied) {
			named[roleAt{"", r.Name}] = true
		}
	}
	for i := range objects.Roles {
		if r := &objects.Roles[i]; namesPolicy(r.Rules, original, copied) {
			named[roleAt{r.Namespace, r.Name}] = true
		}
	}
	bound := map[roleAt]bool{}
	for i := range objects.ClusterRoleBindings {
		b := &objects.ClusterRoleBindings[i]
		if role := boundRole("", b.RoleRef); named[role] && len(b.Subjects) > 0 {
			bound[role] = true
			m.ClusterRoleBindings = append(m.ClusterRoleBindings, rbacv1.ClusterRoleBinding{
				TypeMeta: typeOf("ClusterRoleBinding"), ObjectMeta: mirroredMeta("", b.Name, original, copied),
				RoleRef: mirroredRef(b.RoleRef, copied), Subjects: slices.Clone(b.Subjects),
			})
		}
	}
	for i := range objects.RoleBindings {
		b := &objects.RoleBindings[i]
		if role := boundRole(b.Namespace, b.RoleRef); named[role] && len(b.Subjects) > 0 {
			bound[role] = true
			m.RoleBindings = append(m.RoleBindings, rbacv1.RoleBinding{
				TypeMeta: typeOf("RoleBinding"), ObjectMeta: mirroredMeta(b.Namespace, b.Name, original, copied),
				RoleRef: mirroredRef(b.RoleRef, copied), Subjects: slices.Clone(b.Subjects),
			})
		}
	}
	for role := range bound {
		meta, rules := mirroredMeta(role.namespace, role.name, original, copied), []rbacv1.PolicyRule{useOf(copied)}
		if role.namespace == "" {
			m.ClusterRoles = append(m.ClusterRoles, rbacv1.ClusterRole{TypeMeta: typeOf(clusterRoleKind), ObjectMeta: meta, Rules: rules})
		} else {
			m.Roles = append(m.Roles, rbacv1.Role{TypeMeta: typeOf("Role"), ObjectMeta: meta, Rules: rules})
		}
	}
	sortObjects(&m)
	return m
}

// Lacking are those of the objects that a cluster does not have, or has with other rules, roles or subjects.
func Lacking(have *rbac.Objects, want rbac.Objects) rbac.Objects {
	return rbac.Objects{
		ClusterRoles: lacking(have.ClusterRoles, want.ClusterRoles, func(a, b *rbacv1.ClusterRole) bool {
			return a.Name == b.Name && equality.Semantic.DeepEqual(a.Rules, b.Rules)
		}),
		Roles: lacking(have.Roles, want.Roles, func(a, b *rbacv1.Role) bool {
			return a.Namespace == b.Namespace && a.Name == b.Name && equality.Semantic.DeepEqual(a.Rules, b.Rules)
		}),
		ClusterRoleBindings: lacking(have.ClusterRoleBindings, want.ClusterRoleBindings, func(a, b *rbacv1.ClusterRoleBinding) bool {
			return a.Name == b.Name && a.RoleRef == b.RoleRef && equality.Semantic.DeepEqual(a.Subjects, b.Subjects)
		}),
		RoleBindings: lacking(have.RoleBindings, want.RoleBindings, func(a, b *rbacv1.RoleBinding) bool {
			return a.Namespace == b.Namespace && a.Name == b.Name && a.RoleRef == b.RoleRef && equality.Semantic.DeepEqual(a.Subjects, b.Subjects)
		}),
	}
}

func lacking[T any](have, want []T, same func(a, b *T) bool) []T {
	var missing []T
	for i := range want {
		if !slices.ContainsFunc(have, func(h T) bool { return same(&h, &want[i]) }) {
			missing = append(missing, want[i])
		}
	}
	return missing
}

// roleAt names a role; a ClusterRole has no namespace.
type roleAt struct{ namespace, name string }

const clusterRoleKind = "ClusterRole"

// boundRole is the role that a binding in a namespace refers to.
func boundRole(namespace string, ref rbacv1.RoleRef) roleAt {
	if ref.Kind == clusterRoleKind {
		return roleAt{"", ref.Name}
	}
	return roleAt{namespace, ref.Name}
}

// policyResource is what rules call PodSecurityPolicies. The plug-in asks in both of the groups that had them.
const policyResource = "podsecuritypolicies"

func policyGroups() []string { return []string{"policy", "extensions", rbacv1.APIGroupAll} }

// namesPolicy says whether rules grant the use of a policy by its name, and not that of its copy.
func namesPolicy(rules []rbacv1.PolicyRule, original, copied string) bool {
	use := func(name string) bool {
		return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
			here := len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, name)
			return here && overlap(r.Verbs, "use", rbacv1.VerbAll) &&
				overlap(r.APIGroups, policyGroups()...) && overlap(r.Resources, policyResource, rbacv1.ResourceAll)
		})
	}
	return use(original) && !use(copied)
}

func overlap(have []string, some ...string) bool {
	return slices.ContainsFunc(have, func(s string) bool { return slices.Contains(some, s) })
}

func useOf(policy string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"use"}, APIGroups: []string{"policy"}, Resources: []string{policyResource}, ResourceNames: []string{policy}}
}

func typeOf(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
}

// mirroredName tells mirrors of several policies in one role apart; RBAC takes colons in names.
func mirroredName(name, copied string) string { return name + ":" + copied }

func mirroredMeta(namespace, name, original, copied string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: mirroredName(name, copied), Annotations: map[string]string{psp.CopyOf: original}}
}

func mirroredRef(ref rbacv1.RoleRef, copied string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: ref.Kind, Name: mirroredName(ref.Name, copied)}
}

// sortObjects puts objects into the order of their names.
func sortObjects(o *rbac.Objects) {
	slices.SortFunc(o.ClusterRoles, func(a, b rbacv1.ClusterRole) int { return byName(&a.ObjectMeta, &b.ObjectMeta) })
	slices.SortFunc(o.Roles, func(a, b rbacv1.Role) int { return byName(&a.ObjectMeta, &b.ObjectMeta) })
	slices.SortFunc(o.ClusterRoleBindings, func(a, b rbacv1.ClusterRoleBinding) int { return byName(&a.ObjectMeta, &b.ObjectMeta) })
	slices.SortFunc(o.RoleBindings, func(a, b rbacv1.RoleBinding) int { return byName(&a.ObjectMeta, &b.ObjectMeta) })
}

func byName(a, b *metav1.ObjectMeta) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
