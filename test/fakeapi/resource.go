package fakeapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// resource is one that the server serves.
type resource struct {
	schema.GroupVersionResource
	list runtime.Object
}

func resources() []resource {
	core, apps, batch, admission := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion, admissionv1.SchemeGroupVersion
	rbac, policy := rbacv1.SchemeGroupVersion, schema.GroupVersion{Group: "policy", Version: "v1beta1"}
	policies := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": policy.String(), "kind": "PodSecurityPolicyList"}}
	return []resource{
		{core.WithResource("namespaces"), &corev1.NamespaceList{}},
		{core.WithResource("pods"), &corev1.PodList{}},
		{core.WithResource("events"), &corev1.EventList{}},
		{core.WithResource("podtemplates"), &corev1.PodTemplateList{}},
		{core.WithResource("serviceaccounts"), &corev1.ServiceAccountList{}},
		{core.WithResource("replicationcontrollers"), &corev1.ReplicationControllerList{}},
		{apps.WithResource("deployments"), &appsv1.DeploymentList{}},
		{apps.WithResource("replicasets"), &appsv1.ReplicaSetList{}},
		{apps.WithResource("statefulsets"), &appsv1.StatefulSetList{}},
		{apps.WithResource("daemonsets"), &appsv1.DaemonSetList{}},
		{batch.WithResource("jobs"), &batchv1.JobList{}},
		{batch.WithResource("cronjobs"), &batchv1.CronJobList{}},
		{admission.WithResource("validatingwebhookconfigurations"), &admissionv1.ValidatingWebhookConfigurationList{}},
		{admission.WithResource("mutatingwebhookconfigurations"), &admissionv1.MutatingWebhookConfigurationList{}},
		{admission.WithResource("mutatingadmissionpolicies"), &admissionv1.MutatingAdmissionPolicyList{}},
		{admission.WithResource("mutatingadmissionpolicybindings"), &admissionv1.MutatingAdmissionPolicyBindingList{}},
		{rbac.WithResource("clusterroles"), &rbacv1.ClusterRoleList{}},
		{rbac.WithResource("clusterrolebindings"), &rbacv1.ClusterRoleBindingList{}},
		{rbac.WithResource("roles"), &rbacv1.RoleList{}},
		{rbac.WithResource("rolebindings"), &rbacv1.RoleBindingList{}},
		{nodev1.SchemeGroupVersion.WithResource("runtimeclasses"), &nodev1.RuntimeClassList{}},
		{policy.WithResource("podsecuritypolicies"), policies},
	}
}

// minor is the minor of the server's version.
func (s *Server) minor() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	minor, _ := strconv.Atoi(s.version.Minor)
	return minor
}

// servesPolicies says whether the server's version still has PodSecurityPolicies.
func (s *Server) servesPolicies() bool { return s.minor() < 25 }

// servedBy are the resources below the path of a group's version, as the server's version has them; none for other paths.
func (s *Server) servedBy(path string) []metav1.APIResource {
	since := map[string]int{"validatingadmissionpolicies": 30, "mutatingadmissionpolicies": 36}
	var served []metav1.APIResource
	for _, r := range append(resources(), resource{GroupVersionResource: admissionv1.SchemeGroupVersion.WithResource("validatingadmissionpolicies")}) {
		if path != "/apis/"+r.Group+"/"+r.Version || s.minor() < since[r.Resource] || r.Resource == "podsecuritypolicies" && !s.servesPolicies() {
			continue
		}
		served = append(served, metav1.APIResource{Name: r.Resource})
	}
	return served
}

// pluralOf is the resource under which an object is kept.
func pluralOf(obj runtime.Object) (string, error) {
	kinds, _, err := scheme.Scheme.ObjectKinds(obj)
	if err != nil {
		return "", err
	}
	plural, _ := meta.UnsafeGuessKindToResource(kinds[0])
	for _, r := range resources() {
		if r.GroupVersionResource == plural {
			return plural.Resource, nil
		}
	}
	return "", fmt.Errorf("fakeapi does not serve %s", plural)
}

// path is a request's path, taken apart.
type path struct {
	resource
	namespace, name string
}

// parse understands /api/v1/… and /apis/GROUP/VERSION/…, with and without a namespace.
func parse(urlPath string) (path, bool) {
	words := strings.Split(strings.Trim(urlPath, "/"), "/")
	var gv schema.GroupVersion
	switch {
	case len(words) > 2 && words[0] == "api":
		gv, words = schema.GroupVersion{Version: words[1]}, words[2:]
	case len(words) > 3 && words[0] == "apis":
		gv, words = schema.GroupVersion{Group: words[1], Version: words[2]}, words[3:]
	default:
		return path{}, false
	}
	var p path
	if len(words) > 2 && words[0] == "namespaces" {
		p.namespace, words = words[1], words[2:]
	}
	if len(words) == 2 {
		p.name = words[1]
	}
	at := slices.IndexFunc(resources(), func(r resource) bool { return r.GroupVersionResource == gv.WithResource(words[0]) })
	if at < 0 || len(words) > 2 {
		return path{}, false
	}
	p.resource = resources()[at]
	return p, true
}

func (s *Server) answerResource(w http.ResponseWriter, r *http.Request) {
	p, ok := parse(r.URL.Path)
	if served := s.servedBy(r.URL.Path); len(served) > 0 {
		write(w, r, http.StatusOK, &metav1.APIResourceList{APIResources: served}, schema.GroupVersion{Version: "v1"})
		return
	}
	if !ok || p.Resource == "podsecuritypolicies" && !s.servesPolicies() {
		writeStatus(w, r, status(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource"))
		return
	}
	s.mu.Lock()
	objects := slices.Clone(s.objects[p.Resource])
	s.mu.Unlock()
	if p.name != "" {
		at, found := search(objects, p.namespace+"/"+p.name)
		if !found {
			writeStatus(w, r, status(http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%s %q not found", p.GroupResource(), p.name)))
			return
		}
		object := objects[at]
		if wantsOlder(r) {
			object = s.older(p, object)
		}
		write(w, r, http.StatusOK, object.DeepCopyObject(), p.GroupVersion()) // encoding sets its kind
		return
	}
	page, err := pageOf(p, objects, r)
	if err != nil {
		writeStatus(w, r, status(http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error()))
		return
	}
	write(w, r, http.StatusOK, page, p.GroupVersion())
}

// pageOf is the part of a list that the request asks for.
func pageOf(p path, objects []runtime.Object, r *http.Request) (runtime.Object, error) {
	query := r.URL.Query()
	byLabel, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	byField, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		return nil, err
	}
	after, err := base64.URLEncoding.DecodeString(query.Get("continue"))
	if err != nil {
		return nil, err
	}
	limit, _ := strconv.Atoi(query.Get("limit"))
	var items []runtime.Object
	left := int64(0)
	for _, obj := range objects {
		m, err := meta.Accessor(obj)
		if err != nil {
			return nil, err
		}
		set := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
		if e, ok := obj.(*corev1.Event); ok {
			set["reason"] = e.Reason
		}
		switch {
		case p.namespace != "" && m.GetNamespace() != p.namespace, keyOf(obj) <= string(after),
			!byLabel.Matches(labels.Set(m.GetLabels())), !byField.Matches(set):
		case limit > 0 && len(items) == limit:
			left++
		default:
			items = append(items, obj)
		}
	}
	list := p.list.DeepCopyObject()
	m, err := meta.ListAccessor(list)
	if err != nil {
		return nil, err
	}
	m.SetResourceVersion(strconv.Itoa(firstRevision))
	if left > 0 {
		m.SetContinue(tokenAfter(items[len(items)-1]))
		if byLabel.Empty() && byField.Empty() {
			m.SetRemainingItemCount(&left)
		}
	}
	return list, meta.SetList(list, items)
}

// tokenAfter is the continue token of a page that ends with obj.
func tokenAfter(obj runtime.Object) string {
	return base64.URLEncoding.EncodeToString([]byte(keyOf(obj)))
}

func search(objects []runtime.Object, key string) (int, bool) {
	return slices.BinarySearchFunc(objects, key, func(obj runtime.Object, key string) int { return strings.Compare(keyOf(obj), key) })
}
