package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// watched is a watcher of the namespaces a and b, and the server that it watches.
type watched struct {
	*watcher
	server   *fakeapi.Server
	warnings []string
	heard    []string
	onHeard  func()
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{server: fakeapi.New()}
	t.Cleanup(w.server.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, w.server.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &path
	client, err := cluster.NewClient(flags, cluster.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	refusals, err := survey.NewRefusals(36, 36)
	if err != nil {
		t.Fatal(err)
	}
	w.watcher = newWatcher(client, refusals, cluster.RefusalOptions{Namespaces: []string{"a", "b"}}, func(format string, args ...any) {
		w.warnings = append(w.warnings, fmt.Sprintf(format, args...))
	})
	w.interval = time.Millisecond
	return w
}

// hear is what a label command would do with a refusal.
func (w *watched) hear(b report.Blocked) {
	w.heard = append(w.heard, b.Namespace+"/"+b.Name+" "+b.Policy)
	if w.onHeard != nil {
		w.onHeard()
	}
}

// refuse makes a StatefulSet's only pod be refused at a second of some hour; each time makes an event of its own.
func (w *watched) refuse(namespace, name, level string, second int) {
	uid := types.UID(namespace + "-" + name)
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: uid}
	at := metav1.Date(2026, 1, 31, 12, 0, second, 0, time.UTC)
	w.server.Add(&appsv1.StatefulSet{ObjectMeta: meta}, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s-%s-%d", name, level, second), ResourceVersion: strconv.Itoa(1000 + second)},
		Reason:     "FailedCreate", Type: corev1.EventTypeWarning, Count: 1,
		InvolvedObject: corev1.ObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Namespace: namespace, Name: name, UID: uid},
		FirstTimestamp: at, LastTimestamp: at,
		Message: fmt.Sprintf(`Create Pod x failed error: pods "x" is forbidden: violates PodSecurity "%s:latest": host namespaces (hostPID=true)`, level),
	})
}

func TestWatchHearsWhatIsNew(t *testing.T) {
	w := newWatched(t)
	w.refuse("a", "old", "baseline", 10)
	w.refuse("a", "again", "baseline", 10)
	w.refuse("a", "otherwise", "baseline", 10)
	w.refuse("c", "elsewhere", "baseline", 10)
	if err := w.Baseline(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The server's clock may be years behind: only the order of its own words counts.
	w.refuse("a", "again", "baseline", 11)
	w.refuse("a", "otherwise", "restricted", 11)
	w.refuse("a", "first", "baseline", 5)
	w.refuse("c", "elsewhere", "baseline", 20)
	ctx, cancel := context.WithCancel(t.Context())
	w.onHeard = func() {
		switch len(w.heard) {
		case 3: // and one comes while we follow
			w.refuse("b", "late", "restricted", 30)
		case 4:
			cancel()
		}
	}
	if err := w.Follow(ctx, time.Minute, w.hear); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	want := []string{"a/again baseline:latest", "a/first baseline:latest", "a/otherwise restricted:latest", "b/late restricted:latest"}
	if diff := cmp.Diff(want, w.heard); diff != "" {
		t.Error(diff)
	}
	if len(w.warnings) > 0 {
		t.Errorf("warnings %q", w.warnings)
	}
}

// Without a baseline nothing is known to be old.
func TestWatchWithoutABaseline(t *testing.T) {
	w := newWatched(t)
	w.refuse("a", "old", "baseline", 10)
	if err := w.Follow(t.Context(), 0, w.hear); err != nil || !slices.Equal(w.heard, []string{"a/old baseline:latest"}) {
		t.Errorf("heard %q, error %v", w.heard, err)
	}
}

// The last look is at the end, however long the interval is.
func TestWatchLooksAtTheEnd(t *testing.T) {
	w := newWatched(t)
	w.interval = time.Hour
	if err := w.Baseline(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := len(w.server.Requests("/api/v1/namespaces/a/events"))
	if err := w.Follow(t.Context(), time.Second, w.hear); err != nil {
		t.Fatal(err)
	}
	if looks := len(w.server.Requests("/api/v1/namespaces/a/events")) - before; looks != 2 {
		t.Errorf("looked %d times", looks)
	}
}

func TestWatchGoesOnAfterErrors(t *testing.T) {
	w := newWatched(t)
	if err := w.Baseline(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.refuse("b", "late", "restricted", 30)
	w.server.Inject(fakeapi.Fault{
		Path: "/api/v1/namespaces/b/events", Times: 1, Do: fakeapi.Refuse(http.StatusGone, metav1.StatusReasonGone, "gone"),
	})
	w.server.Inject(fakeapi.Fault{Path: "/apis/batch/*", Do: fakeapi.Forbid("jobs", "batch")})
	ctx, cancel := context.WithCancel(t.Context())
	w.onHeard = cancel // however long a look takes on a busy machine, there is one after the errors
	if err := w.Follow(ctx, time.Minute, w.hear); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b/late restricted:latest"}, w.heard); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"cannot list events in namespace b: gone; refusals may go unnoticed",
		"cannot list jobs.batch in 2 namespaces: forbidden; refusals may go unnoticed",
	}, w.warnings); diff != "" {
		t.Error(diff)
	}
}

func TestWatchWarnsOnceOfAServerThatIsGone(t *testing.T) {
	w := newWatched(t)
	w.server.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")})
	if err := w.Baseline(t.Context()); err == nil {
		t.Error("a baseline without a server")
	}
	if err := w.Follow(t.Context(), 200*time.Millisecond, w.hear); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cannot look for refusals, and will try again: Unauthorized"}, w.warnings); diff != "" {
		t.Error(diff)
	}
}

func TestWatchIsInterrupted(t *testing.T) {
	w := newWatched(t)
	w.refuse("a", "old", "baseline", 10)
	w.interval = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	w.onHeard = cancel
	if err := w.Follow(ctx, time.Hour, w.hear); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := w.Follow(ctx, time.Hour, w.hear); !errors.Is(err, context.Canceled) || len(w.heard) != 1 {
		t.Errorf("heard %q, error %v", w.heard, err)
	}
	if len(w.warnings) > 0 {
		t.Errorf("an interrupt is no reason to warn: %q", w.warnings)
	}
}
