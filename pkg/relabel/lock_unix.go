//go:build unix

package relabel

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the advisory lock of a file without waiting, for this open file alone or shared with others. It ends
// when the file is closed, or with the process. busy says that somebody else has it. Where a file system has no locks
// there is none to be had, and nothing to be refused.
func lock(f *os.File, exclusive bool) (busy bool, err error) {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	for {
		switch err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return true, nil
		case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOLCK):
			return false, nil
		default:
			return false, err
		}
	}
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}
