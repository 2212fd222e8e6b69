package fakeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
)

// answerPatch carries out a merge patch of a namespace as an API server does: with its preconditions, validation of
// metadata, field managers and dry run.
func (s *Server) answerPatch(w http.ResponseWriter, r *http.Request) {
	p, ok := parse(r.URL.Path)
	if !ok || p.Resource != "namespaces" || p.name == "" {
		writeStatus(w, r, status(http.StatusMethodNotAllowed, "MethodNotAllowed", "the fake patches namespaces only"))
		return
	}
	if r.Header.Get("Content-Type") != string(types.MergePatchType) {
		writeStatus(w, r, status(http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType,
			"the body of the request was in an unknown format - accepted media types include: "+string(types.MergePatchType)))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	patched, err := s.patchNamespace(p, body, managerOf(r), r.URL.Query().Get("dryRun") == metav1.DryRunAll)
	if err != nil {
		answer, ok := errors.AsType[*apierrors.StatusError](err)
		if !ok {
			answer = apierrors.NewInternalError(err)
		}
		refused := answer.Status()
		writeStatus(w, r, &refused)
		return
	}
	write(w, r, http.StatusOK, patched.DeepCopy(), p.GroupVersion()) // encoding sets its kind
}

// managerOf is the field manager that a request names, or the server makes up.
func managerOf(r *http.Request) string {
	if manager := r.URL.Query().Get("fieldManager"); manager != "" {
		return manager
	}
	manager, _, _ := strings.Cut(r.UserAgent(), "/")
	return manager
}

func (s *Server) patchNamespace(p path, body []byte, manager string, dryRun bool) (*corev1.Namespace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.namespace(p.name)
	if old == nil {
		return nil, apierrors.NewNotFound(p.GroupResource(), p.name)
	}
	patched, err := merge(old, body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if patched.ResourceVersion != old.ResourceVersion {
		return nil, apierrors.NewConflict(p.GroupResource(), p.name,
			errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	}
	if wrong := apivalidation.ValidateObjectMetaUpdate(&patched.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata")); len(wrong) > 0 {
		return nil, apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Namespace").GroupKind(), p.name, wrong)
	}
	if equality.Semantic.DeepEqual(old, patched) {
		return old, nil
	}
	if patched, err = managed(old, patched, manager); err != nil {
		return nil, err
	}
	if !dryRun {
		s.store(patched)
	}
	return patched, nil
}

// merge is the namespace with a merge patch applied.
func merge(old *corev1.Namespace, patch []byte) (*corev1.Namespace, error) {
	document, err := json.Marshal(old)
	if err != nil {
		return nil, err
	}
	if document, err = jsonpatch.MergePatch(document, patch); err != nil {
		return nil, err
	}
	patched := &corev1.Namespace{}
	return patched, json.Unmarshal(document, patched)
}

// managed is the new namespace with the managed fields that a server gives it.
func managed(old, updated *corev1.Namespace, manager string) (*corev1.Namespace, error) {
	kind := corev1.SchemeGroupVersion.WithKind("Namespace")
	fields, err := managedfields.NewDefaultFieldManager(managedfields.NewDeducedTypeConverter(),
		scheme.Scheme, scheme.Scheme, scheme.Scheme, kind, kind.GroupVersion(), "", nil)
	if err != nil {
		return nil, err
	}
	old, updated = old.DeepCopy(), updated.DeepCopy()
	old.SetGroupVersionKind(kind)
	updated.SetGroupVersionKind(kind)
	result, err := fields.Update(old, updated, manager)
	if err != nil {
		return nil, err
	}
	namespace, ok := result.(*corev1.Namespace)
	if !ok {
		return nil, fmt.Errorf("the field manager made a %T", result)
	}
	namespace.TypeMeta = metav1.TypeMeta{}
	return namespace, nil
}

// Namespace is a namespace as the server holds it; nil for none.
func (s *Server) Namespace(name string) *corev1.Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.namespace(name).DeepCopy()
}

// Change has somebody else write a namespace, which must be there.
func (s *Server) Change(name string, change func(*corev1.Namespace)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	namespace := s.namespace(name).DeepCopy()
	change(namespace)
	s.store(namespace)
}

// Delete removes a namespace.
func (s *Server) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.objects["namespaces"]
	if at, found := search(list, "/"+name); found {
		s.objects["namespaces"] = append(list[:at:at], list[at+1:]...)
	}
}

// namespace is nil for none. The caller holds the lock, and changes a copy.
func (s *Server) namespace(name string) *corev1.Namespace {
	if at, found := search(s.objects["namespaces"], "/"+name); found {
		namespace, _ := s.objects["namespaces"][at].(*corev1.Namespace)
		return namespace
	}
	return nil
}

// store keeps a namespace, at a new resourceVersion; one that it has had elsewhere is older. The caller holds the lock.
func (s *Server) store(namespace *corev1.Namespace) {
	if old := s.namespace(namespace.Name); old != nil {
		s.replaced[namespace.Name] = old
	}
	had, _ := strconv.Atoi(namespace.ResourceVersion) // it has none, or one of ours
	s.revision = max(s.revision, had) + 1
	namespace.ResourceVersion = strconv.Itoa(s.revision)
	s.objects["namespaces"] = insert(s.objects["namespaces"], namespace)
}
