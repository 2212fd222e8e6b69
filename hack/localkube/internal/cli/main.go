// Package cli is the command line of localkube: it reads flags, calls the rooms that do the work, and prints.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cluster"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

// The exit codes of localkube.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotRunning  = 3
	exitInterrupted = 130
)

const defaultName = "pss"

// errNotRunning ends a command that was asked about a cluster that does not run; all has been said by then.
var errNotRunning = errors.New("not running")

// usageError is a mistake on the command line.
type usageError struct{ error }

// app is one call of localkube.
type app struct {
	out, err io.Writer
	store    cluster.Store
	getenv   func(string) string
}

// command is a subcommand.
type command struct {
	name, summary string
	run           func(a *app, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"up", "start a cluster, after building it if need be", (*app).up},
		{"restart", "start the API server of a cluster again, with other arguments", (*app).restart},
		{"down", "end a cluster and remove all of its files", (*app).down},
		{"status", "show a cluster (exit code 0 running, 3 not running)", (*app).status},
		{"env", "print KUBECONFIG=... and KUBECTL=... of a running cluster", (*app).env},
		{"build", "only build, and print the folder of the binaries", (*app).build},
	}
}

// Main runs the command line args and returns the exit code.
func Main(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) > 0 && args[0] == process.ShimCommand {
		fmt.Fprintf(errOut, "error: %v\n", process.Become(args[1:]))

		return exitFailed
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{out: out, err: errOut, store: cluster.OpenStore(os.Getenv), getenv: os.Getenv}

	return a.exitCode(ctx, a.dispatch(ctx, args))
}

func (a *app) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(a.out, "localkube runs real Kubernetes control planes on this machine.\n\nCommands:\n")
		for _, c := range commands() {
			fmt.Fprintf(a.out, "  %-8s%s\n", c.name, c.summary)
		}
		fmt.Fprint(a.out, "\nSee 'localkube COMMAND --help' for the flags.\n")

		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(a, ctx, args[1:])
		}
	}

	return usageError{fmt.Errorf("unknown command %q: must be one of up, restart, down, status, env, build", args[0])}
}

// exitCode prints the error, if it has something to say, and gives it a number.
func (a *app) exitCode(ctx context.Context, err error) int {
	usage := usageError{}
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return exitDone
	case errors.Is(err, errNotRunning):
		return exitNotRunning
	case ctx.Err() != nil:
		fmt.Fprintf(a.err, "interrupted: %v\n", err)

		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "error: %v\nSee 'localkube --help' for usage.\n", err)

		return exitUsage
	default:
		fmt.Fprintf(a.err, "error: %v\n", err)

		return exitFailed
	}
}

// flags makes the flag set of a subcommand; usage is the line after "localkube".
func (a *app) flags(usage string) *pflag.FlagSet {
	set := pflag.NewFlagSet(usage, pflag.ContinueOnError)
	set.SetOutput(a.out)
	set.SortFlags = false
	set.Usage = func() {
		fmt.Fprintf(a.out, "Usage: localkube %s\n\nFlags:\n%s", usage, set.FlagUsages())
	}

	return set
}

// parse reads args, none of which may be left over.
func parse(set *pflag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}

		return usageError{err}
	}
	if set.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q: clusters are named with --name", set.Arg(0))}
	}

	return nil
}

// nameFlag adds --name and returns where it will be.
func nameFlag(set *pflag.FlagSet) *string {
	return set.String("name", defaultName, "name of the cluster")
}

func checkName(name string) error {
	if err := cluster.CheckName(name); err != nil {
		return usageError{err}
	}

	return nil
}
