//go:build unix

// Command fidelity sends random pods, workloads, namespaces and changes of labels to real API servers, which it starts
// and ends, and holds what they answer against what kubectl pss says: messages, warnings and audit annotations.
//
//	make fidelity                                                 some minutes
//	make fidelity FIDELITY="--requests 100000 --seed 7"           the table in the README
//	make fidelity FIDELITY="--servers newest,v1.24.17+config"
//
// Each difference is shown with its seed and number, and the first ones with the smallest request that still differs.
// Any makes it fail, and so do too many requests that the servers refuse as invalid.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	requests       int
	seed           uint64
	servers        []contestant
	configurations int
	parallel       int
	localkube      string
	tries          int
	// said is the command line itself.
	said []string
}

// usual are the servers that are asked when none are named: the newest, the current era's oldest that is built for
// this, the oldest that pss is exact for, and what configuration and emulation make of them.
const usual = "newest,newest+config,newest+emulate=1.34,newest+emulate=1.35,v1.30.14,v1.30.14+config,v1.24.17,v1.24.17+config"

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{said: args}
	set := flag.NewFlagSet("fidelity", flag.ContinueOnError)
	set.SetOutput(out)
	set.IntVar(&o.requests, "requests", 20000, "how many requests are sent, to all servers together")
	set.Uint64Var(&o.seed, "seed", 0, "makes the same requests again (default: another one each time, which is printed)")
	servers := set.String("servers", usual, "servers: newest or a release, +config for random AdmissionConfigurations, +emulate=1.N")
	set.IntVar(&o.configurations, "configurations", 4, "how many AdmissionConfigurations a server with +config is started with")
	set.IntVar(&o.parallel, "parallel", 12, "how many requests are under way at once")
	set.IntVar(&o.tries, "tries", 400, "how often a request that differs is made smaller, for the first few of a server")
	set.StringVar(&o.localkube, "localkube", "", "the localkube to use (default: built from hack/localkube)")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.requests < 1 || o.configurations < 1 || o.parallel < 1:
		return nil, errors.New("--requests, --configurations and --parallel must be at least 1")
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().Unix())
	}
	for text := range strings.SplitSeq(*servers, ",") {
		c, err := parseContestant(text)
		if err != nil {
			return nil, err
		}
		o.servers = append(o.servers, c)
	}
	return o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	o, err := parse(os.Args[1:], os.Stderr)
	if err == nil {
		err = run(ctx, o, os.Stdout)
	}
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case interrupted:
		fmt.Fprintln(os.Stderr, "fidelity: interrupted")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(1)
	}
}

// run has every server asked its share, and prints what came of it.
func run(ctx context.Context, o *options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "kubectl-pss-fidelity-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kube, err := buildLocalkube(ctx, o.localkube, dir)
	if err != nil {
		return err
	}
	say("seed %d", o.seed)
	t := &table{command: o.command()}
	for i, c := range o.servers {
		// What is left over by one is the next one's: rounds end where they end.
		share := (o.requests - t.total().Requests) / (len(o.servers) - i)
		tally, err := o.contest(ctx, kube, dir, c, share)
		if err != nil {
			t.print(out) // what the servers before it said stays said
			return errors.Join(fmt.Errorf("%s: %w", c, err), t.judge())
		}
		t.rows = append(t.rows, row{c.String(), tally})
	}
	t.print(out)
	return t.judge()
}

// command is the line that does the same again.
func (o *options) command() string {
	words := o.said
	if !strings.Contains(strings.Join(words, " "), "-seed") {
		words = append(words, fmt.Sprintf("--seed %d", o.seed))
	}
	return `make fidelity FIDELITY="` + strings.Join(words, " ") + `"`
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "fidelity: %s\n", fmt.Sprintf(format, args...))
}
