package cluster

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestGaps(t *testing.T) {
	for name, tc := range map[string]struct {
		fault fakeapi.Fault
		want  workload.Gap
	}{
		"forbidden": {
			fault: fakeapi.Fault{Path: "/apis/batch/v1/cronjobs", Do: fakeapi.Forbid("cronjobs", "batch")},
			want: workload.Gap{
				Resource: "cronjobs.batch", Reason: "forbidden",
				Message: `cronjobs.batch is forbidden: User "tester" cannot list resource "cronjobs" in API group "batch" at the cluster scope`,
			},
		},
		"not served": {
			fault: fakeapi.Fault{
				Path: "/apis/batch/v1/cronjobs",
				Do:   fakeapi.Refuse(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource"),
			},
			want: workload.Gap{Resource: "cronjobs.batch", Reason: "notFound", Message: "the server could not find the requested resource"},
		},
		"expired for ever": {
			fault: fakeapi.Fault{Path: "/api/v1/pods", Query: "continue=", Do: fakeapi.Expire(false)},
			want: workload.Gap{
				Resource: "pods", Reason: "expired",
				Message: "The provided continue parameter is too old to display a consistent list result.",
			},
		},
		"same token for ever": {
			fault: fakeapi.Fault{Path: "/api/v1/pods", Query: "continue=", Do: fakeapi.Expire(true)},
			want: workload.Gap{
				Resource: "pods", Reason: "expired",
				Message: "The provided continue parameter is too old to display a consistent list result.",
			},
		},
		"unauthorized in the middle": {
			fault: fakeapi.Fault{Path: "/api/v1/pods", Query: "continue=", Do: fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")},
			want:  workload.Gap{Resource: "pods", Reason: "unauthorized", Message: "Unauthorized"},
		},
		"broken server": {
			fault: fakeapi.Fault{Path: "/api/v1/podtemplates", Do: fakeapi.Refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is on fire")},
			want:  workload.Gap{Resource: "podtemplates", Reason: "internalError", Message: "etcd is on fire"},
		},
		"breaks off": {
			fault: fakeapi.Fault{Path: "/api/v1/pods", Do: fakeapi.Break()},
			want:  workload.Gap{Resource: "pods", Reason: "unreachable"},
		},
		"not an API server": {
			fault: fakeapi.Fault{Path: "/api/v1/pods", Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<html>hello</html>"))
			}},
			want: workload.Gap{Resource: "pods", Reason: "malformed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, slices.Concat(oneOfEach("a"), newPods("a", 5))...)
			s.Inject(tc.fault)
			k, gaps, err := survey(t, source(t, c, Options{ChunkSize: 2}))
			if err != nil || len(gaps) != 1 {
				t.Fatalf("gaps %v, error %v", gaps, err)
			}
			got := gaps[0]
			if tc.want.Message == "" && got.Message != "" {
				got.Message = ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if _, objects := k.sorted(); len(objects) < 7 {
				t.Errorf("only %v was read", objects)
			}
		})
	}
}

func TestGapInNamespace(t *testing.T) {
	s, c := serve(t, slices.Concat(oneOfEach("a"), oneOfEach("b"))...)
	s.Inject(fakeapi.Fault{Path: "/apis/batch/v1/namespaces/b/*", Do: fakeapi.Forbid("jobs", "batch")})
	_, gaps, err := survey(t, source(t, c, Options{Names: []string{"a", "b"}}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range gaps {
		got = append(got, g.Resource+" "+g.Namespace+" "+g.Reason)
	}
	if diff := cmp.Diff([]string{"cronjobs.batch b forbidden", "jobs.batch b forbidden"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRiddenOut(t *testing.T) {
	for name, fault := range map[string]fakeapi.Fault{
		"429 with Retry-After": {Path: "/api/v1/pods", Times: 3, Do: fakeapi.RetryAfter(http.StatusTooManyRequests, 0)},
		"503 with Retry-After": {Path: "/api/v1/pods", Times: 3, Do: fakeapi.RetryAfter(http.StatusServiceUnavailable, 0)},
		"500 twice": {Path: "/api/v1/pods", Query: "continue=", Times: 2, Do: fakeapi.Refuse(
			http.StatusInternalServerError, metav1.StatusReasonInternalError, "hiccup")},
		"504":                   {Path: "/apis/apps/v1/deployments", Times: 1, Do: fakeapi.Refuse(http.StatusGatewayTimeout, metav1.StatusReasonTimeout, "slow")},
		"reset in mid-body":     {Path: "/api/v1/pods", Skip: 1, Times: 2, Do: fakeapi.Break()},
		"expired, with a token": {Path: "/api/v1/pods", Query: "continue=", Times: 3, Do: fakeapi.Expire(true)},
		"expired, without":      {Path: "/api/v1/pods", Query: "continue=", Skip: 1, Times: 1, Do: fakeapi.Expire(false)},
		"namespaces expired":    {Path: "/api/v1/namespaces", Query: "continue=", Times: 1, Do: fakeapi.Expire(false)},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, slices.Concat(oneOfEach("a"), oneOfEach("b"), oneOfEach("c"), newPods("a", 7))...)
			s.Inject(fault)
			src := source(t, c, Options{ChunkSize: 2})
			namespaces, err := src.Namespaces(loud(t))
			if err != nil || len(namespaces) != 3 {
				t.Fatalf("namespaces %v, error %v", namespaces, err)
			}
			k := &sink{}
			gaps, err := src.Read(loud(t), namespaces, k)
			if err != nil || len(gaps) > 0 {
				t.Fatalf("gaps %v, error %v", gaps, err)
			}
			pods, objects := k.sorted()
			if len(pods) != 10 || len(objects) != 24 {
				t.Errorf("%d pods and %d objects, want 10 and 24", len(pods), len(objects))
			}
		})
	}
}

// Expiry without a token sends the first pages again, and nothing is lost.
func TestRestart(t *testing.T) {
	s, c := serve(t, append(newPods("a", 6), newNamespace("a"))...)
	s.Inject(fakeapi.Fault{Path: "/api/v1/pods", Query: "continue=", Skip: 1, Times: 1, Do: fakeapi.Expire(false)})
	k, gaps, err := survey(t, source(t, c, Options{ChunkSize: 2}))
	if err != nil || len(gaps) > 0 {
		t.Fatalf("gaps %v, error %v", gaps, err)
	}
	if n := len(k.pods); n != 4+6 {
		t.Errorf("%d pods came, want the first four twice", n)
	}
	if n := len(s.Requests("/api/v1/pods")); n != 3+3 {
		t.Errorf("%d requests, want 6", n)
	}
}

func TestNoAnswer(t *testing.T) {
	unauthorized := fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")
	for name, tc := range map[string]struct {
		spoil func(*fakeapi.Server)
		want  func(error) bool
	}{
		"unauthorized": {func(s *fakeapi.Server) { s.Inject(fakeapi.Fault{Path: "/*", Do: unauthorized}) }, apierrors.IsUnauthorized},
		"refused":      {func(s *fakeapi.Server) { s.Close() }, unreachable},
		"never answers": {
			func(s *fakeapi.Server) { s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Hang()}) },
			func(err error) bool { return timedOut(err) && reasonOf(err) == "timeout" },
		},
		"asks to wait too long": {
			func(s *fakeapi.Server) {
				s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.RetryAfter(http.StatusTooManyRequests, 10)})
			},
			timedOut,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakeapi.New(oneOfEach("a")...)
			t.Cleanup(s.Close)
			src := source(t, client(t, s, 200*time.Millisecond), Options{})
			tc.spoil(s)
			start := time.Now()
			if _, err := src.Namespaces(t.Context()); err == nil || !tc.want(err) {
				t.Errorf("namespaces: %v", err)
			}
			_, err := src.Read(t.Context(), []corev1.Namespace{*newNamespace("a")}, &sink{})
			if err == nil || !tc.want(err) {
				t.Errorf("read: %v", err)
			}
			if d := time.Since(start); d > 30*time.Second { // a busy machine; ten retries would be a hundred
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	s := fakeapi.NewTLS()
	t.Cleanup(s.Close)
	_, err := source(t, client(t, s, 0), Options{}).Namespaces(t.Context())
	if err == nil || !strings.Contains(err.Error(), "certificate") || reasonOf(err) != "unreachable" {
		t.Errorf("error %v", err)
	}
}
