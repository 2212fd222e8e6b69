package relabel

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const (
	enforce        = "pod-security.kubernetes.io/enforce"
	enforceVersion = "pod-security.kubernetes.io/enforce-version"
	audit          = "pod-security.kubernetes.io/audit"
	warn           = "pod-security.kubernetes.io/warn"
)

type labelSet = map[string]string

// live is a namespace with a team's label and an annotation besides Pod Security's labels.
func live(name string, podSecurity labelSet) *corev1.Namespace {
	labels := labelSet{"team": "a"}
	maps.Copy(labels, podSecurity)
	return &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID("uid-" + name), Labels: labels, Annotations: labelSet{"note": "x"},
			Finalizers: []string{"example.com/hold"},
			// A server tracks managers only where somebody was tracked from the start.
			ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: "kubectl-create", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
				FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:note":{}},"f:labels":{"f:team":{}}}}`),
			}},
		},
		Spec:   corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
		Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}
}

// change is the planned change of a namespace that live has made.
func change(name string, before, after labelSet) report.Planned {
	return report.Planned{
		Namespace: name, UID: "uid-" + name, Action: report.ActionChange, Before: before, After: after, Refused: []report.Refused{},
	}
}

// userFlags are a user's flags that lead to the server.
func userFlags(t *testing.T, s *fakeapi.Server, timeout time.Duration) *genericclioptions.ConfigFlags {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, s.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	f := genericclioptions.NewConfigFlags(false)
	f.KubeConfig = &path
	if timeout > 0 {
		text := timeout.String()
		f.Timeout = &text
	}
	return f
}

func start(t *testing.T, objects ...runtime.Object) *fakeapi.Server {
	t.Helper()
	s := fakeapi.New(objects...)
	t.Cleanup(s.Close)
	return s
}

// connect makes an API that waits as often as in life, but not as long.
func connect(t *testing.T, s *fakeapi.Server, timeout time.Duration, o APIOptions) *API {
	t.Helper()
	o.Version = "v0.0.0"
	a, err := NewAPI(userFlags(t, s, timeout), o)
	if err != nil {
		t.Fatal(err)
	}
	a.transient.Duration, a.conflict.Duration = time.Millisecond, 100*time.Microsecond
	a.grace = 100 * time.Millisecond
	return a
}

// onlyLabelsChanged checks that two states of a namespace differ in nothing but labels of Pod Security and what an
// API server notes of each write.
func onlyLabelsChanged(t *testing.T, before, after *corev1.Namespace) {
	t.Helper()
	if (before == nil) != (after == nil) {
		t.Fatalf("before %v, after %v", before, after)
	}
	if before == nil {
		return
	}
	same := after.DeepCopy()
	same.ResourceVersion, same.ManagedFields = before.ResourceVersion, before.ManagedFields
	same.Labels = survey.WithLabels(after.Labels, survey.PodSecurityLabels(before.Labels))
	if diff := cmp.Diff(before, same); diff != "" {
		t.Errorf("more than labels of Pod Security has changed: %s", diff)
	}
}

// loud fails the test for whatever client-go logs as an error: all of it comes back as a value as well.
func loud(t *testing.T) context.Context {
	t.Helper()
	return klog.NewContext(t.Context(), klog.New(&loggedErrors{t: t}))
}

type loggedErrors struct {
	klog.LogSink
	t *testing.T
}

func (l *loggedErrors) Init(klog.RuntimeInfo)          {}
func (l *loggedErrors) Enabled(int) bool               { return false }
func (l *loggedErrors) Info(int, string, ...any)       {}
func (l *loggedErrors) WithValues(...any) klog.LogSink { return l }
func (l *loggedErrors) WithName(string) klog.LogSink   { return l }
func (l *loggedErrors) Error(err error, text string, _ ...any) {
	l.t.Errorf("logged: %s: %v", text, err)
}
