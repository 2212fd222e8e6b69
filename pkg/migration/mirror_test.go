package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
)

func objectsFrom(t *testing.T, text string) *rbac.Objects {
	t.Helper()
	var o rbac.Objects
	if err := yaml.UnmarshalStrict([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return &o
}

// asYAML shows objects without what all of them have.
func asYAML(t *testing.T, o rbac.Objects) string {
	t.Helper()
	raw, err := yaml.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const mirrored = `
ClusterRoles:
- metadata: {name: "psp:web", labels: {app: x}}
  rules:
  - {verbs: [get], apiGroups: [""], resources: [pods]}
  - {verbs: [use], apiGroups: [extensions], resources: [podsecuritypolicies], resourceNames: [other, web]}
- metadata: {name: all}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies]}]
- metadata: {name: both}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [web, 0web]}]
- metadata: {name: reader}
  rules: [{verbs: [get], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [web]}]
- metadata: {name: unbound}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [web]}]
- metadata: {name: other}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [other]}]
Roles:
- metadata: {namespace: shop, name: user}
  rules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [web]}]
ClusterRoleBindings:
- metadata: {name: everybody}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "psp:web"}
  subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}]
- metadata: {name: any}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all}
  subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: ann}]
- metadata: {name: nobody}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: unbound}
RoleBindings:
- metadata: {namespace: shop, name: b}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: user}
  subjects: [{kind: ServiceAccount, namespace: shop, name: default}]
- metadata: {namespace: desk, name: b}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "psp:web"}
  subjects: [{kind: ServiceAccount, namespace: desk, name: a}, {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}]
- metadata: {namespace: desk, name: elsewhere}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: user}
  subjects: [{kind: ServiceAccount, namespace: desk, name: a}]
`

func TestMirror(t *testing.T) {
	got := Mirror(objectsFrom(t, mirrored), "web", "0web")
	want := objectsFrom(t, `
ClusterRoles:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: "psp:web:0web", annotations: {pss.dev/copy-of: web}}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [0web]}]
Roles:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {namespace: shop, name: "user:0web", annotations: {pss.dev/copy-of: web}}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [0web]}]
ClusterRoleBindings:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: "everybody:0web", annotations: {pss.dev/copy-of: web}}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "psp:web:0web"}
  subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}]
RoleBindings:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {namespace: desk, name: "b:0web", annotations: {pss.dev/copy-of: web}}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "psp:web:0web"}
  subjects: [{kind: ServiceAccount, namespace: desk, name: a}, {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {namespace: shop, name: "b:0web", annotations: {pss.dev/copy-of: web}}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: "user:0web"}
  subjects: [{kind: ServiceAccount, namespace: shop, name: default}]
`)
	if diff := cmp.Diff(asYAML(t, *want), asYAML(t, got)); diff != "" {
		t.Errorf("mirror (-want +got):\n%s", diff)
	}
}

// With its mirror in place everybody who may use the original may use the copy, and nobody else; nothing is lacking then,
// and what somebody changes is.
func TestMirrorGrantsTheSame(t *testing.T) {
	have := objectsFrom(t, mirrored)
	m := Mirror(have, "web", "0web")
	if lacks := Lacking(have, m); asYAML(t, lacks) != asYAML(t, m) {
		t.Errorf("before, only this is lacking:\n%s", asYAML(t, lacks))
	}
	have.ClusterRoles = append(have.ClusterRoles, m.ClusterRoles...)
	have.Roles = append(have.Roles, m.Roles...)
	have.ClusterRoleBindings = append(have.ClusterRoleBindings, m.ClusterRoleBindings...)
	have.RoleBindings = append(have.RoleBindings, m.RoleBindings...)
	type user struct {
		Subject   rbacv1.Subject
		Namespace string
	}
	users := func(policy string) map[user]bool {
		all := map[user]bool{}
		for _, group := range []string{"policy", "extensions"} {
			for _, g := range have.Who(rbac.Action{Verb: "use", Group: group, Resource: "podsecuritypolicies", Name: policy}) {
				all[user{g.Subject, g.Namespace}] = true
			}
		}
		return all
	}
	if diff := cmp.Diff(users("web"), users("0web")); diff != "" || len(users("web")) < 4 {
		t.Errorf("users of the original and of the copy:\n%s", diff)
	}
	if diff := cmp.Diff(asYAML(t, m), asYAML(t, Mirror(have, "web", "0web"))); diff != "" {
		t.Errorf("mirrored again:\n%s", diff)
	}
	if lacks := Lacking(have, m); asYAML(t, lacks) != asYAML(t, rbac.Objects{}) {
		t.Errorf("this is still lacking:\n%s", asYAML(t, lacks))
	}
	last := len(have.RoleBindings) - 1
	have.RoleBindings[last].Subjects = nil
	lacks := Lacking(have, m)
	if len(lacks.RoleBindings) != 1 || lacks.RoleBindings[0].Name != "b:0web" || len(lacks.ClusterRoles)+len(lacks.Roles)+len(lacks.ClusterRoleBindings) > 0 {
		t.Errorf("after a change this is lacking:\n%s", asYAML(t, lacks))
	}
}
