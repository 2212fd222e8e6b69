package relabel

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// Kept is how many journals of ended runs are kept, the newest ones; and as many of interrupted runs, counted by
	// themselves, because a journal is the only way back.
	Kept = 100

	journalSuffix   = ".jsonl"
	temporarySuffix = ".tmp"
	idTime          = "20060102-150405"
	// idTries is more than enough for four characters a second.
	idTries = 20
)

// DefaultDir is where journals are kept: in the user's state directory, which XDG_STATE_HOME names.
func DefaultDir() (string, error) {
	if !filepath.IsAbs(xdg.StateHome) {
		return "", errors.New("there is no state directory to keep a journal in: set XDG_STATE_HOME to one")
	}
	return filepath.Join(xdg.StateHome, "kubectl-pss", "runs"), nil
}

// Store is a directory of journals, one file a run.
type Store struct{ dir string }

// NewStore touches nothing: the directory is made with the first journal.
func NewStore(dir string) *Store { return &Store{dir: dir} }

// RunInfo is what a journal says of a run besides its plan.
type RunInfo struct {
	// Command is what was typed, Host the API server that it goes to.
	Command string
	Host    string
	Now     time.Time
	// Allowed are the flags by which the user accepted consequences.
	Allowed []string
}

// Create writes a plan to a new journal and sets its Run. When it returns the journal is on disk as a whole; there is
// none where it fails. Journals beyond Kept are removed.
func (s *Store) Create(plan *report.LabelPlan, o RunInfo) (*Journal, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, s.unwritable(err)
	}
	for range idTries {
		id := o.Now.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:4])
		content, err := (&chain{}).head(id, plan, o)
		if err != nil {
			return nil, err
		}
		// What could not be read back must not be relied on.
		if _, _, err := readJournal("the plan", id, content); err != nil {
			return nil, err
		}
		switch err := s.write(id, content); {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return nil, s.unwritable(err)
		}
		j, _, err := s.open(id)
		if err != nil {
			return nil, err
		}
		s.prune(o.Now)
		plan.Run = id
		return j, nil
	}
	return nil, fmt.Errorf("no name is left for a journal in %s", s.dir)
}

// write makes a whole journal or none. The temporary file's name holds others off the same ID until the final one
// is there.
func (s *Store) write(id string, content []byte) error {
	temporary := filepath.Join(s.dir, "."+id+temporarySuffix)
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = rename(temporary, s.path(id))
	}
	if err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return syncDir(s.dir)
}

// rename fails where the new name is taken.
func rename(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return os.Rename(from, to)
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, id+journalSuffix) }

// unwritable names the directory, and the way to another one.
func (s *Store) unwritable(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("cannot keep a journal in %s: %w; set XDG_STATE_HOME to a directory that can be written", s.dir, err)
}

// isID says whether text is made like an ID, or the beginning of one.
func isID(text string) bool {
	return regexp.MustCompile(`^[0-9a-z-]{1,20}$`).MatchString(text)
}

// wholeID is the time at which a run with that ID started; false for no ID.
func wholeID(text string) (time.Time, bool) {
	if len(text) != len(idTime)+5 || text[len(idTime)] != '-' || !isID(text) {
		return time.Time{}, false
	}
	started, err := time.Parse(idTime, text[:len(idTime)])
	return started, err == nil
}
