package process

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	pollEvery = 20 * time.Millisecond
	// killWait is how long a killed process may take to disappear; longer means that it hangs in the kernel.
	killWait = 5 * time.Second
)

// Stop asks the given processes and their groups to end and kills those that are still there after grace. Processes
// that are gone, or whose id belongs to someone else by now, are left alone.
func Stop(ids []Identity, grace time.Duration) error {
	signal(ids, syscall.SIGTERM)
	if wait(ids, grace) {
		return nil
	}
	signal(ids, syscall.SIGKILL)
	if wait(ids, killWait) {
		return nil
	}
	var errs []error
	for _, id := range ids {
		if id.Alive() {
			errs = append(errs, fmt.Errorf("process %d does not end", id.PID))
		}
	}

	return errors.Join(errs...)
}

// signal reaches the whole group where the process leads one, so that nothing it started stays behind.
func signal(ids []Identity, sig syscall.Signal) {
	for _, id := range ids {
		if !id.Alive() {
			continue
		}
		target := id.PID
		if id.Leads {
			target = -id.PID
		}
		// Only "it just ended" can go wrong here, and wait notices that.
		_ = syscall.Kill(target, sig)
	}
}

// wait reports whether all are gone before the time is over.
func wait(ids []Identity, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		alive := false
		for _, id := range ids {
			alive = alive || id.Alive()
		}
		if !alive {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollEvery)
	}
}
