//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// startupsPerRound is how often the start-up is measured for each round of the rest: it takes milliseconds, and
// what matters of it are single ones.
const startupsPerRound = 4

// bench is a run under way, on a cluster that is up.
type bench struct {
	*options

	dir     string // for what nobody keeps
	tools   *tools
	cluster *localkube
	loader  *loader
	meter   *meter
}

// measure takes every size in turn; the estate grows from one to the next.
func (b *bench) measure(ctx context.Context) (*result, error) {
	var err error
	if b.loader, err = newLoader(b.cluster.status.Kubeconfig, b.statuses); err != nil {
		return nil, err
	}
	if b.meter, err = newMeter(b.cluster.status.Kubeconfig, filepath.Join(b.dir, "meter.kubeconfig")); err != nil {
		return nil, err
	}
	defer func() { _ = b.meter.close() }() // only a listener
	if err := b.prime(ctx); err != nil {
		return nil, err
	}
	version, err := output(command(ctx, b.tools.plugin, "version"))
	if err != nil {
		return nil, err
	}
	r := &result{
		Date: time.Now().UTC().Truncate(time.Second), Kubernetes: b.cluster.status.Release,
		Plugin:  strings.SplitN(version, "\n", 2)[0],
		Machine: machineOf(), Rounds: b.runs,
	}
	if r.Startup, err = b.startup(ctx); err != nil {
		return nil, err
	}
	var before *sizeResult
	for _, pods := range b.sizes {
		size := &sizeResult{Pods: pods, Namespaces: pods / estate.PodsPerNamespace, Workloads: pods / estate.PodsPerWorkload}
		r.Sizes = append(r.Sizes, size)
		if err := b.load(ctx, size); err != nil {
			return nil, err
		}
		if err := b.warmUp(ctx, size, before); err != nil {
			return nil, err
		}
		if err := b.rounds(ctx, size); err != nil {
			return nil, err
		}
		before = size
	}
	r.LoadAverage = loadAverage()
	r.evaluate()
	return r, nil
}

// startup measures how long the plugin takes to start, against a program that imports the same libraries.
func (b *bench) startup(ctx context.Context) ([]*measurement, error) {
	var list []*measurement
	for round := range 1 + b.runs*startupsPerRound { // the first is not counted
		for i, s := range startups() {
			used, err := b.once(ctx, s, b.timed(1))
			if err != nil {
				return nil, err
			}
			if round == 0 {
				list = append(list, &measurement{Name: s.name, Command: commandLine(s.argv(b, 1))})
				continue
			}
			list[i].Samples = append(list[i].Samples, used)
		}
	}
	return list, nil
}

func (b *bench) load(ctx context.Context, size *sizeResult) error {
	say("loading %d pods", size.Pods)
	began := time.Now()
	if err := b.loader.grow(ctx, size.Pods); err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	size.Load = time.Since(began)
	var err error
	if size.PodBytes, err = b.loader.podBytes(ctx); err != nil {
		return err
	}
	say("loaded in %s; a pod has %d bytes in protobuf", since(began), size.PodBytes)
	return nil
}

// warmUp runs every scenario once through the meter, whole: whether it does the whole work, and how much of the
// server it asks for.
func (b *bench) warmUp(ctx context.Context, size, before *sizeResult) error {
	for _, name := range b.scenarios {
		if before != nil && !size.fits(before, name, availableMemory()) {
			continue
		}
		say("%d pods, %s", size.Pods, name)
		m, err := b.whole(ctx, scenarioOf(name), size.Pods)
		if err != nil {
			return err
		}
		size.Scenarios = append(size.Scenarios, m)
	}
	size.note()
	return nil
}

// whole runs a scenario through the meter.
func (b *bench) whole(ctx context.Context, s scenario, pods int) (m *measurement, err error) {
	m = &measurement{Name: s.name, Command: commandLine(s.argv(b, 1)), stride: 1}
	var out, complaint bytes.Buffer
	printed := &tally{to: &out}
	if s.verify == nil {
		printed.to = io.Discard // kubectl prints a gigabyte
	}
	var used sample
	m.Traffic, err = b.meter.around(func() (err error) {
		used, err = b.once(ctx, s, occasion{b.meter.kubeconfig, 1, printed, &complaint})
		return err
	})
	if err != nil {
		return nil, err
	}
	m.Output, m.first = printed.bytes, used.Wall
	if s.verify != nil {
		if m.Found, err = s.verify(pods, out.Bytes(), complaint.Bytes()); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Command, err)
		}
	}
	if s.sampled {
		m.sampleOf(labelled(out.Bytes()), b.sample)
		m.Whole = &used
	}
	return m, nil
}

// tally counts what passes.
type tally struct {
	to    io.Writer
	bytes int
}

// Write implements io.Writer.
func (t *tally) Write(p []byte) (int, error) {
	n, err := t.to.Write(p)
	t.bytes += n
	return n, err
}

// fits says whether a scenario that needs memory for every pod may run where so many bytes are left: the machine would
// end the cluster's processes, or ours. What does not is noted. A scenario left out before stays out.
func (s *sizeResult) fits(before *sizeResult, name string, available int64) bool {
	m := before.named(name)
	if m == nil {
		return false
	}
	var peak int64
	for _, used := range m.Samples {
		peak = max(peak, used.Memory)
	}
	need := float64(peak) * float64(s.Pods) / float64(before.Pods)
	if available == 0 || need < 0.85*float64(available) {
		return true
	}
	s.Notes = append(s.Notes, fmt.Sprintf("%s is left out: it would take about %.0f GiB of memory, and %.0f GiB are free",
		m.Name, need/(1<<30), float64(available)/(1<<30)))
	return false
}

// note says where the floor asks for other things than a check does: it would not be one.
func (s *sizeResult) note() {
	i := slices.IndexFunc(s.Scenarios, func(m *measurement) bool { return m.Name == checkName })
	if i < 0 {
		return
	}
	floor, check := s.Scenarios[0].Traffic.Requests, s.Scenarios[i].Traffic.Requests
	for _, request := range slices.Sorted(maps.Keys(merged(floor, check))) {
		if floor[request] != check[request] {
			s.Notes = append(s.Notes, fmt.Sprintf("%s: the floor sends it %d times, a check %d times", request, floor[request], check[request]))
		}
	}
}

func merged(a, b map[string]int64) map[string]int64 {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// rounds interleaves the scenarios, each round in another order, so that none always follows the heaviest. The orders
// are the same in every invocation. Short ones have rounds of their own once the others are done.
func (b *bench) rounds(ctx context.Context, size *sizeResult) error {
	most := 0
	for _, m := range size.Scenarios {
		most = max(most, m.roundsOf(b.runs))
	}
	for round := range most {
		if round <= b.runs {
			say("%d pods, round %d of %d, to %d for short ones", size.Pods, round+1, b.runs, most)
		}
		order := rand.New(rand.NewPCG(uint64(size.Pods), uint64(round))).Perm(len(size.Scenarios))
		for _, i := range order {
			m := size.Scenarios[i]
			if round >= m.roundsOf(b.runs) {
				continue
			}
			used, err := b.once(ctx, scenarioOf(m.Name), b.timed(m.stride))
			if err != nil {
				return err
			}
			m.Samples = append(m.Samples, used)
		}
	}
	return nil
}
