//go:build unix

// Command bench compares whole checks with the least that the same reading could cost (the floor: a program that
// sends the same requests and drops what it decodes), on a cluster of its own that it fills and removes.
//
//	make bench                                   1,000 and 10,000 pods, five rounds
//	go run ./test/bench --pods 50000 --runs 7
//
// The runs are interleaved, so that a busy machine disturbs all scenarios alike: compare the ratios, not the
// seconds. It prints and saves what it measured and judges nothing; it fails only when something breaks.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// options are what the command line says.
type options struct {
	sizes     sizes
	runs      int
	scenarios names
	name      string
	release   string
	plugin    string
	localkube string
	out       string
	statuses  bool
	keep      bool
}

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{sizes: sizes{1000, 10000}, scenarios: names{"floor", "check", "json", "candidate"}}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(out)
	set.Var(&o.sizes, "pods", "numbers of pods, comma-separated and growing")
	set.IntVar(&o.runs, "runs", 5, "rounds a size; each runs every scenario once")
	set.Var(&o.scenarios, "scenarios", "what to run, of "+strings.Join(scenarioNames(), ", "))
	set.StringVar(&o.name, "name", "bench", "name of the local cluster")
	set.StringVar(&o.release, "release", "", "Kubernetes release (default: localkube's)")
	set.StringVar(&o.plugin, "plugin", "", "the kubectl-pss to measure (default: built as for a release)")
	set.StringVar(&o.localkube, "localkube", "", "the localkube to use (default: built from hack/localkube)")
	set.StringVar(&o.out, "out", "", "file for the measurements (default: dist/bench.json)")
	set.BoolVar(&o.statuses, "statuses", false, "write the status of every pod: bigger pods, twice the writes")
	set.BoolVar(&o.keep, "keep", false, "leave the cluster running")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.runs < 1:
		return nil, errors.New("--runs must be at least 1")
	}
	return o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	o, err := parse(os.Args[1:], os.Stderr)
	if err == nil {
		err = run(ctx, o)
	}
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case interrupted:
		fmt.Fprintln(os.Stderr, "bench: interrupted")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run builds, starts, measures and takes everything down again.
func run(ctx context.Context, o *options) (failure error) {
	dir, err := os.MkdirTemp("", "kubectl-pss-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tools, err := build(ctx, o, dir)
	if err != nil {
		return err
	}
	cluster := &localkube{path: tools.localkube, name: o.name}
	say("starting the cluster %q (the very first start builds Kubernetes, which takes minutes)", o.name)
	defer func() {
		if o.keep && failure == nil {
			say("the cluster %q stays; KUBECONFIG=%s", o.name, cluster.status.Kubeconfig)
			return
		}
		failure = errors.Join(failure, cluster.down(ctx))
	}()
	if err := cluster.up(ctx, o.release); err != nil {
		return err
	}
	b := &bench{options: o, tools: tools, cluster: cluster}
	result, err := b.measure(ctx)
	if err != nil {
		return err
	}
	result.print(os.Stdout)
	path := cmp.Or(o.out, filepath.Join(tools.root, "dist", "bench.json"))
	if err := result.save(path); err != nil {
		return err
	}
	say("saved as %s", path)
	return nil
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: %s\n", fmt.Sprintf(format, args...))
}

// sizes are numbers of pods.
type sizes []int

// String implements flag.Value.
func (s *sizes) String() string {
	var list []string
	for _, n := range *s {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// Set implements flag.Value.
func (s *sizes) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a number", part)
		case n < 1 || n%estate.PodsPerNamespace != 0:
			return fmt.Errorf("%d is not a multiple of %d, which is a namespace", n, estate.PodsPerNamespace)
		case len(*s) > 0 && n <= (*s)[len(*s)-1]:
			return errors.New("sizes must grow: pods are only added")
		}
		*s = append(*s, n)
	}
	return nil
}

// names are names of scenarios; the floor always comes first, as the others are compared with it.
type names []string

// String implements flag.Value.
func (n *names) String() string { return strings.Join(*n, ",") }

// Set implements flag.Value.
func (n *names) Set(text string) error {
	*n = names{floorName}
	for name := range strings.SplitSeq(text, ",") {
		switch {
		case !slices.Contains(scenarioNames(), name):
			return fmt.Errorf("no scenario %q", name)
		case !slices.Contains(*n, name):
			*n = append(*n, name)
		}
	}
	return nil
}

// since is a duration for people.
func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }
