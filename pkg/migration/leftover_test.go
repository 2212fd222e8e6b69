package migration

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
)

const leftBehind = `
ClusterRoles:
- metadata: {name: gone, uid: u, resourceVersion: "3", labels: {app: x}, managedFields: [{manager: kubectl}]}
  rules:
  - {verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [web]}
  - {verbs: [use], apiGroups: [extensions], resources: [podsecuritypolicies]}
- metadata: {name: mixed}
  rules:
  - {verbs: [get, use], apiGroups: [policy, ""], resources: [pods, podsecuritypolicies, secrets]}
  - {verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies]}
  - {verbs: [get], apiGroups: [""], resources: [nodes]}
  - {verbs: [use], apiGroups: ["*"], resources: [podsecuritypolicies/status]}
- metadata: {name: admin}
  rules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"]}]
- metadata: {name: foreign}
  rules: [{verbs: [use], apiGroups: [example.com], resources: [podsecuritypolicies]}]
- metadata: {name: aggregated}
  aggregationRule: {}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies]}]
- metadata: {name: empty}
Roles:
- metadata: {namespace: shop, name: gone}
  rules: [{verbs: [use], apiGroups: [policy], resources: [podsecuritypolicies]}]
ClusterRoleBindings:
- metadata: {name: all}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gone}
  subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: "o'hara"}]
- metadata: {name: kept}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: mixed}
RoleBindings:
- metadata: {namespace: shop, name: own}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
- metadata: {namespace: desk, name: other}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
- metadata: {namespace: desk, name: cluster}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gone}
`

func TestRBACLeftovers(t *testing.T) {
	shell := Shell{Cluster: []string{"--context", "prod"}}
	var got []string
	for _, l := range RBACLeftovers(objectsFrom(t, leftBehind)) {
		command, undo := shell.Removal(&l)
		got = append(got, l.Kind+" "+l.Namespace+"/"+l.Name+" "+l.What, command, undo)
	}
	const create = " | kubectl create --filename - --context prod"
	want := []string{
		"ClusterRoleBinding /all binds ClusterRole gone, which grants nothing but podsecuritypolicies",
		"kubectl delete clusterrolebinding all --context prod",
		`printf %s '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"all"},` +
			`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"gone"},` +
			`"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"o'\''hara"}]}'` + create,
		"RoleBinding shop/own binds Role gone, which grants nothing but podsecuritypolicies",
		"kubectl delete rolebinding own --namespace shop --context prod",
		`printf %s '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"own","namespace":"shop"},` +
			`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"gone"}}'` + create,
		"RoleBinding desk/cluster binds ClusterRole gone, which grants nothing but podsecuritypolicies",
		"kubectl delete rolebinding cluster --namespace desk --context prod",
		`printf %s '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"cluster","namespace":"desk"},` +
			`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"gone"}}'` + create,
		"ClusterRole /gone grants nothing but podsecuritypolicies",
		"kubectl delete clusterrole gone --context prod",
		`printf %s '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"labels":{"app":"x"},"name":"gone"},` +
			`"rules":[{"apiGroups":["policy"],"resourceNames":["web"],"resources":["podsecuritypolicies"],"verbs":["use"]},` +
			`{"apiGroups":["extensions"],"resources":["podsecuritypolicies"],"verbs":["use"]}]}'` + create,
		"Role shop/gone grants nothing but podsecuritypolicies",
		"kubectl delete role gone --namespace shop --context prod",
		`printf %s '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"gone","namespace":"shop"},` +
			`"rules":[{"apiGroups":["policy"],"resources":["podsecuritypolicies"],"verbs":["use"]}]}'` + create,
		"ClusterRole /mixed rule 1, 2, 4 of 4 names podsecuritypolicies",
		`kubectl patch clusterrole mixed --type=json --patch '[` +
			`{"op":"test","path":"/rules/3","value":{"verbs":["use"],"apiGroups":["*"],"resources":["podsecuritypolicies/status"]}},` +
			`{"op":"remove","path":"/rules/3"},` +
			`{"op":"test","path":"/rules/1","value":{"verbs":["use"],"apiGroups":["policy"],"resources":["podsecuritypolicies"]}},` +
			`{"op":"remove","path":"/rules/1"},` +
			`{"op":"test","path":"/rules/0","value":{"verbs":["get","use"],"apiGroups":["policy",""],"resources":["pods","podsecuritypolicies","secrets"]}},` +
			`{"op":"replace","path":"/rules/0","value":{"verbs":["get","use"],"apiGroups":["policy",""],"resources":["pods","secrets"]}}` +
			`]' --context prod`,
		`kubectl patch clusterrole mixed --type=json --patch '[` +
			`{"op":"test","path":"/rules","value":[{"verbs":["get","use"],"apiGroups":["policy",""],"resources":["pods","secrets"]},` +
			`{"verbs":["get"],"apiGroups":[""],"resources":["nodes"]}]},` +
			`{"op":"replace","path":"/rules/0","value":{"verbs":["get","use"],"apiGroups":["policy",""],"resources":["pods","podsecuritypolicies","secrets"]}},` +
			`{"op":"add","path":"/rules/1","value":{"verbs":["use"],"apiGroups":["policy"],"resources":["podsecuritypolicies"]}},` +
			`{"op":"add","path":"/rules/3","value":{"verbs":["use"],"apiGroups":["*"],"resources":["podsecuritypolicies/status"]}}` +
			`]' --context prod`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
}

// Rules in every arrangement go by the patch and come back by its undo; neither works twice.
func TestRulePatchesThereAndBack(t *testing.T) {
	kinds := []rbacv1.PolicyRule{
		{Verbs: []string{"use"}, APIGroups: []string{"policy"}, Resources: []string{"podsecuritypolicies"}},
		{Verbs: []string{"get"}, APIGroups: []string{"policy"}, Resources: []string{"podsecuritypolicies", "poddisruptionbudgets"}},
		{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}},
		{Verbs: []string{"get"}, NonResourceURLs: []string{"/healthz"}},
	}
	patched := 0
	for n := range 4 * 4 * 4 * 4 {
		role := rbacv1.ClusterRole{Rules: []rbacv1.PolicyRule{kinds[n%4], kinds[n/4%4], kinds[n/16%4], kinds[n/64]}}
		role.Name = "r"
		found := RBACLeftovers(&rbac.Objects{ClusterRoles: []rbacv1.ClusterRole{role}})
		if len(found) == 0 || found[0].Object != nil {
			continue
		}
		patched++
		before := marshal(t, role)
		after := applyPatch(t, before, found[0].Command)
		var clean rbacv1.ClusterRole
		if err := json.Unmarshal(after, &clean); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(after), "podsecuritypolicies") || len(RBACLeftovers(&rbac.Objects{ClusterRoles: []rbacv1.ClusterRole{clean}})) > 0 {
			t.Errorf("%s became %s", before, after)
		}
		var back rbacv1.ClusterRole
		restored := applyPatch(t, after, found[0].Undo)
		if err := json.Unmarshal(restored, &back); err != nil {
			t.Fatal(err)
		}
		if !equality.Semantic.DeepEqual(role, back) {
			t.Errorf("undone:\n%s", cmp.Diff(role, back))
		}
		for _, again := range []struct {
			object  []byte
			command []string
		}{{after, found[0].Command}, {restored, found[0].Undo}} {
			patch, err := jsonpatch.DecodePatch([]byte(again.command[len(again.command)-1]))
			if err != nil {
				t.Fatal(err)
			}
			if out, err := patch.Apply(again.object); err == nil {
				t.Errorf("applied twice: %s", out)
			}
		}
	}
	if patched < 100 {
		t.Errorf("%d roles were patched only", patched)
	}
}

func applyPatch(t *testing.T, object []byte, command []string) []byte {
	t.Helper()
	patch, err := jsonpatch.DecodePatch([]byte(command[len(command)-1]))
	if err != nil {
		t.Fatal(err)
	}
	out, err := patch.Apply(object)
	if err != nil {
		t.Fatalf("%v: %s by %s", err, object, command)
	}
	return out
}

func marshal(t *testing.T, object any) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
