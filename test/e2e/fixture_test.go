//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"
)

// namespace creates a namespace in which pods can be created at once, and returns its name. It is not removed: the
// cluster will be.
func (s *server) namespace(t *testing.T, name string, labels map[string]string) string {
	t.Helper()
	name += "-" + suite.id
	if _, err := s.newNamespace(t.Context(), name, labels); err != nil {
		t.Fatal(err)
	}
	return name
}

// newNamespace is namespace with an exact name.
func (s *server) newNamespace(ctx context.Context, name string, labels map[string]string) (string, error) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := s.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil {
		return "", err
	}
	return name, s.account(ctx, name, "default")
}

// account makes a service account, unless its controller was faster.
func (s *server) account(ctx context.Context, namespace, name string) error {
	a := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := s.client.CoreV1().ServiceAccounts(namespace).Create(ctx, a, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("service account %s in %s: %w", name, namespace, err)
	}
	return nil
}

// scratch is a namespace with these modes that holds nothing, for dry runs of any test.
func (s *server) scratch(ctx context.Context, m modes) (string, error) {
	labels := m.labels()
	key := fmt.Sprint(labels) // maps print sorted
	s.mu.Lock()
	open, known := s.scratches[key]
	if !known {
		name := fmt.Sprintf("scratch-%d-%s", len(s.scratches), suite.id)
		open = sync.OnceValues(func() (string, error) { return s.newNamespace(ctx, name, labels) })
		s.scratches[key] = open
	}
	s.mu.Unlock()
	return open()
}

// create stores an object and fails the test when it cannot be.
func create[O object](t *testing.T, s *server, o O) O {
	t.Helper()
	client, plural := s.resource(o)
	stored, ok := o.DeepCopyObject().(O)
	if !ok {
		t.Fatalf("a copy of a %T is none", o)
	}
	if err := client.Post().Namespace(o.GetNamespace()).Resource(plural).Body(o).Do(t.Context()).Into(stored); err != nil {
		t.Fatal(err)
	}
	return stored
}

// relabel changes a namespace's labels for good, and returns once pods are judged by them.
func (s *server) relabel(t *testing.T, namespace string, m modes) {
	t.Helper()
	patch, err := labelPatch(m.patch())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.awaitLabels(t, namespace)
}

// awaitLabels waits until pods are judged by the enforce label that a namespace has: Pod Security hears of labels by a
// watch, some moments after they were written.
func (s *server) awaitLabels(t *testing.T, namespace string) {
	t.Helper()
	ns, err := s.client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	level, version := ns.Labels[api.EnforceLevelLabel], ns.Labels[api.EnforceVersionLabel]
	if level == "" {
		return // the server's default, which tests do not wait for
	}
	eventually(t, "the labels of "+namespace+" to count", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", plainPod(namespace, "probe"))
		told := s.annotations(t, a)
		judged := told["enforce-policy"]
		if told["exempt"] != "" || strings.HasPrefix(judged, level+":"+version) {
			return true, nil
		}
		return false, fmt.Errorf("pods are judged by %q: %w", judged, a.err)
	})
}

// patience is how long anything is waited for: controllers are slow on a busy machine, and only a failure takes so long.
const patience = 5 * time.Minute

// The pause between two looks grows with what has been waited for, so that waiting takes little from those who work.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 500 * time.Millisecond
)

// eventually repeats a condition until it holds.
func eventually(t *testing.T, what string, holds func() (bool, error)) {
	t.Helper()
	pause := firstPause
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		ok, err := holds()
		if ok && err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("gave up waiting for %s: %v", what, err)
		}
		pause = min(pause*5/4, longestPause)
	}
}

// pods are the pods of a namespace, by name.
func (s *server) pods(t *testing.T, namespace string) map[string]*corev1.Pod {
	t.Helper()
	list, err := s.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pods := make(map[string]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[list.Items[i].Name] = &list.Items[i]
	}
	return pods
}

// eventuallyPods waits until a namespace has that many pods.
func (s *server) eventuallyPods(t *testing.T, namespace string, count int) []string {
	t.Helper()
	var names []string
	eventually(t, fmt.Sprintf("%d pods in %s", count, namespace), func() (bool, error) {
		names = slices.Sorted(maps.Keys(s.pods(t, namespace)))
		return len(names) == count, nil
	})
	return names
}
