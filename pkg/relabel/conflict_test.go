package relabel

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// cancelOn is a fault that interrupts the run at the n-th patch of any namespace, and then does something.
func cancelOn(n int, cancel context.CancelFunc, then fakeapi.Action) fakeapi.Fault {
	return fakeapi.Fault{Method: http.MethodPatch, Path: "/*", Skip: n - 1, Times: 1, Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		cancel()
		then(w, r, next)
	}}
}

// wellOnly answers well.
func wellOnly(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) }

// Interrupted in the middle, a run says of every namespace what has become of it, and leaves nothing running.
func TestInterrupted(t *testing.T) {
	for _, n := range []int{1, 7, 30, 50} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := start(t)
			var items []report.Planned
			for i := range 50 {
				name := fmt.Sprintf("ns-%02d", i)
				s.Add(live(name, oldLabels()))
				items = append(items, change(name, oldLabels(), newLabels()))
			}
			ctx, cancel := context.WithCancel(loud(t))
			defer cancel()
			s.Inject(cancelOn(n, cancel, wellOnly))
			var begun, done atomic.Int64
			a := connect(t, s, 0, APIOptions{})
			a.grace = answerGrace // this server answers, but a busy machine takes longer than the fixture waits
			results := a.Write(ctx, items, Hooks{
				Begin: func(string) error {
					begun.Add(1)
					return nil
				},
				Done: func(string, report.Result) { done.Add(1) },
			})
			noneLeftRunning(t)
			finished := 0
			for i := range items {
				labels := oldLabels()
				switch results[i].Outcome {
				case report.EndingWritten:
					labels = newLabels()
					finished++
				case report.EndingUntried:
				default:
					t.Errorf("%d: %+v", i, results[i])
				}
				if diff := cmp.Diff(labels, survey.PodSecurityLabels(s.Namespace(items[i].Namespace).Labels)); diff != "" {
					t.Errorf("%d: %s", i, diff)
				}
			}
			if finished < n || finished > n+parallelWrites || int(done.Load()) != finished {
				t.Errorf("%d written and %d done after an interruption at %d", finished, done.Load(), n)
			}
			if b := int(begun.Load()); b < finished || b > finished+parallelWrites {
				t.Errorf("%d begun, %d written", b, finished)
			}
		})
	}
}

// noneLeftRunning checks that nothing of Write is. A goroutine that has said that it is done may still be on its way out.
func noneLeftRunning(t *testing.T) {
	t.Helper()
	left := leftRunning()
	for deadline := time.Now().Add(time.Minute); len(left) > 0 && time.Now().Before(deadline); left = leftRunning() {
		time.Sleep(time.Millisecond)
	}
	for _, stack := range left {
		t.Errorf("left running: %s", stack)
	}
}

func leftRunning() []string {
	var left []string
	stacks := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "pkg/relabel.(*writing)") || strings.Contains(stack, "pkg/relabel.(*API)") || strings.Contains(stack, "pkg/relabel.outlive") {
			left = append(left, stack)
		}
	}
	return left
}

// A patch that has left when the run is interrupted.
func TestInterruptedUnderWay(t *testing.T) {
	internal := fakeapi.Refuse(http.StatusInternalServerError, "InternalError", "etcd is on fire")
	for name, tc := range map[string]struct {
		then   fakeapi.Action
		want   report.Result
		labels labelSet
	}{
		"is answered late":         {fakeapi.Delay(50 * time.Millisecond), written(), newLabels()},
		"is lost after writing":    {fakeapi.After(fakeapi.HangUp()), written(), newLabels()},
		"hangs after writing":      {fakeapi.After(fakeapi.Hang()), written(), newLabels()},
		"hangs":                    {fakeapi.Hang(), ending(report.EndingFailed, "interrupted before the server had answered; the labels were unchanged still"), oldLabels()},
		"is lost":                  {fakeapi.HangUp(), ending(report.EndingFailed, "interrupted before the server had answered; the labels were unchanged still"), oldLabels()},
		"fails":                    {internal, ending(report.EndingFailed, "interrupted before the server had answered; the labels were unchanged still"), oldLabels()},
		"is refused":               {fakeapi.Refuse(http.StatusForbidden, "Forbidden", "no"), ending(report.EndingFailed, "no"), oldLabels()},
		"meets a change":           {fakeapi.Refuse(http.StatusConflict, "Conflict", "modified"), ending(report.EndingUntried, ""), oldLabels()},
		"is asked to wait forever": {fakeapi.RetryAfter(http.StatusTooManyRequests, 60), ending(report.EndingUntried, ""), oldLabels()},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, live("shop", oldLabels()))
			ctx, cancel := context.WithCancel(loud(t))
			defer cancel()
			s.Inject(cancelOn(1, cancel, tc.then))
			began := time.Now()
			results := connect(t, s, 0, APIOptions{}).Write(ctx, []report.Planned{change("shop", oldLabels(), newLabels())}, Hooks{})
			noneLeftRunning(t)
			if diff := cmp.Diff([]report.Result{tc.want}, results, inOutline()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.labels, survey.PodSecurityLabels(s.Namespace("shop").Labels)); diff != "" {
				t.Error(diff)
			}
			if n := patches(s); n != 1 {
				t.Errorf("%d patches", n)
			}
			if d := time.Since(began); d > 30*time.Second { // a busy machine; what was asked for is a minute
				t.Errorf("took %v", d)
			}
		})
	}
}

// Interrupted before anything has begun, a run sends nothing.
func TestInterruptedBefore(t *testing.T) {
	s := start(t, live("shop", oldLabels()))
	ctx, cancel := context.WithCancel(loud(t))
	items := []report.Planned{change("shop", oldLabels(), newLabels())}
	untried := []report.Result{ending(report.EndingUntried, "")}
	hooks := Hooks{
		Begin: func(string) error {
			cancel()
			return nil
		},
		Done: func(string, report.Result) { t.Error("done") },
	}
	if diff := cmp.Diff(untried, connect(t, s, 0, APIOptions{}).Write(ctx, items, hooks)); diff != "" {
		t.Errorf("while it is written to the journal: %s", diff)
	}
	n := len(s.Requests())
	if diff := cmp.Diff(untried, connect(t, s, 0, APIOptions{}).Write(ctx, items, hooks)); diff != "" {
		t.Errorf("before: %s", diff)
	}
	if patches(s) > 0 || len(s.Requests()) > n {
		t.Errorf("requests %+v", s.Requests())
	}
}

func TestChanged(t *testing.T) {
	value := func(s string) *string { return &s }
	got := changed(labelSet{enforce: "baseline", audit: "baseline", warn: "x", "team": "a"}, labelSet{enforce: "restricted", enforceVersion: "", warn: "x", "team": "b"})
	want := map[string]*string{enforce: value("restricted"), enforceVersion: value(""), audit: nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
