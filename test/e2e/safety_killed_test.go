//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// sizeOfCrowd namespaces are killed as a whole, and before that in lanesOfCrowd parts of sizeOfLane side by side.
	sizeOfCrowd  = 500
	lanesOfCrowd = 4
	sizeOfLane   = 50
	// killsOfCrowd is how often the change of all of them is killed on the way there, and how often on the way back.
	killsOfCrowd = 6
)

// What somebody does after a run was killed.
const (
	wayBack = "rollback"
	wayOn   = "continue"
)

// killed is a crowd of namespaces whose runs are killed, or a lane of it.
type killed struct {
	server   *server
	proxy    *middleman
	random   *rand.Rand
	selector string
	original map[string]whole
	planned  map[string]map[string]string
	// changes is how many of them the plan changes.
	changes int
}

// killRuns kills runs over many namespaces at every kind of boundary: 44 times once, and then the run is taken back, or
// continued and then taken back; and in the end it is killed again and again on its way there and back.
func killRuns(t *testing.T) {
	t.Helper()
	s := spare(t)
	random := seeded(t)
	crowd := "killed-" + suite.id
	s.crowd(t, random, crowd)
	all := s.killed(t, random, crowdLabel+"="+crowd)
	if len(all.original) != sizeOfCrowd {
		t.Fatalf("there are %d namespaces", len(all.original))
	}
	t.Run("once", func(t *testing.T) {
		var lanes sync.WaitGroup // t.Parallel would have each wait until every other test has begun
		defer lanes.Wait()
		for lane := range lanesOfCrowd {
			random := rand.New(rand.NewPCG(random.Uint64(), 0))
			one := func(t *testing.T) {
				k := s.killed(t, random, fmt.Sprintf("%s,%s=%d", all.selector, laneLabel, lane))
				t.Run(string(atTemporary), k.unbegun)
				for _, point := range k.points(lane) {
					for _, way := range []string{wayBack, wayOn} {
						t.Run(fmt.Sprintf("%s, %s", point, way), func(t *testing.T) { k.once(t, point, way) })
					}
				}
			}
			lanes.Go(func() { t.Run(strconv.Itoa(lane), one) })
		}
	})
	if !t.Failed() {
		t.Run("again and again", all.again)
	}
}

// killed takes stock of the namespaces that a selector selects. The change leaves the warn mode alone, whose label no
// server takes in some of them: what is not valid any more cannot be written back.
func (s *server) killed(t *testing.T, random *rand.Rand, selector string) *killed {
	t.Helper()
	k := &killed{server: s, proxy: s.middleman(t), random: random, selector: selector, original: s.stored(t, selector)}
	k.planned = killedModes().planned(k.original)
	for name, labels := range k.planned {
		if !maps.Equal(labels, k.original[name].Labels) {
			k.changes++
		}
	}
	return k
}

func killedModes() modes { return modes{enforce: "baseline:v1.34", audit: "-"} }

// label is the run that is killed.
func (k *killed) label() []string {
	return append(killedModes().flags(), "label", "ns", "-l", k.selector, "--yes")
}

// points are where the runs of a lane are killed: at the first patch, at the last, or at any.
func (k *killed) points(lane int) []killPoint {
	nth := func() int {
		switch lane {
		case 0:
			return 1
		case 1:
			return k.changes
		default:
			return 1 + k.random.IntN(k.changes)
		}
	}
	return []killPoint{
		{atRename, 1},
		{atGrowth, 1 + k.random.IntN(k.changes)},
		{atArrival, nth()},
		{atApplied, nth()},
		{atAnswer, nth()},
	}
}

// once kills a run, and goes one of the ways from there.
func (k *killed) once(t *testing.T, point killPoint, way string) {
	t.Helper()
	a := newAdmin(t, k.proxy.kubeconfig)
	k.until(t, a, point)
	begun := k.consistent(t, a)
	run := a.onlyRun(t)
	k.proxy.use(nil)
	if k.ended(t, a, run) {
		k.complete(t)
		a.must(t, 0, "rollback", "--yes")
		restored(t, "after the rollback", k.original, k.server.stored(t, k.selector))
		return
	}
	k.loseTail(t, a, run)
	k.listed(t, a, run)
	if way == wayBack && len(begun) > 0 && k.random.IntN(2) == 0 {
		k.killOn(t, a, run)
	}
	switch {
	case way == wayOn:
		a.must(t, 0, "label", "--continue", run, "--yes")
		k.complete(t)
		a.must(t, 2, "label", "--continue", run, "--yes").says(t, "run "+run+" has come to its end")
		a.must(t, 0, "rollback", run, "--yes")
	case len(begun) == 0:
		a.must(t, 2, "rollback", "--yes").says(t, "there is no run on this cluster that could be taken back")
	default:
		a.must(t, 0, "rollback", "--yes")
	}
	restored(t, "after the rollback", k.original, k.server.stored(t, k.selector))
}

// killOn goes on with a run, and kills that too before long.
func (k *killed) killOn(t *testing.T, a *admin, run string) {
	t.Helper()
	const soon = 5
	point := killPoint{atApplied, 1 + k.random.IntN(soon)}
	_, reached := a.killAt(t, k.proxy, k.random, point, "label", "--continue", run, "--yes")
	t.Logf("went on and killed at %s: %t", point, reached)
	k.proxy.use(nil)
	k.consistent(t, a)
}

// until starts runs until one is killed at the point, and returns what the namespaces were before that. What is seen by
// looking at the journal time and again may be over before the next look, and a run may be over before it is killed, so
// that it may take several; those killed too late are taken back.
func (k *killed) until(t *testing.T, a *admin, point killPoint) (before map[string]whole) {
	t.Helper()
	const tries = 20
	for range tries {
		before = k.server.stored(t, k.selector)
		r, met := a.killAt(t, k.proxy, k.random, point, k.label()...)
		runs, temporary := a.journals()
		reached := met && r.exit == -1 // or it has ended before the signal came: after its last answer it is soon done
		switch {
		case !met && !point.seen():
			t.Fatalf("not killed: %+v", r)
		case reached && (point.at != atTemporary || len(runs) == 0 && len(temporary) > 0):
			return before
		}
		k.proxy.use(nil)
		for _, run := range runs {
			a.must(t, 0, "rollback", run, "--yes")
		}
		if err := os.RemoveAll(a.runs()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the point was not met in %d tries", tries)
	return nil
}

// consistent fails the test unless each namespace is as it was or as planned, nothing in between, and the journal
// knows of each that was written. It returns those of which the journal knows.
func (k *killed) consistent(t *testing.T, a *admin) map[string]bool {
	t.Helper()
	begun := map[string]bool{}
	runs, _ := a.journals()
	for _, run := range runs {
		maps.Copy(begun, a.begun(t, run))
	}
	now := k.server.stored(t, k.selector)
	othersKept(t, "after the kill", k.original, now)
	for name, w := range now {
		was := maps.Equal(w.Labels, k.original[name].Labels)
		switch {
		case !was && !maps.Equal(w.Labels, k.planned[name]):
			t.Errorf("%s is neither as it was nor as planned: %q", name, w.Labels)
		case !was && !begun[name]:
			t.Errorf("%s was written, and the journal does not know", name)
		}
	}
	return begun
}

// begun are the namespaces that a journal says to have been written, or to be about to.
func (a *admin) begun(t *testing.T, run string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(a.runs(), run+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]bool{}
	for line := range bytes.Lines(content) {
		if !bytes.HasSuffix(line, []byte{'\n'}) {
			break // Linux ends the write of a killed process where a page ends; nothing was sent before the line was whole
		}
		var e struct{ Begin string }
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Begin != "" {
			begun[e.Begin] = true
		}
	}
	return begun
}

// ended says that a run came to its end after all: what is killed after its last answer may be faster than the signal.
func (k *killed) ended(t *testing.T, a *admin, run string) bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(a.runs(), run+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.HasPrefix(content[bytes.LastIndexByte(content[:len(content)-1], '\n')+1:], []byte(`{"end":`))
}

// loseTail cuts a journal as a machine may that falls: what came after the last sync is not whole. Before each patch
// there is a sync, but not after it.
func (k *killed) loseTail(t *testing.T, a *admin, run string) {
	t.Helper()
	path := filepath.Join(a.runs(), run+".jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	synced := len(content)
	for {
		at := bytes.LastIndexByte(content[:synced-1], '\n') + 1
		if !bytes.HasPrefix(content[at:], []byte(`{"done":`)) {
			break
		}
		synced = at
	}
	cut := synced + k.random.IntN(len(content)-synced+1)
	t.Logf("losing %d bytes of the journal", len(content)-cut)
	if err := os.Truncate(path, int64(cut)); err != nil {
		t.Fatal(err)
	}
}

// listed fails the test unless the run is shown as interrupted.
func (k *killed) listed(t *testing.T, a *admin, run string) {
	t.Helper()
	var list report.RunList
	if err := json.Unmarshal([]byte(a.must(t, 0, "rollback", "--list", "-o", "json").stdout), &list); err != nil {
		t.Fatal(err)
	}
	type shown struct {
		Run   string
		State report.RunState
		Count int
	}
	var got []shown
	for _, r := range list.Items {
		got = append(got, shown{r.Run, r.State, r.Namespaces})
	}
	if diff := cmp.Diff([]shown{{run, report.RunInterrupted, k.changes}}, got); diff != "" {
		t.Errorf("rollback --list (- want, + got):\n%s", diff)
	}
}

// complete fails the test unless all is as planned.
func (k *killed) complete(t *testing.T) {
	t.Helper()
	now := k.server.stored(t, k.selector)
	othersKept(t, "after going on", k.original, now)
	labelled(t, "after going on", k.planned, now)
}

// unbegun kills a run before its journal is there: nothing was written, and there is nothing to go on with or to take
// back.
func (k *killed) unbegun(t *testing.T) {
	a := newAdmin(t, k.proxy.kubeconfig)
	before := k.until(t, a, killPoint{atTemporary, 1})
	k.proxy.use(nil)
	_, temporary := a.journals()
	run := strings.TrimSuffix(strings.TrimPrefix(temporary[0], "."), ".tmp")
	a.must(t, 2, "rollback", "--yes").says(t, "there is no run on this cluster that could be taken back")
	a.must(t, 2, "rollback", run, "--yes").says(t, `no journal of run "`+run+`"`)
	a.must(t, 2, "label", "--continue", run, "--yes").says(t, `no journal of run "`+run+`"`)
	untouched(t, "killed before its journal was there", before, k.server.stored(t, k.selector))
}

// again kills the change of all namespaces again and again, until it comes to its end all the same.
func (k *killed) again(t *testing.T) {
	a := newAdmin(t, k.proxy.kubeconfig)
	args := k.label()
	for i := range killsOfCrowd {
		if !k.someway(t, a, args...) {
			t.Fatalf("kill %d was not met", i)
		}
		args = []string{"label", "--continue", a.onlyRun(t), "--yes"}
	}
	k.proxy.use(nil)
	a.must(t, 0, args...)
	k.complete(t)
	args = []string{"rollback", a.onlyRun(t), "--yes"}
	for i := range killsOfCrowd {
		if !k.someway(t, a, args...) {
			t.Fatalf("kill %d of the rollback was not met", i)
		}
	}
	k.proxy.use(nil)
	a.must(t, 0, args...)
	restored(t, "after the rollback", k.original, k.server.stored(t, k.selector))
}

// someway kills a process somewhere, and looks at what it leaves.
func (k *killed) someway(t *testing.T, a *admin, args ...string) bool {
	t.Helper()
	const soon = 30
	at := []boundary{atGrowth, atArrival, atApplied, atAnswer}[k.random.IntN(4)]
	point := killPoint{at, 1 + k.random.IntN(soon)}
	_, reached := a.killAt(t, k.proxy, k.random, point, args...)
	k.consistent(t, a)
	t.Logf("killed at: %s", point)
	return reached
}
