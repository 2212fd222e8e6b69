package relabel

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// children are what this test binary does when a test starts it as another process.
var children = map[string]func(context.Context) error{}

// childEnv names the child.
const childEnv = "PSS_TEST_CHILD"

// child registers one. It returns something so that it can stand beside what it registers.
func child(name string, run func(context.Context) error) struct{} {
	children[name] = run
	return struct{}{}
}

func TestMain(m *testing.M) {
	run, ok := children[os.Getenv(childEnv)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
