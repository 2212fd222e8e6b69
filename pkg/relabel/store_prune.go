package relabel

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// temporaryAge is how old a temporary file must be to be nobody's any more.
const temporaryAge = time.Hour

// prune removes the oldest journals beyond what is kept, and what killed processes have left behind. It is
// housekeeping: what it cannot remove stays, and nobody is told.
func (s *Store) prune(now time.Time) {
	s.pruneTemporary(now)
	ids, err := s.ids()
	if err != nil || len(ids) <= Kept {
		return
	}
	var ended, interrupted []string
	for _, id := range ids {
		if endsWell(s.path(id)) {
			ended = append(ended, id)
		} else {
			interrupted = append(interrupted, id)
		}
	}
	for _, list := range [][]string{ended, interrupted} {
		for _, id := range list[:max(0, len(list)-Kept)] {
			remove(s.path(id))
		}
	}
}

// endsWell reads no more than a journal's last line.
func endsWell(path string) bool {
	const enough = 256 // an end is a time, and no more
	f, err := openRegular(path, os.O_RDONLY)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return false
	}
	tail := make([]byte, min(size, enough))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return false
	}
	whole, ok := bytes.CutSuffix(tail, []byte("\n"))
	var e event
	return ok && strictly(whole[bytes.LastIndexByte(whole, '\n')+1:], &e) == nil && e == event{End: e.End} && e.End != nil
}

// remove removes a journal that nobody is writing.
func remove(path string) {
	f, err := openRegular(path, os.O_RDWR)
	if err != nil {
		return
	}
	busy, err := lock(f, true)
	removed := err == nil && !busy && os.Remove(path) == nil
	_ = f.Close()
	if err == nil && !busy && !removed {
		_ = os.Remove(path) // Windows removes no open file
	}
}

func (s *Store) pruneTemporary(now time.Time) {
	left, err := filepath.Glob(filepath.Join(s.dir, ".*"+temporarySuffix))
	if err != nil {
		return
	}
	for _, path := range left {
		id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "."), temporarySuffix)
		if started, ok := wholeID(id); ok && now.Sub(started) > temporaryAge {
			_ = os.Remove(path)
		}
	}
}
