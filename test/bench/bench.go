//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/kubectl-pss/kubectl-pss/test/bench/estate"
)

// bench is a run under way, on a cluster that is up.
type bench struct {
	*options

	tools   *tools
	cluster *localkube
	loader  *loader
}

// measure takes every size in turn; the estate grows from one to the next.
func (b *bench) measure(ctx context.Context) (*result, error) {
	var err error
	if b.loader, err = newLoader(b.cluster.status.Kubeconfig, b.statuses); err != nil {
		return nil, err
	}
	r := &result{
		Date: time.Now().UTC().Truncate(time.Second), Kubernetes: b.cluster.status.Release,
		Machine: machineOf(), Rounds: b.runs,
	}
	for _, pods := range b.sizes {
		size := &sizeResult{Pods: pods, Namespaces: pods / estate.PodsPerNamespace, Workloads: pods / estate.PodsPerWorkload}
		r.Sizes = append(r.Sizes, size)
		if err := b.load(ctx, size); err != nil {
			return nil, err
		}
		if err := b.warmUp(ctx, size); err != nil {
			return nil, err
		}
		if err := b.rounds(ctx, size); err != nil {
			return nil, err
		}
	}
	r.LoadAverage = loadAverage()
	r.evaluate()
	return r, nil
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

// warmUp runs every scenario once without timing it: whether it does the whole work, and how much of the server
// it asks for.
func (b *bench) warmUp(ctx context.Context, size *sizeResult) error {
	for _, name := range b.scenarios {
		s := scenarioOf(name)
		m := &measurement{Name: name, Command: commandLine(s.argv(b))}
		size.Scenarios = append(size.Scenarios, m)
		before, err := b.loader.served(ctx)
		if err != nil {
			return err
		}
		var printed bytes.Buffer
		if _, err := b.once(ctx, s, &printed); err != nil {
			return err
		}
		m.Output = printed.Len()
		after, err := b.loader.served(ctx)
		if err != nil {
			return err
		}
		m.Lists, m.ListBytes = after.lists-before.lists, after.bytes-before.bytes
		if s.verify == nil {
			continue
		}
		if err := s.verify(size.Pods, printed.Bytes()); err != nil {
			return fmt.Errorf("%s: %w", m.Command, err)
		}
	}
	return nil
}

// rounds interleaves the scenarios.
func (b *bench) rounds(ctx context.Context, size *sizeResult) error {
	for round := range b.runs {
		say("%d pods, round %d of %d", size.Pods, round+1, b.runs)
		for _, m := range size.Scenarios {
			used, err := b.once(ctx, scenarioOf(m.Name), nil)
			if err != nil {
				return err
			}
			m.Samples = append(m.Samples, used)
		}
	}
	return nil
}

// maxrssUnit is what the system counts peak memory in.
func maxrssUnit() int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return 1
	}
	return 1024
}
