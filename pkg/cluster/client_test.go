package cluster

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestRefuseWrites(t *testing.T) {
	s, c := serve(t, newNamespace("a"))
	core := c.groups[corev1.SchemeGroupVersion]
	for _, verb := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		err := core.Verb(verb).Resource("namespaces").Name("a").Body([]byte("{}")).Do(t.Context()).Error()
		want := "refusing " + verb + " /api/v1/namespaces/a: pkg/cluster only reads"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", verb, err)
		}
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests went out", n)
	}
	for _, verb := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		if err := core.Verb(verb).AbsPath("/version").Do(t.Context()).Error(); err != nil && strings.Contains(err.Error(), "refusing") {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

func TestNewClientErrors(t *testing.T) {
	s := fakeapi.New()
	defer s.Close()
	f := flags(t, s)
	nowhere := t.TempDir() + "/none"
	f.KubeConfig = &nowhere
	if _, err := NewClient(f, ClientOptions{}); err == nil {
		t.Error("a kubeconfig that is not there was accepted")
	}
	f = flags(t, s)
	missing := "missing"
	f.Context = &missing
	if _, err := NewClient(f, ClientOptions{Context: missing}); err == nil || !strings.Contains(err.Error(), `context "missing" does not exist`) {
		t.Errorf("error %v", err)
	}
}

type heard struct {
	mu    sync.Mutex
	texts []string
}

func (h *heard) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, text)
}

func TestWarnings(t *testing.T) {
	s := fakeapi.New(newNamespace("a"))
	t.Cleanup(s.Close)
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces", Do: fakeapi.Warn("namespaces are old-fashioned")})
	var logged bytes.Buffer
	rest.SetDefaultWarningHandler(rest.NewWarningWriter(&logged, rest.WarningWriterOptions{}))
	t.Cleanup(func() { rest.SetDefaultWarningHandler(rest.WarningLogger{}) })

	h := &heard{}
	for _, o := range []ClientOptions{{}, {Warnings: h}} {
		c, err := NewClient(flags(t, s), o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source(t, c, Options{}).Namespaces(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.texts) != 1 || h.texts[0] != "namespaces are old-fashioned" || logged.Len() > 0 {
		t.Errorf("heard %q, logged %q", h.texts, logged.String())
	}
}

// A server that is there and then restarts is waited for; one that never was is not.
func TestRefusedAfterAnswer(t *testing.T) {
	s := fakeapi.New(newNamespace("a"))
	c := client(t, s, 0)
	get := func() (attempts int, err error) {
		err = c.ride(t.Context(), func(ctx context.Context) error {
			attempts++
			return c.request(namespaceKind(), "").Name("a").Do(ctx).Error()
		})
		return attempts, err
	}
	if n, err := get(); n != 1 || err != nil {
		t.Errorf("%d attempts, %v", n, err)
	}
	s.Close()
	if n, err := get(); n != 1+patience.Backoff().Steps || err == nil {
		t.Errorf("%d attempts, %v", n, err)
	}
	if n, err := get(); n != 1 || err == nil {
		t.Errorf("%d attempts, %v: the server is known to be gone", n, err)
	}
}

// The request timeout spans all attempts together, client-go's and ours.
func TestTimeoutSpansRetries(t *testing.T) {
	for name, do := range map[string]fakeapi.Action{
		"Retry-After": fakeapi.RetryAfter(http.StatusServiceUnavailable, 10),
		"without":     fakeapi.Refuse(http.StatusInternalServerError, "InternalError", "broken"),
		"slow": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			fakeapi.Delay(80*time.Millisecond)(w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fakeapi.Refuse(http.StatusInternalServerError, "InternalError", "broken")(w, r, next)
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakeapi.New(newNamespace("a"))
			t.Cleanup(s.Close)
			s.Inject(fakeapi.Fault{Path: "/*", Do: do})
			c := client(t, s, 150*time.Millisecond)
			const long = 40 * time.Second // nobody who is bounded waits for it, and a busy machine takes a part
			c.backoff.Duration = long
			start := time.Now()
			err := c.get(t.Context(), namespaceKind(), "", "a", &corev1.Namespace{})
			if d := time.Since(start); err == nil || d > long/2 {
				t.Errorf("took %v: %v", d, err)
			}
		})
	}
}

// A connection reset before any answer is client-go's to retry, after a second.
func TestHangUp(t *testing.T) {
	s, c := serve(t, newNamespace("a"))
	s.Inject(fakeapi.Fault{Path: "/*", Times: 1, Do: fakeapi.HangUp()})
	if err := c.get(t.Context(), namespaceKind(), "", "a", &corev1.Namespace{}); err != nil {
		t.Error(err)
	}
}
