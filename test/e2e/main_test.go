//go:build e2e

// Package e2e holds the plugin against real API servers, which hack/localkube builds, starts and ends: what the
// plugin says that a server would do is compared, as strings, with what that server then does.
//
// PSS_E2E_CLUSTER=NAME uses a running cluster of that name as the default one and leaves it running, for those who
// write these tests: localkube up --name NAME --audit-log.
//
// PSS_E2E_FULL=1 also asks what differs little from what was asked before, or is asked within something else
// (`make e2e-full`).
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// parallelTests is how many tests run at once: most of the time they wait for controllers.
const parallelTests = "8"

// full says that nothing may be left out for being like something else.
func full() bool { return os.Getenv("PSS_E2E_FULL") != "" }

// garbage is GOGC for all that runs as long as these tests do: memory is plentiful, and a fifth of the time is spared.
const garbage = 400

// suite is the one run of these tests.
var suite *run

// compared counts answers of a server that were held against a prediction.
var compared atomic.Int64

func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", parallelTests) // the flag is there: testing has made it
	}
	os.Exit(runTests(m))
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// runTests runs the tests and takes every cluster down, also after an interrupt or just before go test would kill
// the process for taking too long.
func runTests(m *testing.M) int {
	debug.SetGCPercent(garbage)
	var err error
	if suite, err = newRun(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer suite.close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if limit := timeLimit(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	ended := make(chan int, 1)
	go func() { ended <- m.Run() }()
	select {
	case code := <-ended:
		fmt.Printf("compared %d answers\n", compared.Load())
		return code
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "interrupted, or out of time: taking the clusters down")
		return 130
	}
}

// timeLimit is -timeout less what taking down needs, 0 for no limit.
func timeLimit() time.Duration {
	const takingDown = 30 * time.Second
	f := flag.Lookup("test.timeout")
	if f == nil {
		return 0
	}
	limit, err := time.ParseDuration(f.Value.String())
	if err != nil || limit <= 2*takingDown {
		return 0
	}
	return limit - takingDown
}
