//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// The moments of a journal's life.
const (
	// atTemporary: the journal is being written, under a name that is not its own.
	atTemporary boundary = "journal not renamed yet"
	// atRename: the journal has its name.
	atRename boundary = "journal renamed"
	// atGrowth: it has grown by what happens to a namespace.
	atGrowth boundary = "journal grows"
)

// killPoint is where a process is killed: the nth time that it comes there.
type killPoint struct {
	at  boundary
	nth int
}

func (k killPoint) String() string { return fmt.Sprintf("%s %d", k.at, k.nth) }

// seen says that the moment is found by looking, and not told by the proxy.
func (k killPoint) seen() bool { return k.at == atTemporary || k.at == atRename || k.at == atGrowth }

// killer kills one process of an admin at a point. Of the patches that are under way then, some arrive still.
type killer struct {
	admin *admin
	proxy *middleman
	point killPoint

	mu     sync.Mutex
	random *rand.Rand
	victim *process
	dead   bool
}

// killAt runs the plugin until the point and returns when nothing of it is under way any more. reached is false where
// the process ended before it came to the point.
func (a *admin) killAt(t *testing.T, m *middleman, random *rand.Rand, point killPoint, args ...string) (r result, reached bool) {
	t.Helper()
	k := &killer{admin: a, proxy: m, point: point, random: random}
	m.use(k.patch)
	before, _ := a.journals()
	k.mu.Lock()
	k.victim = a.start(t, "", args...)
	k.mu.Unlock()
	switch point.at {
	case atTemporary, atRename, atGrowth:
		k.watch(before)
	default:
		<-k.victim.ended
	}
	m.settle(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.victim.wait(t), k.dead
}

// patch is the killer's boundaryHook.
func (k *killer) patch(at boundary, n int, _ string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.dead:
		return at != atArrival || k.random.IntN(2) == 0
	case at == k.point.at && n == k.point.nth:
		k.shoot()
		return at != atArrival
	default:
		return true
	}
}

func (k *killer) shoot() {
	k.victim.kill()
	k.dead = true
}

// watch looks at the journals time and again, for what is to be seen lasts about a millisecond.
func (k *killer) watch(before []string) {
	const often = 20 * time.Microsecond
	last, lines, size := "", 0, int64(-1)
	for {
		select {
		case <-k.victim.ended:
			return
		case <-time.After(often):
		}
		runs, temporary := k.admin.journals()
		arrived := k.point.at == atTemporary && len(temporary) > 0
		if len(runs) > len(before) || k.point.at == atGrowth && len(runs) > 0 {
			arrived = arrived || k.point.at == atRename
			journal := filepath.Join(k.admin.runs(), latest(runs, before)+".jsonl")
			if info, err := os.Stat(journal); err == nil && info.Size() != size {
				size = info.Size()
				now := countLines(journal)
				if journal != last { // a rollback writes one of its own
					last, lines = journal, now // by what is there at first it has not grown
				}
				// Between two looks it may grow by several lines, on a busy machine by many.
				arrived = arrived || k.point.at == atGrowth && now >= lines+k.point.nth
			}
		}
		if arrived {
			k.mu.Lock()
			k.shoot()
			k.mu.Unlock()
			return
		}
	}
}

// latest is the run that came to those before, else the last of them. Names tell the second only, and of one second any may
// come last.
func latest(runs, before []string) string {
	added := slices.DeleteFunc(slices.Clone(runs), func(run string) bool { return slices.Contains(before, run) })
	if len(added) > 0 {
		return slices.Max(added)
	}
	return slices.Max(runs)
}

// countLines counts the lines of a file, those that are not whole left out.
func countLines(path string) int {
	content, _ := os.ReadFile(path) // what cannot be read has not grown
	return bytes.Count(content, []byte{'\n'})
}
