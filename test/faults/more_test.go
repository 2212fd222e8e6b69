package faults

import (
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	serverversion "k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// old makes the server one that still has PodSecurityPolicies, and some, with those who may use them.
func old(s *fakeapi.Server) {
	s.SetVersion(serverversion.Info{Major: "1", Minor: "24", GitVersion: "v1.24.17"})
	for _, name := range []string{"hardened", "loose"} {
		policy := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": map[string]any{"name": name, "uid": "psp-" + name, "resourceVersion": "9"},
			"spec": map[string]any{
				"privileged": false, "readOnlyRootFilesystem": name == "hardened", "volumes": []any{"*"},
				"runAsUser": map[string]any{"rule": "RunAsAny"}, "seLinux": map[string]any{"rule": "RunAsAny"},
				"fsGroup": map[string]any{"rule": "RunAsAny"}, "supplementalGroups": map[string]any{"rule": "RunAsAny"},
			},
		}}
		rule := rbacv1.PolicyRule{APIGroups: []string{"policy"}, Resources: []string{"podsecuritypolicies"}, ResourceNames: []string{name}, Verbs: []string{"use"}}
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "psp-" + name}, Rules: []rbacv1.PolicyRule{rule}}
		s.Add(policy, role)
	}
	all := []rbacv1.Subject{{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: "system:serviceaccounts"}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "psp-loose"}
	s.Add(&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "psp-loose"}, Subjects: all, RoleRef: ref})
	ref.Name = "psp-hardened"
	for _, namespace := range []string{"alpha", "beta"} {
		s.Add(&rbacv1.RoleBinding{ObjectMeta: meta(namespace, "psp", nil), Subjects: all, RoleRef: ref},
			&corev1.ServiceAccount{ObjectMeta: meta(namespace, "default", nil)})
	}
}

// policies is the list of PodSecurityPolicies.
func policies(s standing) phase {
	return wide(get("policies", s, "/apis/policy/v1beta1/podsecuritypolicies", "podsecuritypolicies", "policy"))
}

// grants are the lists that say who may use them.
func grants() []phase {
	const rbac = "/apis/rbac.authorization.k8s.io/v1/"
	bindings := whole(get("bindings", evidence, rbac+"rolebindings", "rolebindings", rbacv1.GroupName))
	accounts := whole(get("accounts", alone, "/api/v1/serviceaccounts", "serviceaccounts", ""))
	return append(list("roles", evidence, rbac+"clusterroles", "clusterroles", rbacv1.GroupName), bindings, accounts)
}

// exports ask what the server has and print what suits it.
func exports() []command {
	asked := []phase{
		version(), get("kinds", needed, "/apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies", admissionGroup),
		get("namespace", needed, namespacePath+"beta", "namespaces", ""),
	}
	engine := get("engine", beside, "/apis/policies.kyverno.io/v1", "validatingpolicies", "policies.kyverno.io")
	engine.hint = true
	return []command{
		{name: "export --control", args: []string{"export", "ns", "beta", "--control", "read-only-root-filesystem,image-tags"}, phases: asked},
		{
			name: "export --psp", args: []string{"export", "beta", "--psp", "hardened", "--to", "kyverno"}, prepare: old,
			phases: slices.Concat(asked, []phase{policies(needed), engine}),
		},
	}
}

// migrations are what is asked about PodSecurityPolicies.
func migrations() []command {
	pods := list("pods", evidence, "/api/v1/pods", "pods", "")
	namespaces := list("namespaces", needed, namespacesPath, "namespaces", "")
	return []command{
		{
			name: "psp list", args: []string{"psp", "list", "--chunk-size", "1"}, prepare: old,
			phases: slices.Concat([]phase{version(), policies(alone)}, grants()[:3]),
		},
		{
			name: "psp check", args: []string{"psp", "check", "--chunk-size", "1"}, prepare: old,
			phases: slices.Concat([]phase{version(), identity(beside), policies(alone)}, grants(), namespaces, pods),
		},
		{
			name: "psp plan", args: []string{"psp", "plan", "--chunk-size", "1"}, prepare: old,
			phases: slices.Concat([]phase{
				version(), policies(alone), get("system", evidence, namespacePath+"kube-system", "namespaces", ""),
			}, grants()[:1], pods),
		},
		{name: "who-can", args: []string{"who-can", "--chunk-size", "1"}, prepare: old, phases: append([]phase{version()}, grants()[:3]...)},
	}
}

// others read and write what the rest does as well, in their own order.
func others() []command {
	shop := get("re-read", written, namespacePath+"shop", "namespaces", "")
	return []command{
		{
			name: "check --beyond", args: []string{"check", "ns", "--beyond", "--chunk-size", "2"},
			phases: slices.Concat([]phase{version()}, everywhere()),
		},
		{
			name: "config", args: []string{"config", "--chunk-size", "2"},
			phases: slices.Concat([]phase{version(), identity(beside)}, list("namespaces", alone, namespacesPath, "namespaces", ""), []phase{
				whole(get("classes", alone, "/apis/node.k8s.io/v1/runtimeclasses", "runtimeclasses", "node.k8s.io")),
				{name: "rights", standing: evidence, method: http.MethodPost, path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", resource: "selfsubjectaccessreviews"},
				{name: "dry run", standing: evidence, method: http.MethodPost, path: namespacePath + "beta/pods", resource: "pods"},
			}),
		},
		{
			name: "label --continue", args: []string{"label", "--yes", "--chunk-size", "1", "--continue"}, writes: true,
			before:  []string{"label", "ns", "shop", "beta", "--audit", "restricted", "--yes"},
			failing: &fakeapi.Fault{Method: http.MethodPatch, Path: namespacePath + "shop", Do: fakeapi.Forbid("namespaces", "")},
			phases: slices.Concat([]phase{version(), rename(shop, "namespace")}, list("pods", written, namespacePath+"shop/pods", "pods", ""), []phase{
				later(rename(shop, "again: namespace"), 1), later(shop, 2), patch("patch", "", false), patch("its answer", "", true),
			}),
		},
	}
}
