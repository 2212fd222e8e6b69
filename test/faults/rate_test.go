package faults

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// TestRate holds the README's word on how fast requests are sent, 100 a second after 200 that need not wait, however fast
// the server is.
func TestRate(t *testing.T) {
	t.Parallel()
	const burst, perSecond, more = 200, 100, 300
	s := open(t, &command{})
	for i := range more {
		s.server.Add(&corev1.Pod{ObjectMeta: meta("alpha", fmt.Sprint("more-", i), nil), Spec: plain()})
	}
	var mu sync.Mutex
	var came []time.Duration
	begin := time.Now()
	s.server.Inject(fakeapi.Fault{Path: "/*", Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		mu.Lock()
		came = append(came, time.Since(begin))
		mu.Unlock()
		next.ServeHTTP(w, r)
	}})
	if got := s.run(t.Context(), "check", "ns", "--chunk-size", "1"); got.code == 2 {
		t.Fatal(got.stderr)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(came) < more {
		t.Fatalf("%d requests, which is no load", len(came))
	}
	for i, at := range came {
		if allowed := burst + int(at.Seconds()*perSecond) + 1; i >= allowed {
			t.Fatalf("%d requests within %s, want at most %d", i+1, at, allowed)
		}
	}
}
