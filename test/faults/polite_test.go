package faults

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	serverversion "k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// open starts a server for a command that nothing breaks.
func open(t *testing.T, c *command) *session {
	t.Helper()
	s, err := newSession(t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// TestCeiling holds the README's word on how many requests are under way at once: 16, and one for the metrics.
func TestCeiling(t *testing.T) {
	t.Parallel()
	const ceiling = 16 + 1
	for _, args := range [][]string{{"check", "ns"}, {"check", "ns", "alpha", "beta", "ready", "shop"}, {"label", "ns", "--all", "--recommend", "--dry-run"}} {
		s := open(t, &command{})
		var now atomic.Int64
		var mu sync.Mutex
		var most int64
		s.server.Inject(fakeapi.Fault{Path: "/*", Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			n := now.Add(1)
			defer now.Add(-1)
			mu.Lock()
			most = max(most, n)
			mu.Unlock()
			fakeapi.Delay(5*time.Millisecond)(w, r, next)
		}})
		if got := s.run(t.Context(), args...); got.code == 2 {
			t.Errorf("%s: %s", args, got.stderr)
		}
		s.server.Settle()
		mu.Lock()
		if most > ceiling || most < 2 {
			t.Errorf("%s: %d requests at once, want at most %d, and not one after the other", args, most, ceiling)
		}
		mu.Unlock()
	}
}

// TestAttempts counts how often a request is sent that the server puts off each time: client-go's ten times again.
func TestAttempts(t *testing.T) {
	t.Parallel()
	const attempts = 11
	label := []string{"label", "ns", "shop", "--audit", "restricted", "--yes"}
	for name, test := range map[string]struct {
		args         []string
		method, path string
		code         int
	}{
		"version": {[]string{"check", "ns"}, http.MethodGet, "/version", 2},
		"pods":    {[]string{"check", "ns"}, http.MethodGet, "/api/v1/pods", 3},
		"patch":   {label, http.MethodPatch, namespacePath + "shop", 2},
		"events":  {[]string{"blocked"}, http.MethodGet, "/api/v1/events", 3},
		"dry run": {[]string{"check", "deploy/web", "-n", "shop", "--through-admission"}, http.MethodPost, namespacePath + "shop/pods", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, &command{})
			var met atomic.Int64
			s.server.Inject(fakeapi.Fault{Method: test.method, Path: test.path, Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				met.Add(1)
				fakeapi.RetryAfter(http.StatusTooManyRequests, 0)(w, r, next)
			}})
			got := s.run(t.Context(), test.args...)
			if got.code != test.code || met.Load() != attempts {
				t.Errorf("exit code %d after %d attempts, want %d after %d\n%s", got.code, met.Load(), test.code, attempts, got.stderr)
			}
		})
	}
}

// TestPutOff has a server ask for an hour's patience: --request-timeout bounds it, whoever watches is told, and Ctrl-C
// ends it at once.
func TestPutOff(t *testing.T) {
	t.Parallel()
	s := open(t, &command{})
	s.server.Inject(fakeapi.Fault{Path: "/api/v1/pods", Do: fakeapi.RetryAfter(http.StatusTooManyRequests, 3600)})
	streams, _, _, errOut := terminal.NewTest()
	streams.ErrTerminal, streams.Columns = true, 120
	begin := time.Now()
	code := cmd.Run(t.Context(), streams, []string{"--kubeconfig", s.kubeconfig, "check", "ns", "--request-timeout", "6500ms"})
	if took := time.Since(begin); code != 3 || took > patience {
		t.Errorf("exit code %d after %s", code, took)
	}
	const want = "still waiting for http://127.0.0.1:"
	if text := errOut.String(); !strings.Contains(text, want) || !strings.Contains(text, "(Ctrl-C stops; --request-timeout gives up sooner)") {
		t.Errorf("%q does not tell what is waited for", text)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if got := s.run(ctx, "check", "ns"); got.code != 130 || got.took > patience {
		t.Errorf("interrupted: exit code %d after %s", got.code, got.took)
	}
}

// lists are the requests for lists: path, and what they set as limit.
func lists(t *testing.T, s *session) map[string][]string {
	t.Helper()
	limits := map[string][]string{}
	for _, r := range s.server.Requests("/api/", "/apis/") {
		words := strings.Split(strings.Trim(r.Path, "/"), "/")
		last := words[len(words)-1]
		one := len(words)%2 == 0 && words[0] == "api" || len(words)%2 == 1 && words[0] == "apis" // …/RESOURCE/NAME
		if r.Method != http.MethodGet || one || last == "v1beta1" {
			continue
		}
		query, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		limits[r.Path] = append(limits[r.Path], query.Get("limit"))
	}
	return limits
}

// TestChunkSize has --chunk-size reach every list of every command that has the flag, and 0 ask for whole lists. What is
// read beside them is bounded by itself.
func TestChunkSize(t *testing.T) {
	t.Parallel()
	bounded := []string{"/apis/admissionregistration.k8s.io/", namespacePath + "kube-system/pods", "/apis/policy/v1beta1/podsecuritypolicies"}
	for _, args := range [][]string{
		{"check", "ns"},
		{"check", "ns", "beta"},
		{"check", "ns", "-l", "team=a"},
		{"check", "deploy/web", "-n", "shop"},
		{"label", "ns", "--all", "--recommend", "--dry-run"},
		{"label", "ns", "beta", "--audit", "restricted", "--yes", "--watch", "50ms"},
		{"blocked"},
		{"blocked", "ns", "beta"},
		{"who-can", "relabel"},
		{"psp", "list"},
		{"config"},
		{"psp", "check", "ns"},
		{"psp", "plan"},
	} {
		for _, chunk := range []string{"2", "0"} {
			t.Run(strings.Join(args, " ")+" "+chunk, func(t *testing.T) {
				t.Parallel()
				s := open(t, &command{prepare: refusals})
				if args[0] == "psp" {
					s.server.SetVersion(serverversion.Info{Major: "1", Minor: "24", GitVersion: "v1.24.17"})
				}
				got := s.run(t.Context(), append(args, "--chunk-size", chunk)...)
				if strings.Contains(got.stderr, "--help") {
					t.Fatal(got.stderr)
				}
				found := 0
				for path, limits := range lists(t, s) {
					aside := false
					for _, begin := range bounded {
						aside = aside || strings.HasPrefix(path, begin)
					}
					for _, limit := range limits {
						n, err := strconv.Atoi(limit)
						switch {
						case aside && (err != nil || n < 1):
							t.Errorf("%s: limit %q, want one", path, limit)
						case !aside && chunk == "2" && limit != "2", !aside && chunk == "0" && limit != "":
							t.Errorf("%s: limit %q, want that of --chunk-size=%s", path, limit, chunk)
						}
						found++
					}
				}
				if found == 0 {
					t.Error("no list was read")
				}
			})
		}
	}
}

// TestRequests counts what a check of a whole cluster sends: the pages of its lists, and of everything else the same.
func TestRequests(t *testing.T) {
	t.Parallel()
	constant := map[string]int{
		"/version": 1, "/metrics": 1,
		namespacePath + "kube-system": 1, namespacePath + "kube-system/pods": 1,
		admissionPath + "validatingwebhookconfigurations": 1, admissionPath + "mutatingwebhookconfigurations": 1,
		admissionPath + "mutatingadmissionpolicies": 1, admissionPath + "mutatingadmissionpolicybindings": 1,
	}
	const chunk = 10
	for _, more := range []int{0, 7, 95} {
		t.Run(strconv.Itoa(more), func(t *testing.T) {
			t.Parallel()
			s := open(t, &command{})
			for i := range more {
				s.server.Add(&corev1.Pod{ObjectMeta: meta("alpha", fmt.Sprint("more-", i), nil), Spec: plain()})
			}
			want := map[string]int{namespacesPath: 1, "/api/v1/pods": (10 + more + chunk - 1) / chunk}
			maps.Copy(want, constant)
			for _, list := range []string{
				"/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/apis/apps/v1/statefulsets", "/apis/apps/v1/daemonsets",
				"/apis/batch/v1/jobs", "/apis/batch/v1/cronjobs", "/api/v1/replicationcontrollers", "/api/v1/podtemplates",
			} {
				want[list] = 1
			}
			s.run(t.Context(), "check", "ns", "--chunk-size", strconv.Itoa(chunk))
			got := map[string]int{}
			for _, r := range s.server.Requests() {
				got[r.Path]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("requests by resource (- want, + got):\n%s", diff)
			}
		})
	}
}
