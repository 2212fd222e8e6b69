package manifest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// newest is a server that normalises as today's does.
const newest = 37

// write puts files into a folder of the test's own, by path.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sink keeps what a Source sends.
type sink struct {
	mu      sync.Mutex
	pods    []corev1.Pod
	objects []*workload.Object
}

func (s *sink) Pods(_ context.Context, page []corev1.Pod) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pods = append(s.pods, page...)
	return nil
}

func (s *sink) Objects(_ context.Context, page []*workload.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = append(s.objects, page...)
	return nil
}

// read reads a source to the end.
func read(t *testing.T, o Options) (*Source, *sink, []corev1.Namespace, []workload.Gap) {
	t.Helper()
	if o.Minor == 0 {
		o.Minor = newest
	}
	s, err := NewSource(o)
	if err != nil {
		t.Fatal(err)
	}
	namespaces, err := s.Namespaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got sink
	gaps, err := s.Read(t.Context(), namespaces, &got)
	if err != nil {
		t.Fatal(err)
	}
	return s, &got, namespaces, gaps
}

// readText reads one file from standard input.
func readText(t *testing.T, text string) (*Source, *sink, []corev1.Namespace, []workload.Gap) {
	t.Helper()
	return read(t, Options{Filenames: []string{"-"}, Stdin: strings.NewReader(text)})
}

// lines are what errors or remarks say.
func lines[T interface{ String() string }](list []T) []string {
	var texts []string
	for _, l := range list {
		texts = append(texts, l.String())
	}
	return texts
}

const (
	podYAML = `apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: c
    image: i
`
	deploymentYAML = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: c
        image: i
`
)
