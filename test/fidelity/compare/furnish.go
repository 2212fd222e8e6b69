package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// canary is a namespace in which nothing is compared: what the server does there shows that it has taken notice of
// everything that was written before, which takes it some milliseconds.
const canary = "canary"

// settling is how long the server may take to notice.
const settling = time.Minute

// furnish makes what all requests rely upon.
func (s *Server) furnish(ctx context.Context) error {
	for _, name := range random.RuntimeClasses() {
		class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: "none"}
		if _, err := s.client.NodeV1().RuntimeClasses().Create(ctx, class, metav1.CreateOptions{}); unless(err, apierrors.IsAlreadyExists) {
			return err
		}
	}
	return s.namespace(ctx, canary, nil)
}

func unless(err error, fine func(error) bool) bool { return err != nil && !fine(err) }

// namespace makes a namespace with the account that pods need, if it is not there yet, and gives it those labels of
// ours, which may be such as cannot be parsed: a change of the status is not looked at.
func (s *Server) namespace(ctx context.Context, name string, labels map[string]string) error {
	namespaces := s.client.CoreV1().Namespaces()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := namespaces.Create(ctx, ns, metav1.CreateOptions{}); unless(err, apierrors.IsAlreadyExists) {
		return err
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := s.client.CoreV1().ServiceAccounts(name).Create(ctx, account, metav1.CreateOptions{}); unless(err, apierrors.IsAlreadyExists) {
		return err
	}
	return s.relabel(ctx, name, labels)
}

// relabel replaces the Pod Security labels of a namespace behind Pod Security's back.
func (s *Server) relabel(ctx context.Context, name string, labels map[string]string) error {
	none := map[string]string{
		api.EnforceLevelLabel: "", api.EnforceVersionLabel: "", api.AuditLevelLabel: "", api.AuditVersionLabel: "",
		api.WarnLevelLabel: "", api.WarnVersionLabel: "",
	}
	patch, err := labelPatch(none, labels)
	if err != nil {
		return err
	}
	_, err = s.client.CoreV1().Namespaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// settle waits until the server judges by the labels and, where they matter, by the pods that were written so far: it
// hears of all namespaces in the order in which they changed, and of all pods likewise.
func (s *Server) settle(ctx context.Context, pods bool) error {
	n := s.settled.Add(1)
	version := fmt.Sprintf("v1.%d", 1000+n)
	if err := s.relabel(ctx, canary, map[string]string{api.EnforceLevelLabel: "baseline", api.EnforceVersionLabel: version}); err != nil {
		return err
	}
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("canary-%s-%d", s.id, n)},
		Spec:       corev1.PodSpec{HostPID: true, SchedulerName: "nobody", Containers: []corev1.Container{{Name: "c", Image: "none"}}},
	}
	body, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	refused := &request{verb: "POST", path: collection("v1", "Pod", canary), contentType: jsonType, body: body}
	err = poll(ctx, settling, func() (bool, error) {
		a, err := s.ask(ctx, refused)
		return err == nil && strings.Contains(a.message(), `"baseline:`+version+`"`), err
	})
	if err != nil {
		return fmt.Errorf("waiting for the server to notice a change of labels: %w", err)
	}
	if !pods {
		return nil
	}
	return s.settlePods(ctx, pod)
}

func (s *Server) settlePods(ctx context.Context, pod *corev1.Pod) error {
	name := pod.Name
	if err := s.namespace(ctx, name, map[string]string{api.EnforceLevelLabel: "privileged"}); err != nil {
		return err
	}
	err := poll(ctx, settling, func() (bool, error) {
		_, err := s.client.CoreV1().Pods(name).Create(ctx, pod, metav1.CreateOptions{})
		if apierrors.IsForbidden(err) { // it has not noticed the labels of this one either
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	patch, err := labelPatch(nil, map[string]string{api.EnforceLevelLabel: "baseline", api.EnforceVersionLabel: "v1.0"})
	if err != nil {
		return err
	}
	warned := &request{verb: "PATCH", path: "/api/v1/namespaces/" + name, contentType: mergeType, body: patch}
	err = poll(ctx, settling, func() (bool, error) {
		a, err := s.ask(ctx, warned)
		return err == nil && len(a.warnings) > 0, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the server to notice a pod: %w", err)
	}
	return nil
}
