//go:build e2e

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// person is somebody who sends requests.
type person struct {
	name   string
	groups []string
}

// is says whether an item of a report stands for the person, who gets the groups of a service account with its name.
func (p *person) is(a *report.Access) bool {
	switch a.Kind {
	case "Group":
		return slices.Contains(p.groups, a.Name) || a.Name == "system:authenticated"
	case "ServiceAccount":
		return p.name == "system:serviceaccount:"+a.SubjectNamespace+":"+a.Name
	default:
		return p.name == a.Name
	}
}

// may says whether a report lets the person do something in a namespace; in an empty one, everywhere.
func (p *person) may(r *report.AccessReport, verb, resource, namespace string) bool {
	for i := range r.Items {
		for _, v := range r.Items[i].Via {
			if p.is(&r.Items[i]) && v.Resource == resource && slices.Contains(v.Verbs, verb) &&
				(len(v.Namespaces) == 0 || namespace != "" && slices.Contains(v.Namespaces, namespace)) {
				return true
			}
		}
	}
	return false
}

// relabelRights are roles with their rules and bindings; ID stands for this run, A and B for two namespaces.
const relabelRights = `
kind: ClusterRole
metadata: {name: every-ID}
rules: [{apiGroups: [""], resources: [namespaces, namespaces/status, namespaces/finalize], verbs: [create, update, patch]}]
---
kind: ClusterRole
metadata: {name: some-ID}
rules: [{apiGroups: [""], resources: [namespaces, namespaces/status], verbs: [create, patch], resourceNames: [A, nowhere]}]
---
kind: ClusterRole
metadata: {name: stars-ID}
rules: [{apiGroups: ["*"], resources: ["*/status", "*/finalize"], verbs: ["*"]}]
---
kind: ClusterRole
metadata: {name: core-ID}
rules: [{apiGroups: [""], resources: ["*"], verbs: [update]}]
---
kind: ClusterRole
metadata: {name: read-ID}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [get, list, watch, delete]}, {apiGroups: [apps], resources: [namespaces], verbs: ["*"]}]
---
kind: ClusterRole
metadata: {name: part-ID, labels: {e2e.pss.dev/aggregate: "id-ID"}}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [patch]}]
---
kind: ClusterRole
metadata: {name: whole-ID}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {e2e.pss.dev/aggregate: "id-ID"}}]}
rules: []
---
kind: Role
metadata: {name: other-ID, namespace: B}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [patch, update], resourceNames: [A]}]
---
kind: Role
metadata: {name: own-ID, namespace: B}
rules: [{apiGroups: [""], resources: [namespaces, namespaces/status], verbs: [patch, update], resourceNames: [B]}]
`

// relabelBindings are who is bound to what, and where: everywhere without a namespace.
func relabelBindings(a, b string) []struct{ role, namespace, kind, name string } {
	return []struct{ role, namespace, kind, name string }{
		{"every", "", "User", "every-ID"},
		{"every", "", "Group", "all-ID"},
		{"every", a, "User", "every-in-a-ID"},
		{"some", "", "User", "some-ID"},
		{"some", b, "User", "some-in-b-ID"},
		{"stars", "", "User", "stars-ID"},
		{"core", "", "User", "core-ID"},
		{"read", "", "User", "read-ID"},
		{"whole", "", "User", "whole-ID"},
		{"no-such-role", "", "User", "gone-ID"},
		{"Role/other", b, "User", "other-ID"},
		{"Role/own", b, "User", "own-ID"},
		{"Role/own", b, "ServiceAccount", "local-ID"},
		{"every", "", "User", "system:serviceaccount:" + a + ":named-ID"},
	}
}

// whoCan runs `kubectl pss who-can ARGS -o json` and reads the report strictly.
func (s *server) whoCan(t *testing.T, args ...string) (*report.AccessReport, result) {
	t.Helper()
	got := s.pss(t, slices.Concat([]string{"who-can"}, args, []string{"-o", "json"})...)
	decoder := json.NewDecoder(strings.NewReader(got.stdout))
	decoder.DisallowUnknownFields()
	var r report.AccessReport
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("kubectl pss who-can %s: %v: %+v", strings.Join(args, " "), err, got)
	}
	return &r, got
}

// TestWhoCanRelabel holds the answer to what the server lets each of them do, by requests of their own.
func TestWhoCanRelabel(t *testing.T) {
	t.Parallel()
	s := plain(t)
	a, b := s.namespace(t, "who-a", nil), s.namespace(t, "who-b", nil)
	filled := strings.NewReplacer("ID", suite.id, ": A", ": "+a, "[A", "["+a, ": B", ": "+b, "[B", "["+b).Replace
	manifest := strings.ReplaceAll(filled(relabelRights), "\nkind: ", "\napiVersion: rbac.authorization.k8s.io/v1\nkind: ")
	s.kubectl(t, "apply", "-f", file(t, "roles.yaml", manifest))
	people := []person{{name: "in-all-" + suite.id, groups: []string{"all-" + suite.id}}, {name: "nobody-" + suite.id}}
	for _, binding := range relabelBindings(a, b) {
		p := person{name: s.bindTo(t, binding.role, binding.namespace, binding.kind, filled(binding.name))}
		if binding.kind != "Group" {
			people = append(people, p)
		}
	}
	eventually(t, "the aggregated role", func() (bool, error) {
		role, err := s.client.RbacV1().ClusterRoles().Get(t.Context(), "whole-"+suite.id, metav1.GetOptions{})
		return err == nil && len(role.Rules) > 0, err
	})
	// The server hears of roles and bindings in the order in which they were made, but of each kind by itself.
	for _, last := range []string{"system:serviceaccount:" + a + ":named-" + suite.id, "system:serviceaccount:" + b + ":local-" + suite.id, "whole-" + suite.id} {
		eventually(t, "the rights of "+last, func() (bool, error) {
			err := s.tryLabel(t, &person{name: last}, "patch", "namespaces", b)
			return err == nil, err
		})
	}
	r, _ := s.whoCan(t, "relabel")
	narrow := map[string]*report.AccessReport{}
	for _, ns := range []string{a, b} {
		narrow[ns], _ = s.whoCan(t, "relabel", "-n", ns)
	}
	for i := range people {
		p := &people[i]
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s.holdRights(t, p, "create", "namespaces", "", p.may(r, "create", "namespaces", ""))
			for _, ns := range []string{a, b} {
				for _, way := range []string{
					"patch namespaces", "update namespaces", "patch namespaces/status", "update namespaces/status", "update namespaces/finalize",
				} {
					verb, resource, _ := strings.Cut(way, " ")
					s.holdRights(t, p, verb, resource, ns, p.may(r, verb, resource, ns))
					if whole, here := p.may(r, verb, resource, ns), p.may(narrow[ns], verb, resource, ns); whole != here {
						t.Errorf("%s %s: %v of all namespaces, %v with -n %s", verb, resource, whole, here, ns)
					}
				}
			}
		})
	}
}

// bindTo binds a role of relabelRights to a subject and returns the user name that stands for it.
func (s *server) bindTo(t *testing.T, role, namespace, kind, name string) string {
	t.Helper()
	ctx, o := t.Context(), metav1.CreateOptions{}
	meta := metav1.ObjectMeta{GenerateName: "who-", Namespace: namespace}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role + "-" + suite.id}
	if own, found := strings.CutPrefix(role, "Role/"); found {
		ref.Kind, ref.Name = "Role", own+"-"+suite.id
	}
	subjects, user := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}}, name
	if kind == "ServiceAccount" { // without a namespace: that of the binding
		subjects[0].APIGroup, user = "", "system:serviceaccount:"+namespace+":"+name
	}
	var err error
	if namespace == "" {
		_, err = s.client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, o)
	} else {
		_, err = s.client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// holdRights tries to change a label, or to make a namespace, and expects the server to let the person or not.
func (s *server) holdRights(t *testing.T, p *person, verb, resource, namespace string, want bool) {
	t.Helper()
	err := s.tryLabel(t, p, verb, resource, namespace)
	if got := err == nil; got != want || !got && !apierrors.IsForbidden(err) {
		t.Errorf("%s %s of %q: %v, want %v: %v", verb, resource, namespace, got, want, err)
	}
	compared.Add(1)
}

// tryLabel is one dry run by a person.
func (s *server) tryLabel(t *testing.T, p *person, verb, resource, namespace string) error {
	t.Helper()
	core := s.client.CoreV1()
	_, subresource, _ := strings.Cut(resource, "/")
	dry := []string{metav1.DryRunAll}
	var request *rest.Request
	switch verb {
	case "create":
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "who-"}}
		request = core.RESTClient().Post().Body(ns).VersionedParams(&metav1.CreateOptions{DryRun: dry}, scheme.ParameterCodec)
	case "update":
		ns, err := core.Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ns.ResourceVersion = ""
		metav1.SetMetaDataLabel(&ns.ObjectMeta, "pod-security.kubernetes.io/warn", "baseline")
		request = core.RESTClient().Put().Name(namespace).Body(ns).VersionedParams(&metav1.UpdateOptions{DryRun: dry}, scheme.ParameterCodec)
	default:
		body := []byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/warn":"baseline"}}}`)
		request = core.RESTClient().Patch(types.MergePatchType).Name(namespace).Body(body).
			VersionedParams(&metav1.PatchOptions{DryRun: dry}, scheme.ParameterCodec)
	}
	request = request.Resource("namespaces")
	if subresource != "" {
		request = request.SubResource(subresource)
	}
	if len(p.groups) > 0 {
		request = request.SetHeader("Impersonate-Group", p.groups...)
	}
	answer := s.ask(t.Context(), p.name, request, &corev1.Namespace{})
	if ns, ok := answer.stored.(*corev1.Namespace); ok && verb != "create" && ns.Labels["pod-security.kubernetes.io/warn"] != "baseline" {
		t.Errorf("%s %s lets %s in, and changes no labels", verb, resource, p.name)
	}
	return answer.err
}
