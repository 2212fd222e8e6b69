package probe

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const (
	replicaSets = "system:serviceaccount:kube-system:replicaset-controller"
	jobs        = "system:serviceaccount:kube-system:job-controller"
)

// server is an API server that takes dry runs of pods and reviews of rights.
type server struct {
	*httptest.Server
	// refusals are texts by the app of a pod; denied are the reviews that are answered by no: "verb resource namespace name".
	refusals map[string]string
	denied   []string
	// unborrowed says that impersonation is refused although the review says otherwise.
	unborrowed bool

	mu   sync.Mutex
	seen map[string]int
}

func newServer(t *testing.T, refusals map[string]string, denied ...string) *server {
	t.Helper()
	s := &server{refusals: refusals, denied: denied, seen: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) client(t *testing.T, as string) *Client {
	t.Helper()
	config := genericclioptions.NewConfigFlags(false)
	config.APIServer, config.Impersonate = &s.URL, &as
	c, err := NewClient(config, "v0")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[line]++
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	obj, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	user, refused := r.Header.Get("Impersonate-User"), ""
	switch o := obj.(type) {
	case *authorizationv1.SelfSubjectAccessReview:
		a := o.Spec.ResourceAttributes
		line := strings.TrimSpace(strings.Join([]string{a.Verb, a.Resource, a.Namespace, a.Name}, " "))
		o.Status.Allowed = !slices.Contains(s.denied, line)
		s.note(line)
	case *corev1.Pod:
		s.note("POST " + r.URL.RequestURI() + " as " + user)
		o.Spec.NodeName = "mutated"
		refused = s.refusals[o.Labels["app"]]
		if s.unborrowed && user != "" {
			refused = `serviceaccounts "x" is forbidden: User "dev" cannot impersonate resource "serviceaccounts"`
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if refused != "" {
		w.WriteHeader(http.StatusForbidden)
		obj = &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: refused}
	}
	_, _ = w.Write([]byte(runtime.EncodeOrDie(scheme.Codecs.LegacyCodec(scheme.Scheme.PrioritizedVersionsAllGroups()...), obj)))
}

func request(user, namespace, app string) workload.Request {
	return workload.Request{User: user, Namespace: namespace, Pod: &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: app + "-", Namespace: namespace, Labels: map[string]string{"app": app}},
	}}
}

// asked sends requests and returns what the answers come to, each as "user: node", "user: refused" or "user: reason: text".
func asked(t *testing.T, c *Client, requests ...workload.Request) (answers []string, all *workload.Admissions, said int) {
	t.Helper()
	asking, err := c.Prepare(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	all, err = asking.Send(t.Context(), func() { heard.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	if int(heard.Load()) != all.Asked {
		t.Errorf("heard of %d answers of %d", heard.Load(), all.Asked)
	}
	for _, a := range all.Answers {
		_, user, _ := strings.Cut(a.User, "kube-system:")
		switch {
		case a.Pod != nil:
			answers = append(answers, user+": "+a.Pod.Spec.NodeName)
		case a.Refused != "":
			answers = append(answers, user+": refused: "+a.Refused)
		default:
			answers = append(answers, user+": "+a.Reason+": "+a.Message)
		}
	}
	return answers, all, asking.Count()
}

func TestSend(t *testing.T) {
	const denial = `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`
	s := newServer(t, map[string]string{
		"denied":   `pods "denied-x" is forbidden: ` + denial,
		"quota":    `pods "quota-x" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0`,
		"webhook":  `admission webhook "mesh.example.com" does not support dry run`,
		"webhook2": `admission webhook "strict.example.com" denied the request: no`,
		"policy":   `pods "policy-x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`,
		"psp":      `pods "psp-x" is forbidden: PodSecurityPolicy: unable to admit pod: []`,
		"invalid":  `Pod "invalid-x" is invalid: spec.containers[0].image: Required value`,
		"account":  `pods "account-x" is forbidden: error looking up service account shop/web: serviceaccount "web" not found`,
	})
	got, all, _ := asked(t, s.client(t, ""),
		request(replicaSets, "shop", "web"), request(jobs, "shop", "once"), request("", "shop", "template"),
		request(replicaSets, "shop", "denied"), request(replicaSets, "shop", "quota"), request(replicaSets, "shop", "webhook"),
		request(replicaSets, "shop", "webhook2"), request(replicaSets, "shop", "policy"), request(replicaSets, "shop", "psp"),
		request(replicaSets, "shop", "account"), request(replicaSets, "shop", "invalid"),
	)
	want := []string{
		"replicaset-controller: mutated", "job-controller: mutated", ": mutated",
		"replicaset-controller: refused: " + denial,
		"replicaset-controller: quota: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0",
		`replicaset-controller: noDryRun: admission webhook "mesh.example.com" does not support dry run`,
		`replicaset-controller: webhook: admission webhook "strict.example.com" denied the request: no`,
		"replicaset-controller: policy: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
		"replicaset-controller: podSecurityPolicy: PodSecurityPolicy: unable to admit pod: []",
		`replicaset-controller: forbidden: error looking up service account shop/web: serviceaccount "web" not found`,
		"replicaset-controller: forbidden: spec.containers[0].image: Required value", // the test's server knows one reason
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all.Asked != 11 || all.AsOneself != 0 || all.Why != "" {
		t.Errorf("asked %d, %d as oneself: %s", all.Asked, all.AsOneself, all.Why)
	}
	if s.seen["POST /api/v1/namespaces/shop/pods?dryRun=All as "+replicaSets] != 9 {
		t.Errorf("requests: %v", s.seen)
	}
}

func TestSendAsOneself(t *testing.T) {
	requests := []workload.Request{request(replicaSets, "shop", "web"), request(jobs, "shop", "once"), request(replicaSets, "closed", "web")}
	for name, tt := range map[string]struct {
		as         string
		denied     []string
		unborrowed bool
		want       []string
		count, own int
		why        string
		reviews    []string
	}{
		"one controller": {
			denied:  []string{"impersonate serviceaccounts kube-system job-controller"},
			want:    []string{"replicaset-controller: mutated", ": mutated", "replicaset-controller: mutated"},
			count:   3,
			own:     1,
			why:     "no right to impersonate serviceaccounts in namespace kube-system",
			reviews: []string{"create pods shop", "impersonate serviceaccounts kube-system job-controller", "impersonate serviceaccounts kube-system replicaset-controller"},
		},
		"a reader": {
			denied: []string{
				"impersonate serviceaccounts kube-system job-controller", "impersonate serviceaccounts kube-system replicaset-controller",
				"create pods shop", "create pods closed",
			},
			want: []string{
				": forbidden: no right to create pods in namespace shop", ": forbidden: no right to create pods in namespace shop",
				": forbidden: no right to create pods in namespace closed",
			},
			why: "no right to impersonate serviceaccounts in namespace kube-system",
			reviews: []string{
				"create pods closed", "create pods shop", "impersonate serviceaccounts kube-system job-controller",
				"impersonate serviceaccounts kube-system replicaset-controller",
			},
		},
		"somebody else already": {
			as:      "dev",
			denied:  []string{"create pods closed"},
			want:    []string{": mutated", ": mutated", ": forbidden: no right to create pods in namespace closed"},
			count:   2,
			own:     2,
			why:     "another user is impersonated already, by --as or in the kubeconfig",
			reviews: []string{"create pods closed", "create pods shop"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, nil, tt.denied...)
			got, all, count := asked(t, s.client(t, tt.as), requests...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if count != tt.count || all.Asked != tt.count || all.AsOneself != tt.own || all.Why != tt.why {
				t.Errorf("%d to send, %d asked, %d as oneself: %q", count, all.Asked, all.AsOneself, all.Why)
			}
			maps.DeleteFunc(s.seen, func(line string, _ int) bool { return strings.HasPrefix(line, "POST") })
			if diff := cmp.Diff(tt.reviews, slices.Sorted(maps.Keys(s.seen))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A review may promise what the request is refused, and a controller may lack a right that oneself has.
func TestSendFallsBack(t *testing.T) {
	s := newServer(t, nil)
	s.unborrowed = true
	got, all, _ := asked(t, s.client(t, ""), request(replicaSets, "shop", "web"))
	if diff := cmp.Diff([]string{": mutated"}, got); diff != "" {
		t.Error(diff)
	}
	if all.AsOneself != 1 || !strings.Contains(all.Why, "cannot impersonate") {
		t.Errorf("%d as oneself: %q", all.AsOneself, all.Why)
	}
}

func TestSendInterrupted(t *testing.T) {
	s := newServer(t, nil)
	asking, err := s.client(t, "").Prepare(t.Context(), []workload.Request{request(jobs, "shop", "a"), request(jobs, "shop", "b")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := asking.Send(ctx, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := s.client(t, "").Prepare(ctx, []workload.Request{request(jobs, "shop", "a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSendWithoutServer(t *testing.T) {
	s := newServer(t, nil)
	c := s.client(t, "")
	s.Close()
	got, _, _ := asked(t, c, request(jobs, "shop", "a"))
	if len(got) != 1 || !strings.HasPrefix(got[0], "job-controller: unreachable: ") || strings.Contains(got[0], "http://") {
		t.Errorf("got %q", got)
	}
}
