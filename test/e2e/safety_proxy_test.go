//go:build e2e

package e2e

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// boundary is a moment in the life of a patch.
type boundary string

const (
	// atArrival: the plugin has sent it, and the server has not seen it.
	atArrival boundary = "patch arrives"
	// atApplied: the server has carried it out, and the plugin has not heard of it.
	atApplied boundary = "patch applied"
	// atAnswer: the plugin has been told.
	atAnswer boundary = "patch answered"
)

// boundaryHook is called at each boundary of each patch, from several goroutines. n counts the patches in the order of
// their arrival, from 1. Where it returns false the connection breaks there and then.
type boundaryHook func(at boundary, n int, namespace string) bool

// middleman stands between the plugin and an API server, and lets a test act at every patch.
type middleman struct {
	kubeconfig string
	proxy      *httputil.ReverseProxy

	mu      sync.Mutex
	hook    boundaryHook
	patches int
	open    map[net.Conn]bool
}

// patchContext is the key of the patch's number and namespace in the context of its request.
type patchContext struct{}

type patchUnderWay struct {
	n         int
	namespace string
	hook      boundaryHook
}

var errHungUp = errors.New("the test hangs up")

// middleman starts a proxy in front of the server. The credentials stay those of the plugin's kubeconfig.
func (s *server) middleman(t *testing.T) *middleman {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	upstream, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(config))
	if err != nil {
		t.Fatal(err)
	}
	m := &middleman{open: map[net.Conn]bool{}, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	m.proxy = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: m.applied,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // the plugin sees a connection that breaks
		},
	}
	listener := httptest.NewUnstartedServer(m)
	listener.Config.ConnState = m.watch
	listener.StartTLS() // client-go shows no credentials to a server without
	t.Cleanup(listener.Close)

	kubeconfig, err := clientcmd.LoadFromFile(s.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: listener.Certificate().Raw})
	for _, cluster := range kubeconfig.Clusters {
		cluster.Server, cluster.CertificateAuthorityData = listener.URL, ca
	}
	if err := clientcmd.WriteToFile(*kubeconfig, m.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return m
}

// use sets what happens at the patches of the next process, and counts them anew.
func (m *middleman) use(hook boundaryHook) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook, m.patches = hook, 0
}

// settle waits until nothing of a process that has ended is under way any more.
func (m *middleman) settle(t *testing.T) {
	t.Helper()
	eventually(t, "the proxy's connections to end", func() (bool, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.open) == 0, nil
	})
}

// ServeHTTP implements http.Handler.
func (m *middleman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPatch {
		m.proxy.ServeHTTP(w, r)
		return
	}
	m.mu.Lock()
	m.patches++
	patch := patchUnderWay{n: m.patches, namespace: path.Base(r.URL.Path), hook: m.hook}
	m.mu.Unlock()
	if patch.hook == nil {
		patch.hook = func(boundary, int, string) bool { return true }
	}
	if !patch.hook(atArrival, patch.n, patch.namespace) {
		panic(http.ErrAbortHandler)
	}
	// What has left a process is carried out even where the process is killed.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	m.proxy.ServeHTTP(w, r.WithContext(context.WithValue(ctx, patchContext{}, patch)))
	_ = http.NewResponseController(w).Flush() // nobody is there where the process was killed
	patch.hook(atAnswer, patch.n, patch.namespace)
}

// applied is called with the server's answer.
func (m *middleman) applied(response *http.Response) error {
	patch, ok := response.Request.Context().Value(patchContext{}).(patchUnderWay)
	if ok && !patch.hook(atApplied, patch.n, patch.namespace) {
		return errHungUp
	}
	return nil
}

// watch keeps account of the open connections.
func (m *middleman) watch(c net.Conn, state http.ConnState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(m.open, c)
	default:
		m.open[c] = true
	}
}
