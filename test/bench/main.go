//go:build unix

// Command bench compares whole checks with the least that the same reading could cost (the floor: a program that
// sends the same requests and drops what it decodes), on a cluster of its own that it fills and removes.
//
//	make bench                                          1,000, 10,000 and 50,000 pods, seven rounds at least
//	go run ./test/bench --pods 1000,3000 --runs 2       a few minutes
//	go run ./test/bench --show dist/bench.json          the tables of a saved result again
//	go run ./test/bench --markdown dist/bench.json      the same as the table in the README
//	go run ./test/bench --compare a.json b.json         how far two results agree
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
	"strings"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	sizes     sizes
	runs      int
	sample    int
	scenarios names
	name      string
	release   string
	plugin    string
	localkube string
	out       string
	statuses  bool
	keep      bool
	// read is what to do with saved results, instead of measuring; files are those.
	read  func(io.Writer, []*result)
	files []string
}

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{
		sizes:     sizes{1000, 10000, 50000},
		scenarios: names{floorName, checkName, "json", "candidate", "label", "kubectl-get", "kubectl-label", loopName},
	}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(out)
	set.Var(&o.sizes, "pods", "numbers of pods, comma-separated and growing")
	set.IntVar(&o.runs, "runs", 7, "rounds a size; each runs every scenario once")
	set.IntVar(&o.sample, "loop-namespaces", 100, "about how many namespaces at most the loop asks in each round; times are scaled to all")
	set.Var(&o.scenarios, "scenarios", "what to run, of "+strings.Join(scenarioNames(), ", "))
	set.StringVar(&o.name, "name", "bench", "name of the local cluster")
	set.StringVar(&o.release, "release", "", "Kubernetes release (default: localkube's)")
	set.StringVar(&o.plugin, "plugin", "", "the kubectl-pss to measure (default: built as for a release)")
	set.StringVar(&o.localkube, "localkube", "", "the localkube to use (default: built from hack/localkube)")
	set.StringVar(&o.out, "out", "", "file for the measurements (default: dist/bench.json)")
	set.BoolVar(&o.statuses, "statuses", false, "write the status of every pod: bigger pods, twice the writes")
	set.BoolVar(&o.keep, "keep", false, "leave the cluster running")
	again := set.Bool("show", false, "measure nothing, print the tables of the saved FILE")
	markdown := set.Bool("markdown", false, "measure nothing, print the saved FILE as the table in the README")
	comparing := set.Bool("compare", false, "measure nothing, say how far two saved FILEs agree")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	want := 0
	switch {
	case *comparing:
		o.read, want = func(out io.Writer, r []*result) { printComparison(out, compare(r[0], r[1])) }, 2
	case *markdown:
		o.read, want = func(out io.Writer, r []*result) { r[0].markdown(out) }, 1
	case *again:
		o.read, want = func(out io.Writer, r []*result) { r[0].print(out) }, 1
	}
	o.files = set.Args()
	switch {
	case want == 0 && set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case set.NArg() != want:
		return nil, fmt.Errorf("%d files given where --compare takes two, --show and --markdown one", set.NArg())
	case o.runs < 1:
		return nil, errors.New("--runs must be at least 1")
	case o.sample < 1:
		return nil, errors.New("--loop-namespaces must be at least 1")
	}
	return o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case err != nil:
	case o.read != nil:
		err = o.show(os.Stdout)
	default:
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

// show reads saved results and says what was asked of them.
func (o *options) show(out io.Writer) error {
	var list []*result
	for _, path := range o.files {
		r, err := saved(path)
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	o.read(out, list)
	return nil
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
	b := &bench{options: o, dir: dir, tools: tools, cluster: cluster}
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

// since is a duration for people.
func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }
