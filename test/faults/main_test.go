package faults

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	"github.com/adrg/xdg"
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// TestMain keeps the journals of all cells in one directory, as those of all runs of a user are: runs that go on side by
// side must not disturb each other.
func TestMain(m *testing.M) { os.Exit(inState(m.Run)) }

func inState(run func() int) int {
	klog.SetLogger(logr.Discard()) // as Main does
	debug.SetGCPercent(400)        // thousands of runs in one process, each with much to throw away
	dir, err := os.MkdirTemp("", "faults")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = os.Setenv("XDG_STATE_HOME", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	xdg.Reload()
	return run()
}
