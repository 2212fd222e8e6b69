package cluster

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// wideLists are the requests for a list of the whole cluster, without the namespaces.
func wideLists(s *fakeapi.Server) []fakeapi.Request {
	return slices.DeleteFunc(s.Requests(), func(r fakeapi.Request) bool {
		return strings.Contains(r.Path, "/namespaces")
	})
}

// flags are a user's flags that lead to the server.
func flags(t *testing.T, s *fakeapi.Server) *genericclioptions.ConfigFlags {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, s.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	f := genericclioptions.NewConfigFlags(false)
	f.KubeConfig = &path
	return f
}

// serve starts a server and a client that does not wait long before it tries again.
func serve(t *testing.T, objects ...runtime.Object) (*fakeapi.Server, *Client) {
	t.Helper()
	s := fakeapi.New(objects...)
	t.Cleanup(s.Close)
	return s, client(t, s, 0)
}

func client(t *testing.T, s *fakeapi.Server, timeout time.Duration) *Client {
	t.Helper()
	f := flags(t, s)
	if timeout > 0 {
		text := timeout.String()
		f.Timeout = &text
	}
	c, err := NewClient(f, ClientOptions{Version: "v0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	c.backoff.Duration = time.Millisecond
	return c
}

func source(t *testing.T, c *Client, o Options) *Source {
	t.Helper()
	s, err := NewSource(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// survey reads everything the source has.
func survey(t *testing.T, s *Source) (*sink, []workload.Gap, error) {
	t.Helper()
	ctx := loud(t)
	namespaces, err := s.Namespaces(ctx)
	if err != nil {
		return nil, nil, err
	}
	k := &sink{}
	gaps, err := s.Read(ctx, namespaces, k)
	return k, gaps, err
}

// sink records what it gets, as namespace/name.
type sink struct {
	mu      sync.Mutex
	pods    []string
	objects []string
	pages   int
	onPods  func() error
}

func (k *sink) Pods(_ context.Context, page []corev1.Pod) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pages++
	for i := range page {
		k.pods = append(k.pods, page[i].Namespace+"/"+page[i].Name)
	}
	if k.onPods != nil {
		return k.onPods()
	}
	return nil
}

func (k *sink) Objects(_ context.Context, page []*workload.Object) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, o := range page {
		k.objects = append(k.objects, o.Kind+" "+o.Namespace+"/"+o.Name)
	}
	return nil
}

// sorted and distinct, as a survey counts them.
func (k *sink) sorted() (pods, objects []string) {
	slices.Sort(k.pods)
	slices.Sort(k.objects)
	return slices.Compact(k.pods), slices.Compact(k.objects)
}

// loud is the test's context with a logger that fails the test when client-go logs an error.
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
