package migration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// accessRoles are roles by name, as namespace/name or name.
const accessRoles = `
cluster-admin: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
ns-editor: [{apiGroups: [""], resources: [namespaces], verbs: [create, get, patch, update]}]
ns-mixed:
- {apiGroups: [""], resources: [namespaces], verbs: [patch]}
- {apiGroups: [""], resources: [namespaces], verbs: [create, update], resourceNames: [shop, pay]}
core: [{apiGroups: [""], resources: ["*"], verbs: ["*"]}]
finalizer: [{apiGroups: [""], resources: [namespaces/finalize, "*/status"], verbs: [patch, update]}]
deleter: [{apiGroups: [""], resources: [namespaces], verbs: [get, list, delete]}]
use-a: [{apiGroups: [policy, extensions], resources: [podsecuritypolicies], verbs: [use], resourceNames: [a]}]
use-old: [{apiGroups: [extensions], resources: [podsecuritypolicies], verbs: [use], resourceNames: [a, b]}]
use-any: [{apiGroups: [policy], resources: [podsecuritypolicies], verbs: ["*"]}]
shop/own: [{apiGroups: [""], resources: [namespaces], verbs: [patch], resourceNames: [shop, pay]}]
pay/own: [{apiGroups: [""], resources: [namespaces], verbs: [patch], resourceNames: [shop]}]
`

// accessWorld is those roles with bindings "[NAMESPACE/]NAME ROLE SUBJECT..."; a subject is user/x, group/x or sa/ns/x.
func accessWorld(t *testing.T, bindings ...string) *rbac.Objects {
	t.Helper()
	var roles map[string][]rbacv1.PolicyRule
	if err := yaml.UnmarshalStrict([]byte(accessRoles), &roles); err != nil {
		t.Fatal(err)
	}
	o := &rbac.Objects{}
	for name, rules := range roles {
		if namespace, own, found := strings.Cut(name, "/"); found {
			o.Roles = append(o.Roles, rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: own}, Rules: rules})
			continue
		}
		o.ClusterRoles = append(o.ClusterRoles, rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules})
	}
	for _, text := range bindings {
		words := strings.Fields(text)
		var subjects []rbacv1.Subject
		for _, word := range words[2:] {
			kind, name, _ := strings.Cut(word, "/")
			s := rbacv1.Subject{Kind: map[string]string{"user": "User", "group": "Group", "sa": "ServiceAccount"}[kind], Name: name}
			if kind == "sa" {
				s.Namespace, s.Name, _ = strings.Cut(name, "/")
			}
			subjects = append(subjects, s)
		}
		namespace, name, inNamespace := strings.Cut(words[0], "/")
		if !inNamespace {
			o.ClusterRoleBindings = append(o.ClusterRoleBindings, rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: words[0]}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: words[1]}, Subjects: subjects,
			})
			continue
		}
		ref := rbacv1.RoleRef{Kind: "ClusterRole", Name: words[1]}
		if words[1] == "own" {
			ref.Kind = "Role"
		}
		o.RoleBindings = append(o.RoleBindings, rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, RoleRef: ref, Subjects: subjects,
		})
	}
	return o
}

// accessLines are the items, a line a way.
func accessLines(list []report.Access) []string {
	var lines []string
	for i := range list {
		a := &list[i]
		who := fmt.Sprintf("%s %s/%s", a.Is, strings.ToLower(a.Kind), strings.TrimPrefix(a.SubjectNamespace+"/"+a.Name, "/"))
		if len(a.Via) == 0 {
			lines = append(lines, who)
		}
		for _, v := range a.Via {
			where := "everywhere"
			if len(v.Namespaces) > 0 {
				where = strings.Join(v.Namespaces, ",")
			}
			lines = append(lines, fmt.Sprintf("%s: %s %s %s by %s", who, strings.Join(v.Verbs, ","), v.Resource, where, v.Binding))
		}
	}
	return lines
}

const mastersLine = "admin group/system:masters"

func TestWhoRelabels(t *testing.T) {
	for _, tt := range []struct {
		name      string
		bindings  []string
		namespace string
		want      []string
	}{
		{"nobody", []string{"d deleter user/eve", "gone no-such-role user/eve"}, "", []string{mastersLine}},
		{"everywhere", []string{"e ns-editor user/ann"}, "", []string{
			"subject user/ann: create,patch,update namespaces everywhere by clusterrolebinding/e", mastersLine,
		}},
		{"a namespace's binding lets change that namespace and make none", []string{"shop/e ns-editor user/ann"}, "", []string{
			"subject user/ann: patch,update namespaces shop by rolebinding/e", mastersLine,
		}},
		{"a namespace's binding of another namespace's name is for nothing", []string{"pay/o own user/ann", "shop/o own user/bob"}, "", []string{
			"subject user/bob: patch namespaces shop by rolebinding/o", mastersLine,
		}},
		{"named namespaces, and nobody makes one by its name", []string{"m ns-mixed user/ann"}, "", []string{
			"subject user/ann: patch namespaces everywhere by clusterrolebinding/m",
			"subject user/ann: update namespaces pay,shop by clusterrolebinding/m", mastersLine,
		}},
		{"subresources", []string{"f finalizer sa/ops/operator"}, "", []string{
			"subject serviceaccount/ops/operator: patch,update namespaces/status everywhere by clusterrolebinding/f",
			"subject serviceaccount/ops/operator: update namespaces/finalize everywhere by clusterrolebinding/f", mastersLine,
		}},
		{"one namespace", []string{"m ns-mixed user/ann", "pay/e ns-editor user/bob", "shop/e ns-editor user/cyd"}, "shop", []string{
			"subject user/ann: patch namespaces everywhere by clusterrolebinding/m",
			"subject user/ann: update namespaces shop by clusterrolebinding/m",
			"subject user/cyd: patch,update namespaces shop by rolebinding/e", mastersLine,
		}},
		{"apart", []string{
			"admins cluster-admin group/admins sa/kube-system/tiller user/system:admin",
			"team/admins cluster-admin user/local",
			"system deleter user/eve",
			"controllers finalizer sa/kube-system/namespace-controller user/system:kube-controller-manager " +
				"user/system:serviceaccount:kube-system:old user/system:serviceaccount:ci:bot group/system:serviceaccounts:kube-system",
		}, "pay", []string{
			"subject user/system:serviceaccount:ci:bot: patch,update namespaces/status everywhere by clusterrolebinding/controllers",
			"subject user/system:serviceaccount:ci:bot: update namespaces/finalize everywhere by clusterrolebinding/controllers",
			"admin group/admins: patch,update namespaces everywhere by clusterrolebinding/admins",
			"admin group/admins: patch,update namespaces/status everywhere by clusterrolebinding/admins",
			"admin group/admins: update namespaces/finalize everywhere by clusterrolebinding/admins",
			mastersLine,
			"admin serviceaccount/kube-system/tiller: patch,update namespaces everywhere by clusterrolebinding/admins",
			"admin serviceaccount/kube-system/tiller: patch,update namespaces/status everywhere by clusterrolebinding/admins",
			"admin serviceaccount/kube-system/tiller: update namespaces/finalize everywhere by clusterrolebinding/admins",
			"admin user/system:admin: patch,update namespaces everywhere by clusterrolebinding/admins",
			"admin user/system:admin: patch,update namespaces/status everywhere by clusterrolebinding/admins",
			"admin user/system:admin: update namespaces/finalize everywhere by clusterrolebinding/admins",
			"system group/system:serviceaccounts:kube-system: patch,update namespaces/status everywhere by clusterrolebinding/controllers",
			"system group/system:serviceaccounts:kube-system: update namespaces/finalize everywhere by clusterrolebinding/controllers",
			"system serviceaccount/kube-system/namespace-controller: patch,update namespaces/status everywhere by clusterrolebinding/controllers",
			"system serviceaccount/kube-system/namespace-controller: update namespaces/finalize everywhere by clusterrolebinding/controllers",
			"system user/system:kube-controller-manager: patch,update namespaces/status everywhere by clusterrolebinding/controllers",
			"system user/system:kube-controller-manager: update namespaces/finalize everywhere by clusterrolebinding/controllers",
			"system user/system:serviceaccount:kube-system:old: patch,update namespaces/status everywhere by clusterrolebinding/controllers",
			"system user/system:serviceaccount:kube-system:old: update namespaces/finalize everywhere by clusterrolebinding/controllers",
		}},
		{"rights to all of one API group are not everything", []string{"c core user/ann"}, "shop", []string{
			"subject user/ann: patch,update namespaces everywhere by clusterrolebinding/c",
			"subject user/ann: patch,update namespaces/status everywhere by clusterrolebinding/c",
			"subject user/ann: update namespaces/finalize everywhere by clusterrolebinding/c", mastersLine,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, accessLines(WhoRelabels(accessWorld(t, tt.bindings...), tt.namespace))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Who gives rights to everybody wants to be told, even if these are all rights.
func TestEverybodyIsNotApart(t *testing.T) {
	everybody := []string{
		"group/system:authenticated", "group/system:serviceaccounts", "group/system:serviceaccounts:default", "group/system:unauthenticated",
		"user/system:anonymous",
	}
	for _, role := range []string{"cluster-admin", "ns-editor"} {
		var got []string
		for _, a := range WhoRelabels(accessWorld(t, "all "+role+" "+strings.Join(everybody, " ")), "") {
			if a.Is == report.AccessSubject {
				got = append(got, strings.ToLower(a.Kind)+"/"+a.Name)
			}
		}
		if diff := cmp.Diff(everybody, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", role, diff)
		}
	}
}

func TestWhoUses(t *testing.T) {
	bindings := []string{
		"accounts use-a group/system:serviceaccounts",
		"old use-old user/ann",
		"shop/any use-any sa/shop/web",
		"controllers use-old sa/kube-system/job-controller",
	}
	for _, tt := range []struct {
		policy, namespace string
		want              []string
		makers            []string
	}{
		{"a", "", []string{
			"subject group/system:serviceaccounts: use podsecuritypolicies.policy everywhere by clusterrolebinding/accounts",
			"subject group/system:serviceaccounts: use podsecuritypolicies.extensions everywhere by clusterrolebinding/accounts",
			"subject serviceaccount/shop/web: use podsecuritypolicies.policy shop by rolebinding/any",
			"subject user/ann: use podsecuritypolicies.extensions everywhere by clusterrolebinding/old",
			mastersLine,
			"system serviceaccount/kube-system/job-controller: use podsecuritypolicies.extensions everywhere by clusterrolebinding/controllers",
		}, []string{
			"system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccount:kube-system:statefulset-controller",
			"system:serviceaccount:kube-system:daemon-set-controller", "system:serviceaccount:kube-system:job-controller",
			"system:serviceaccount:kube-system:replication-controller",
		}},
		{"b", "pay", []string{
			"subject user/ann: use podsecuritypolicies.extensions everywhere by clusterrolebinding/old",
			mastersLine,
			"system serviceaccount/kube-system/job-controller: use podsecuritypolicies.extensions everywhere by clusterrolebinding/controllers",
		}, []string{"system:serviceaccount:kube-system:job-controller"}},
		{"c", "shop", []string{"subject serviceaccount/shop/web: use podsecuritypolicies.policy shop by rolebinding/any", mastersLine}, nil},
	} {
		t.Run(tt.policy+" "+tt.namespace, func(t *testing.T) {
			o := accessWorld(t, bindings...)
			if diff := cmp.Diff(tt.want, accessLines(WhoUses(o, tt.policy, tt.namespace))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := MakersThatUse(o, tt.policy, tt.namespace); !slices.Equal(got, tt.makers) {
				t.Errorf("makers: %v, want %v", got, tt.makers)
			}
		})
	}
}
