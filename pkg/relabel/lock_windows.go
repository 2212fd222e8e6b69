package relabel

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedByte lies far behind any journal's end: Windows keeps others from reading what is locked.
const lockedByte = 1 << 30

// lock takes the lock of a file without waiting, for this open file alone or shared with others. It ends when the
// file is closed, or with the process. busy says that somebody else has it.
func lock(f *os.File, exclusive bool) (busy bool, err error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: lockedByte})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return true, nil
	}
	return false, err
}

// syncDir does nothing: Windows has no such thing, and keeps names in its file system's own journal.
func syncDir(string) error { return nil }
