package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestReadEverything(t *testing.T) {
	s, c := serve(t, slices.Concat(oneOfEach("a"), oneOfEach("b"))...)
	k, gaps, err := survey(t, source(t, c, Options{ChunkSize: 500}))
	if err != nil || len(gaps) > 0 {
		t.Fatalf("gaps %v, error %v", gaps, err)
	}
	pods, objects := k.sorted()
	if diff := cmp.Diff([]string{"a/p", "b/p"}, pods); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"CronJob a/cron", "CronJob b/cron", "DaemonSet a/ds", "DaemonSet b/ds", "Deployment a/deploy", "Deployment b/deploy",
		"Job a/job", "Job b/job", "PodTemplate a/pt", "PodTemplate b/pt", "ReplicaSet a/rs", "ReplicaSet b/rs",
		"ReplicationController a/rc", "ReplicationController b/rc", "StatefulSet a/sts", "StatefulSet b/sts",
	}
	if diff := cmp.Diff(want, objects); diff != "" {
		t.Error(diff)
	}
	if n := len(s.Requests()); n != 10 {
		t.Errorf("%d requests, want 1 for namespaces and 9 lists", n)
	}
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet || r.UserAgent != "kubectl-pss/v0.0.0" || !strings.HasPrefix(r.Accept, protobuf) {
			t.Errorf("request %+v", r)
		}
	}
}

func TestReadPages(t *testing.T) {
	for _, tc := range []struct {
		chunk     int64
		pages     int
		remaining []int64
	}{
		{chunk: 0, pages: 1, remaining: []int64{0}},
		{chunk: 10, pages: 3, remaining: []int64{15, 5, 0}},
		{chunk: 25, pages: 1, remaining: []int64{0}},
	} {
		t.Run(strconv.FormatInt(tc.chunk, 10), func(t *testing.T) {
			s, c := serve(t, append(newPods("a", 25), newNamespace("a"))...)
			var mu sync.Mutex
			var remaining []int64
			k, gaps, err := survey(t, source(t, c, Options{ChunkSize: tc.chunk, OnPage: func(resource string, _ int, left int64) {
				mu.Lock()
				defer mu.Unlock()
				if resource == "pods" {
					remaining = append(remaining, left)
				}
			}}))
			if err != nil || len(gaps) > 0 || len(k.pods) != 25 || k.pages != tc.pages {
				t.Errorf("%d pods in %d pages, gaps %v, error %v", len(k.pods), k.pages, gaps, err)
			}
			if diff := cmp.Diff(tc.remaining, remaining); diff != "" {
				t.Error(diff)
			}
			requests := s.Requests("/api/v1/pods")
			if len(requests) != tc.pages || len(wideLists(s)) != tc.pages+8 {
				t.Errorf("requests %v", s.Requests())
			}
			limit := strings.Contains(requests[0].Query, fmt.Sprintf("limit=%d", tc.chunk))
			if limit != (tc.chunk > 0) || strings.Contains(requests[0].Query, "resourceVersion") {
				t.Errorf("query %q", requests[0].Query)
			}
		})
	}
}

func TestReadScope(t *testing.T) {
	objects := slices.Concat(oneOfEach("a"), oneOfEach("b"), []runtime.Object{newNamespace("c", "team"), newPod("c", "p", "")})
	for i := range fewNamespaces {
		objects = append(objects, newNamespace(fmt.Sprintf("many-%d", i), "many"), newPod(fmt.Sprintf("many-%d", i), "p", ""))
	}
	objects = append(objects, newNamespace("many-and-more", "many"))
	for name, tc := range map[string]struct {
		options                 Options
		pods, named, wide, deep int // pods read; requests for single namespaces, cluster-wide lists, namespaced lists
	}{
		"all":           {options: Options{}, pods: 3 + fewNamespaces, wide: 9},
		"named":         {options: Options{Names: []string{"a", "b", "a"}}, pods: 2, named: 2, deep: 18},
		"few selected":  {options: Options{Selector: "team"}, pods: 1, deep: 9},
		"many selected": {options: Options{Selector: "many"}, pods: fewNamespaces, wide: 9},
		"none selected": {options: Options{Selector: "nobody"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, objects...)
			k, gaps, err := survey(t, source(t, c, tc.options))
			if err != nil || len(gaps) > 0 || len(k.pods) != tc.pods {
				t.Errorf("pods %v, gaps %v, error %v", k.pods, gaps, err)
			}
			named, wide, deep := 0, len(wideLists(s)), 0
			for _, r := range s.Requests() {
				_, below, ok := strings.Cut(r.Path, "/namespaces/")
				switch {
				case ok && strings.Contains(below, "/"):
					deep++
				case ok:
					named++
				}
			}
			if named != tc.named || wide != tc.wide || deep != tc.deep {
				t.Errorf("%d namespaces, %d wide and %d namespaced lists: %v", named, wide, deep, s.Requests())
			}
		})
	}
}

func TestSinkStops(t *testing.T) {
	enough := errors.New("enough")
	s, c := serve(t, append(newPods("a", 50), newNamespace("a"))...)
	src := source(t, c, Options{ChunkSize: 1})
	k := &sink{onPods: func() error { return enough }}
	if _, err := src.Read(t.Context(), []corev1.Namespace{*newNamespace("a")}, k); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
	if n := len(s.Requests("/api/v1/pods")); n > 5 {
		t.Errorf("%d pages were asked for after the sink had enough", n)
	}
}

// The next pages are fetched while the sink works, but not more than a few.
func TestPrefetch(t *testing.T) {
	s, c := serve(t, append(newPods("a", 50), newNamespace("a"))...)
	src := source(t, c, Options{ChunkSize: 1})
	blocked := make(chan int)
	k := &sink{}
	k.onPods = func() error {
		if k.pages > 1 {
			return nil
		}
		before := -1
		late := time.Now().Add(10 * time.Second) // a busy machine may not get to the next request for a while
		for n := len(s.Requests("/api/v1/pods")); n != before || n < 2 && time.Now().Before(late); n = len(s.Requests("/api/v1/pods")) {
			before = n
			time.Sleep(20 * time.Millisecond)
		}
		go func() { blocked <- before }()
		return nil
	}
	if _, err := src.Read(t.Context(), []corev1.Namespace{*newNamespace("a")}, k); err != nil {
		t.Fatal(err)
	}
	if n := <-blocked; n < 2 || n > 2+prefetch {
		t.Errorf("%d pages were asked for while the sink worked on the first", n)
	}
}

func TestInterrupted(t *testing.T) {
	s, c := serve(t, append(newPods("a", 50), newNamespace("a"))...)
	ctx, cancel := context.WithCancel(t.Context())
	s.Inject(fakeapi.Fault{Path: "/api/v1/pods", Query: "continue=", Skip: 3, Do: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		cancel()
		<-r.Context().Done()
	}})
	_, err := source(t, c, Options{ChunkSize: 1}).Read(ctx, []corev1.Namespace{*newNamespace("a")}, &sink{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
