package relabel

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Journal is the journal of a run under way. Its methods may be called from several goroutines; Begin and Done are
// made to be Write's hooks. No other process can write it as long as it is open.
type Journal struct {
	id   string
	file *os.File

	// writing guards the file's end.
	writing sync.Mutex
	chain   chain
	written int
	// broken is the first failure: what was written then is a torn line, after which no other may stand.
	broken error

	// syncing is held during a sync, so that all who wait for it find their lines on disk by the next one.
	syncing sync.Mutex
	synced  int
}

// ID names the run.
func (j *Journal) ID() string { return j.id }

// Begin notes that a namespace's patch is about to leave, and returns once that is on disk.
func (j *Journal) Begin(namespace string) error {
	now := time.Now().UTC()
	n, err := j.append(event{Begin: namespace, At: &now})
	if err != nil {
		return err
	}
	return j.sync(n)
}

// Done notes how a namespace ended. It need not reach the disk: a namespace that was begun and whose end is not known
// is looked at again. A failure comes back from End.
func (j *Journal) Done(namespace string, r report.Result) {
	_, _ = j.append(event{Done: namespace, Result: &r})
}

// End notes that the run came to its end, and returns once that is on disk. An interrupted run has none.
func (j *Journal) End() error {
	now := time.Now().UTC()
	n, err := j.append(event{End: &now})
	if err != nil {
		return err
	}
	return j.sync(n)
}

// Close lets others have the journal.
func (j *Journal) Close() error { return j.file.Close() }

// append writes a line and returns how many have been written with it.
func (j *Journal) append(e event) (int, error) {
	j.writing.Lock()
	defer j.writing.Unlock()
	if j.broken != nil {
		return 0, j.broken
	}
	text, err := j.chain.line(e)
	if err != nil {
		return 0, err
	}
	if _, err := j.file.Write(text); err != nil {
		j.broken = j.failed(err)
		return 0, j.broken
	}
	j.written++
	return j.written, nil
}

// sync returns once the first n lines are on disk. One sync serves all who have written before it.
func (j *Journal) sync(n int) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= n {
		return nil
	}
	j.writing.Lock()
	written, err := j.written, j.broken
	j.writing.Unlock()
	if err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		// What a failed sync has left on disk nobody knows, and a second one may claim success.
		j.writing.Lock()
		defer j.writing.Unlock()
		j.broken = j.failed(err)
		return j.broken
	}
	j.synced = written
	return nil
}

func (j *Journal) failed(err error) error {
	return fmt.Errorf("writing the journal: %w", err)
}
