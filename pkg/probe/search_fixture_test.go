package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/pod-security-admission/admission"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/admission/api/load"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	"k8s.io/pod-security-admission/policy"
)

// apiServer answers dry runs as a server does: upstream's own admission, run on a configuration, decides.
type apiServer struct {
	config *admissionapi.PodSecurityConfiguration
	minor  int
	// inactive says that no plug-in judges anything.
	inactive   bool
	namespaces []corev1.Namespace
	// pods are those that run in kube-system.
	pods []*corev1.Pod
	// rights are what "me" may do, as "VERB RESOURCE", others those of everybody else.
	rights, others []string
	// mutate changes an object on its way; psp refuses every pod first.
	mutate func(runtime.Object)
	psp    bool

	mu   sync.Mutex
	seen []string
}

const me = "me"

// configured reads a configuration.
func configured(t *testing.T, text string) *admissionapi.PodSecurityConfiguration {
	t.Helper()
	const head = "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n"
	config, err := load.LoadFromData([]byte(head + text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// client starts the server.
func (s *apiServer) client(t *testing.T) *Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	const fast = 1e6
	c, err := newClient(&rest.Config{Host: server.URL}, "v0", fast, fast)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *apiServer) upstream() (*admission.Admission, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	a := &admission.Admission{
		Configuration: s.config, Evaluator: evaluator, Metrics: unmeasured{}, NamespaceGetter: s, PodLister: s,
	}
	if err := a.CompleteConfiguration(); err != nil {
		return nil, err
	}
	return a, a.ValidateConfiguration()
}

type unmeasured struct{}

func (unmeasured) RecordEvaluation(metrics.Decision, api.LevelVersion, metrics.Mode, api.Attributes) {
}

func (unmeasured) RecordExemption(api.Attributes) {}

func (unmeasured) RecordError(bool, api.Attributes) {}

// GetNamespace implements admission.NamespaceGetter.
func (s *apiServer) GetNamespace(_ context.Context, name string) (*corev1.Namespace, error) {
	for i := range s.namespaces {
		if s.namespaces[i].Name == name {
			ns := s.namespaces[i].DeepCopy()
			ns.Labels = s.asOfOld(ns.Labels)
			return ns, nil
		}
	}
	return nil, fmt.Errorf("no namespace %s", name)
}

// ListPods implements admission.PodLister.
func (s *apiServer) ListPods(_ context.Context, namespace string) ([]*corev1.Pod, error) {
	if namespace != kubeSystem {
		return nil, nil
	}
	return slices.Clone(s.pods), nil
}

// asOfOld spells out what servers imply that imply no warn.
func (s *apiServer) asOfOld(labels map[string]string) map[string]string {
	if s.minor >= impliedWarnSince || labels[api.WarnLevelLabel] != "" {
		return labels
	}
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[api.WarnLevelLabel] = s.config.Defaults.Warn
	return labels
}

// ServeHTTP implements http.Handler.
func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user := r.Header.Get("Impersonate-User")
	if user == "" {
		user = me
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var obj runtime.Object
	if r.Method == http.MethodPatch {
		obj, err = s.patched(r, body)
	} else {
		obj, _, err = scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	if review, ok := obj.(*authorizationv1.SelfSubjectAccessReview); ok {
		a := review.Spec.ResourceAttributes
		review.Status.Allowed = slices.Contains(s.rights, a.Verb+" "+a.Resource) || slices.Contains(s.rights, a.Verb+" "+a.Resource+" "+a.Namespace)
		respond(w, http.StatusCreated, review)
		return
	}
	s.mu.Lock()
	s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
	s.mu.Unlock()
	if s.mutate != nil {
		s.mutate(obj)
	}
	s.admit(w, r, user, obj)
}

// patched is the namespace as a merge patch of labels would make it.
func (s *apiServer) patched(r *http.Request, body []byte) (runtime.Object, error) {
	var patch struct {
		Metadata struct {
			Labels map[string]*string `json:"labels"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(body, &patch); err != nil {
		return nil, err
	}
	old := s.namespace(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	ns := old.DeepCopy()
	if ns.Labels == nil {
		ns.Labels = map[string]string{}
	}
	for key, value := range patch.Metadata.Labels {
		if delete(ns.Labels, key); value != nil {
			ns.Labels[key] = *value
		}
	}
	return ns, nil
}

func (s *apiServer) namespace(name string) *corev1.Namespace {
	for i := range s.namespaces {
		if s.namespaces[i].Name == name {
			return &s.namespaces[i]
		}
	}
	return nil
}

// admit answers a request.
func (s *apiServer) admit(w http.ResponseWriter, r *http.Request, user string, obj runtime.Object) {
	a := &api.AttributesRecord{Operation: admissionv1.Create, Object: obj, Username: user}
	there := false
	switch o := obj.(type) {
	case *corev1.Namespace:
		old := s.namespace(o.Name)
		if there = old != nil && r.Method == http.MethodPost; o.Name == "" {
			o.Name = o.GenerateName + "x1y2z"
		}
		a.Name, a.Namespace = o.Name, o.Name
		a.Kind, a.Resource = corev1.SchemeGroupVersion.WithKind("Namespace"), corev1.SchemeGroupVersion.WithResource("namespaces")
		if r.Method == http.MethodPatch {
			a.Operation, a.OldObject = admissionv1.Update, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: o.Name, Labels: s.asOfOld(old.Labels)}}
		}
		a.Object = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: o.Name, Labels: s.asOfOld(o.Labels)}}
	case *corev1.Pod:
		o.Name = o.GenerateName + "x1y2z"
		a.Name, a.Namespace = o.Name, strings.Split(r.URL.Path, "/")[4]
		a.Kind, a.Resource = corev1.SchemeGroupVersion.WithKind("Pod"), corev1.SchemeGroupVersion.WithResource("pods")
	case *appsv1.Deployment:
		a.Name, a.Namespace = "d", strings.Split(r.URL.Path, "/")[5]
		a.Kind, a.Resource = appsv1.SchemeGroupVersion.WithKind("Deployment"), appsv1.SchemeGroupVersion.WithResource("deployments")
	}
	if text := s.unauthorized(user, a); text != "" {
		refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, text)
		return
	}
	s.judge(w, a, obj, there)
}

func (s *apiServer) unauthorized(user string, a *api.AttributesRecord) string {
	verb, rights := "create", s.rights
	if a.Operation == admissionv1.Update {
		verb = "patch"
	}
	if user != me {
		rights = s.others
	}
	right := verb + " " + a.Resource.Resource
	if slices.Contains(rights, right) || slices.Contains(rights, right+" "+a.Namespace) {
		return ""
	}
	return fmt.Sprintf("%s is forbidden: User %q cannot %s resource %q in API group %q", a.Resource.Resource, user, verb, a.Resource.Resource, a.Resource.Group)
}

func (s *apiServer) judge(w http.ResponseWriter, a *api.AttributesRecord, obj runtime.Object, there bool) {
	if s.psp && a.Resource.Resource == "pods" {
		refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, `pods "x" is forbidden: PodSecurityPolicy: unable to admit pod: []`)
		return
	}
	if !s.inactive {
		upstream, err := s.upstream()
		if err != nil {
			refuse(w, http.StatusInternalServerError, metav1.StatusReasonInternalError, err.Error())
			return
		}
		response := upstream.Validate(context.Background(), a)
		for _, text := range response.Warnings {
			if s.minor >= exemptWarningSince || !strings.Contains(text, "is exempt from Pod Security") {
				w.Header().Add("Warning", `299 - "`+strings.ReplaceAll(text, `"`, `\"`)+`"`)
			}
		}
		if !response.Allowed {
			refuse(w, int(response.Result.Code), response.Result.Reason, response.Result.Message)
			return
		}
	}
	if there {
		refuse(w, http.StatusConflict, metav1.StatusReasonAlreadyExists, fmt.Sprintf("namespaces %q already exists", a.Name))
		return
	}
	respond(w, http.StatusCreated, obj)
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	respond(w, code, &metav1.Status{Status: metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message})
}

func respond(w http.ResponseWriter, code int, obj runtime.Object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, runtime.EncodeOrDie(scheme.Codecs.LegacyCodec(scheme.Scheme.PrioritizedVersionsAllGroups()...), obj))
}
