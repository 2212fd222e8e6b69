//go:build unix

package relabel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// killed500 is how many namespaces a run that is killed has.
const killed500 = 500

// variant is the old labels of the i-th namespace: several kinds, so that none is restored by luck.
func variant(i int) labelSet {
	return []labelSet{{}, oldLabels(), {enforce: "privileged", warn: "baseline", audit: "baseline"}, {enforce: "privileged"}, {warn: "baseline", enforceVersion: "v1.30"}}[i%5]
}

// killPlan is the plan that the children carry out.
func killPlan() *report.LabelPlan {
	plan := &report.LabelPlan{}
	for i := range killed500 {
		plan.Items = append(plan.Items, change(fmt.Sprintf("ns-%03d", i), variant(i), newLabels()))
	}
	return plan
}

// A point is where a process is killed with SIGKILL.
const (
	pointBeforeBegin = "before its n-th begin"
	pointAfterBegin  = "after its n-th begin"
	pointBeforeDone  = "before its n-th done"
	pointAfterDone   = "after its n-th done"
	pointTorn        = "in the middle of the line after its n-th done"
	pointBeforePatch = "when the server has its n-th patch"
	pointAfterPatch  = "when the server has carried out its n-th patch"
	pointTime        = "n tenths of a millisecond after it began to write its journal"
)

// TestKilled kills processes that label, continue and undo, one after the other on the same 500 namespaces. In the end,
// continued runs have brought about what was planned, and undone ones what was before.
func TestKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("PSS_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PSS_TEST_SEED=%d", seed)
	var deaths atomic.Int64
	t.Run("rounds", func(t *testing.T) {
		for round := range uint64(7) {
			t.Run(strconv.FormatUint(round, 10), func(t *testing.T) {
				t.Parallel()
				deaths.Add(killAndVerify(t, rand.New(rand.NewPCG(seed, round)), round%2 == 0))
			})
		}
	})
	t.Logf("%d processes were killed", deaths.Load())
	if deaths.Load() < 40 {
		t.Errorf("only %d processes were killed", deaths.Load())
	}
}

// killAndVerify kills at each kind of point once, and then brings it to an end.
func killAndVerify(t *testing.T, random *rand.Rand, undo bool) (deaths int64) {
	t.Helper()
	points := []string{
		pointBeforeBegin, pointAfterBegin, pointBeforeDone, pointAfterDone, pointTorn, pointBeforePatch, pointAfterPatch, pointTime,
	}
	random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	k := newKilling(t)
	for i, point := range points {
		// A part of what is left, so that the last ones have something to do as well.
		command, n := "continue", 1+random.IntN(killed500/(len(points)+2))
		if undo && i >= len(points)/2 {
			command, n = "undo", 1+n/5
		}
		t.Logf("%s, to be killed %s, n=%d", command, point, n)
		if k.run(command, point, n) {
			deaths++
		}
	}
	if undo {
		k.run("undo", "", 0)
		k.verify("undone", variant)
	} else {
		k.run("continue", "", 0)
		k.verify("continued", func(int) labelSet { return newLabels() })
	}
	return deaths
}

// killing is a server with namespaces, and a state directory.
type killing struct {
	t      *testing.T
	server *fakeapi.Server
	env    []string
	before []*corev1.Namespace
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{t: t, server: start(t)}
	for i, item := range killPlan().Items {
		k.server.Add(live(item.Namespace, variant(i)))
		k.before = append(k.before, k.server.Namespace(item.Namespace))
	}
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, k.server.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	k.env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PSS_TEST_DIR="+filepath.Join(dir, "runs"))
	return k
}

// run runs a process that is killed at a point, or none where that is empty, and says whether it was.
func (k *killing) run(command, point string, n int) bool {
	k.t.Helper()
	c := exec.CommandContext(k.t.Context(), os.Args[0])
	c.Env = slices.Concat(k.env, []string{childEnv + "=writes", "PSS_TEST_COMMAND=" + command, "PSS_TEST_POINT=" + point, "PSS_TEST_N=" + strconv.Itoa(n)})
	// The server takes no patch of a process that it has killed: what of it comes later is lost on the way.
	var dead atomic.Bool
	started := make(chan struct{})
	kill := func() {
		<-started
		dead.Store(true)
		_ = c.Process.Kill()
	}
	var count atomic.Int64
	k.server.Inject(fakeapi.Fault{Method: http.MethodPatch, Path: "/*", Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		last := count.Add(1) == int64(n)
		switch {
		case point == pointBeforePatch && last:
			kill()
			fakeapi.HangUp()(w, r, next)
		case dead.Load():
			fakeapi.HangUp()(w, r, next)
		case point == pointAfterPatch && last:
			fakeapi.After(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				kill()
				fakeapi.HangUp()(w, r, next)
			})(w, r, next)
		default:
			next.ServeHTTP(w, r)
		}
	}})
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	close(started)
	err := c.Wait()
	k.server.Settle()
	k.server.Calm()
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	killed := ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	if !killed && err != nil {
		k.t.Fatalf("%s, to be killed %d %s: %v: %s", command, n, point, err, out.String())
	}
	if point == "" && killed {
		k.t.Fatalf("%s was killed, but not by us", command)
	}
	return killed
}

// verify checks every namespace whole.
func (k *killing) verify(what string, want func(i int) labelSet) {
	k.t.Helper()
	for i, before := range k.before {
		after := k.server.Namespace(before.Name)
		if diff := cmp.Diff(want(i), survey.PodSecurityLabels(after.Labels)); diff != "" {
			k.t.Errorf("%s is not %s: %s", before.Name, what, diff)
		}
		onlyLabelsChanged(k.t, before, after)
	}
}

// swift is a user's configuration without the limit of requests a second.
type swift struct {
	genericclioptions.RESTClientGetter
}

func (s swift) ToRESTConfig() (*rest.Config, error) {
	config, err := s.RESTClientGetter.ToRESTConfig()
	if err == nil {
		config.RateLimiter = flowcontrol.NewFakeAlwaysRateLimiter()
	}
	return config, err
}

var _ = child("writes", childWrites)

// childWrites is the process that TestKilled kills.
func childWrites(ctx context.Context) error {
	a, err := NewAPI(swift{genericclioptions.NewConfigFlags(false)}, APIOptions{Version: "v0.0.0"})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(os.Getenv("PSS_TEST_N"))
	if err != nil {
		return err
	}
	store := NewStore(os.Getenv("PSS_TEST_DIR"))
	point := os.Getenv("PSS_TEST_POINT")
	if point == pointTime {
		time.AfterFunc(time.Duration(n)*100*time.Microsecond, die)
	}
	j, items, err := take(ctx, store, a, os.Getenv("PSS_TEST_COMMAND"))
	if err != nil {
		return err
	}
	results := a.Write(ctx, items, deadly(j, point, n))
	for i := range results {
		if items[i].Action == report.ActionChange && results[i].Outcome != report.EndingWritten && results[i].Outcome != report.EndingAlready {
			err = errors.Join(err, fmt.Errorf("%s: %+v", items[i].Namespace, results[i]))
		}
	}
	return errors.Join(err, j.End(), j.Close())
}

func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// take opens the journal of what is to be done: the first label, the one that was cut off, or an undoing of it.
func take(ctx context.Context, store *Store, a *API, command string) (*Journal, []report.Planned, error) {
	runs, err := store.List()
	if err != nil {
		return nil, nil, err
	}
	if at := slices.IndexFunc(runs, func(r *Run) bool { return r.Damaged != "" }); at >= 0 {
		return nil, nil, errors.New(runs[at].Damaged)
	}
	label := slices.IndexFunc(runs, func(r *Run) bool { return r.Plan.Asked.Undo == "" })
	undo := slices.IndexFunc(runs, func(r *Run) bool { return r.Plan.Asked.Undo != "" })
	switch {
	case label < 0:
		plan := killPlan()
		j, err := store.Create(plan, RunInfo{Now: time.Now()})
		return j, plan.Items, err
	case command == "undo" && undo < 0:
		plan := Undo(runs[label], func(namespace string) (*corev1.Namespace, error) {
			return a.Get(ctx, namespace, runs[label].Known(namespace))
		})
		for i := range plan.Items {
			if plan.Items[i].Action == report.ActionSkip {
				return nil, nil, fmt.Errorf("%s: %s", plan.Items[i].Namespace, plan.Items[i].Reason)
			}
		}
		j, err := store.Create(plan, RunInfo{Now: time.Now()})
		return j, plan.Items, err
	case command == "undo":
		label = undo
	}
	j, run, err := store.Resume(runs[label].ID)
	if err != nil {
		return nil, nil, err
	}
	return j, run.Plan.Items, nil
}

// deadly are a journal's hooks that kill the process at the n-th call.
func deadly(j *Journal, point string, n int) Hooks {
	var begins, dones atomic.Int64
	return Hooks{
		Begin: func(namespace string) error {
			last := begins.Add(1) == int64(n)
			if last && point == pointBeforeBegin {
				die()
			}
			err := j.Begin(namespace)
			if last && point == pointAfterBegin {
				die()
			}
			return err
		},
		Done: func(namespace string, r report.Result) {
			last := dones.Add(1) == int64(n)
			if last && point == pointBeforeDone {
				die()
			}
			j.Done(namespace, r)
			if last && point == pointTorn {
				j.writing.Lock()
				_, _ = j.file.WriteString(`{"begin":"ns-`[:1+n%13])
				die()
			}
			if last && point == pointAfterDone {
				die()
			}
		},
	}
}
