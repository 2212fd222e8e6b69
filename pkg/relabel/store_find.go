package relabel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Load reads the journal of a run, which is named by its ID or a beginning of it that no other has.
func (s *Store) Load(id string) (*Run, error) {
	id, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return s.load(id)
}

// Resume opens the journal of a run to go on with it, and says what stands in it. A line that was being written when
// the process was killed is cut off.
func (s *Store) Resume(id string) (*Journal, *Run, error) {
	id, err := s.find(id)
	if err != nil {
		return nil, nil, err
	}
	j, run, err := s.open(id)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now().UTC()
	if _, err := j.append(event{Resume: &now}); err != nil {
		_ = j.Close()
		return nil, nil, err
	}
	run.noteResume()
	return j, run, nil
}

// List reads all journals, the newest first. One that cannot be used is a Run that says so in Damaged.
func (s *Store) List() ([]*Run, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	runs := make([]*Run, 0, len(ids))
	for _, id := range slices.Backward(ids) {
		run, err := s.load(id)
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed by somebody in the meantime
			continue
		case err != nil:
			started, _ := wholeID(id)
			run = &Run{ID: id, Started: started, Damaged: err.Error(), Plan: &report.LabelPlan{}}
		}
		runs = append(runs, run)
	}
	// A name tells the second only, and the last of two runs in one second is the one that a rollback means.
	slices.SortStableFunc(runs, func(a, b *Run) int { return b.Started.Compare(a.Started) })
	return runs, nil
}

// ids are those of all journals, the oldest first.
func (s *Store) ids() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the journals: %w", err)
	}
	var ids []string
	for _, e := range entries { // sorted by name, and so by time
		id, ok := strings.CutSuffix(e.Name(), journalSuffix)
		if _, whole := wholeID(id); ok && whole {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// find is the whole ID of a run. Nothing else can be named: no path, and no file that is no journal.
func (s *Store) find(id string) (string, error) {
	if !isID(id) {
		return "", fmt.Errorf("%q is no run: one is named like 20261122-033012-x7k2", id)
	}
	ids, err := s.ids()
	if err != nil {
		return "", err
	}
	found := slices.DeleteFunc(ids, func(other string) bool { return !strings.HasPrefix(other, id) })
	switch len(found) {
	case 0:
		return "", fmt.Errorf("no journal of run %q in %s; see 'kubectl pss rollback --list'", id, s.dir)
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("%q is the beginning of %d runs, such as %s and %s; give more of it", id, len(found), found[0], found[1])
	}
}

// load reads a journal that somebody else may be writing.
func (s *Store) load(id string) (*Run, error) {
	f, err := openRegular(s.path(id), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	run, _, err := readJournal(s.path(id), id, content)
	if err != nil {
		return nil, err
	}
	if !run.ended {
		run.Writing, err = lock(f, false)
	}
	return run, err
}

// open opens a journal to write at its end.
func (s *Store) open(id string) (*Journal, *Run, error) {
	f, err := openRegular(s.path(id), os.O_RDWR)
	if err != nil {
		return nil, nil, s.unwritable(err)
	}
	run, end, err := s.toEnd(f, id)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return &Journal{id: id, file: f, chain: end.chain}, run, nil
}

// toEnd takes the lock and goes to the end of what is whole.
func (s *Store) toEnd(f *os.File, id string) (*Run, journalEnd, error) {
	busy, err := lock(f, true)
	if err != nil {
		return nil, journalEnd{}, s.unwritable(err)
	}
	if busy || !stillThere(f, s.path(id)) {
		return nil, journalEnd{}, fmt.Errorf("run %s is being written by another process", id)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return nil, journalEnd{}, err
	}
	run, end, err := readJournal(s.path(id), id, content)
	if err != nil {
		return nil, journalEnd{}, err
	}
	if err := f.Truncate(int64(end.at)); err != nil {
		return nil, journalEnd{}, s.unwritable(err)
	}
	if _, err := f.Seek(int64(end.at), io.SeekStart); err != nil {
		return nil, journalEnd{}, s.unwritable(err)
	}
	return run, end, nil
}

// stillThere is false where the file was removed before it could be locked.
func stillThere(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, named)
}

// openRegular opens a file that is one: a pipe would keep us waiting, and a link leads elsewhere.
func openRegular(path string, flag int) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	return os.OpenFile(path, flag, 0)
}
