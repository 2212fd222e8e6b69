package fakeapi

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Admit says what becomes of a pod that is created by dry run: it changes the pod, or returns why it is refused.
type Admit func(pod *corev1.Pod) (refusal string)

// SetAdmit sets what becomes of pods that are created by dry run; without it they are taken as they are.
func (s *Server) SetAdmit(admit Admit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admit = admit
}

// Deny makes the server answer by no to whoever asks for the right to do something, such as "create pods".
func (s *Server) Deny(right string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = append(s.denied, right)
}

// answerPost takes dry runs of pods and questions after one's own rights. Nothing is stored.
func (s *Server) answerPost(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	obj, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		writeStatus(w, r, status(http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error()))
		return
	}
	s.mu.Lock()
	admit, denied := s.admit, slices.Clone(s.denied)
	s.mu.Unlock()
	p, known := parse(r.URL.Path)
	switch o := obj.(type) {
	case *authorizationv1.SelfSubjectAccessReview:
		a := o.Spec.ResourceAttributes
		o.Status.Allowed = !slices.Contains(denied, a.Verb+" "+a.Resource)
		write(w, r, http.StatusCreated, o, authorizationv1.SchemeGroupVersion)
		return
	case *corev1.Pod:
		if known && p.Resource == "pods" && r.URL.RawQuery == "dryRun=All" {
			created(w, r, o, admit)
			return
		}
	}
	refused := fmt.Sprintf("the fake takes no %T but by dry run of a pod", obj)
	writeStatus(w, r, status(http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, refused))
}

func created(w http.ResponseWriter, r *http.Request, pod *corev1.Pod, admit Admit) {
	pod.Name = pod.GenerateName + "x1y2z"
	if admit != nil {
		if refusal := admit(pod); refusal != "" {
			message := refusal
			if !strings.HasPrefix(refusal, "admission webhook") {
				message = fmt.Sprintf("pods %q is forbidden: %s", pod.Name, refusal)
			}
			writeStatus(w, r, status(http.StatusForbidden, metav1.StatusReasonForbidden, message))
			return
		}
	}
	write(w, r, http.StatusCreated, pod, schema.GroupVersion{Version: "v1"})
}
