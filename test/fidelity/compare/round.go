package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// round is a part of a contest, in which namespaces keep their labels.
type round struct {
	*Server
	Options

	n     int
	first uint64 // of its numbers
	tally *Tally
	// labels are those of the namespaces that objects go into, crowds the namespaces in which pods run.
	labels   map[string]map[string]string
	crowds   *recorded
	works    []random.Object
	replayed int
}

// run asks about so many things.
func (r *round) run(ctx context.Context, requests int) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	asked, err := r.aboutNamespaces(ctx, requests)
	if err != nil {
		return err
	}
	more, err := r.aboutObjects(ctx, requests-len(asked))
	if err != nil {
		return err
	}
	for _, q := range r.tally.compare(append(asked, more...)) {
		if len(r.tally.Differences) < enough {
			r.tally.Differences = append(r.tally.Differences, r.explain(ctx, q))
		}
	}
	return nil
}

// prepare gives namespaces new labels, some of which cannot be parsed, and lets pods run in others.
func (r *round) prepare(ctx context.Context) error {
	const brokenEvery = 6
	r.labels = map[string]map[string]string{}
	for i := range targets {
		labels := random.Labels(r.dice(r.first+uint64(i)), i%brokenEvery == 0)
		if i == 1 {
			labels = nil // defaults alone
		}
		r.labels[fmt.Sprintf("target-%d", i)] = labels
	}
	for i, ns := range random.ExemptNamespaces() {
		r.labels[ns] = random.Labels(r.dice(r.first+targets+uint64(i)), false)
	}
	if r.n == 1 {
		for i, ns := range random.ExemptNamespaces() {
			if _, err := r.populate(ctx, ns, "-"+r.id, r.dice(r.first+200+uint64(i)), crowd); err != nil {
				return err
			}
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(r.Parallel)
	for ns, labels := range r.labels {
		group.Go(func() error { return r.namespace(groupCtx, ns, labels) })
	}
	names := make([]string, crowded)
	works := make([][]random.Object, crowded)
	for i := range crowded {
		names[i] = fmt.Sprintf("crowd-%s-%d-%d", r.id, r.n, i)
		group.Go(func() (err error) {
			size := crowd
			if i == 0 {
				size = bigCrowd
			}
			works[i], err = r.populate(groupCtx, names[i], "", r.dice(r.first+100+uint64(i)), size)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := r.settle(ctx, true); err != nil {
		return err
	}
	var err error
	r.works = slices.Concat(works...)
	r.crowds, err = r.record(ctx, append(names, random.ExemptNamespaces()...)...)
	return err
}

// populate makes a namespace in which things are there already, with a mark in their names; the labels of some cannot
// be parsed.
func (r *round) populate(ctx context.Context, ns, mark string, dice *random.Dice, size int) ([]random.Object, error) {
	var pods []resident
	for k := range size {
		pod := random.Pod(dice, ns, fmt.Sprintf("p%d%s", k, mark))
		pods = append(pods, resident{pod, random.LifeOf(dice, pod)})
	}
	var objects []random.Object
	for k := range crowdWorks {
		objects = append(objects, random.Idle(random.Workload(dice, ns, fmt.Sprintf("w%d%s", k, mark))))
	}
	return r.crowd(ctx, ns, random.Labels(dice, dice.IntN(crowded) == 0), pods, objects)
}

// aboutNamespaces asks for new namespaces, and for changes of the labels of others and of what is in them: a fifth of
// everything, or little more.
func (r *round) aboutNamespaces(ctx context.Context, requests int) ([]*question, error) {
	number := r.first + 1000
	created := map[string]map[string]string{}
	for i := range min(newOnes, requests/10) {
		dice := r.dice(number + uint64(i))
		created[fmt.Sprintf("new-%03d", i)] = random.Labels(dice, dice.IntN(3) == 0)
	}
	asked, err := r.creations(ctx, r.Parallel, number, created)
	if err != nil {
		return nil, err
	}
	number += newOnes
	var proposals []change
	for i := range min(changesEach*len(r.crowds.namespaces), requests/10) {
		dice := r.dice(number + uint64(i))
		proposals = append(proposals, change{
			number: number + uint64(i), namespace: r.crowds.namespaces[i%len(r.crowds.namespaces)].Name,
			labels: random.Labels(dice, dice.IntN(8) == 0),
		})
	}
	changed, err := r.changes(ctx, r.Parallel, r.crowds, proposals)
	if err != nil {
		return nil, err
	}
	touched, err := r.touches(ctx, r.Parallel, r.crowds, r.works)
	return slices.Concat(asked, changed, touched), err
}

// aboutObjects asks for pods, workloads, and the pods of workloads.
func (r *round) aboutObjects(ctx context.Context, requests int) ([]*question, error) {
	names := slices.Sorted(maps.Keys(r.labels))
	var questions []*question
	for left, number := requests, r.first+10_000; left > 0; number++ {
		dice := r.dice(number)
		ns, name := random.OneOf(dice, names...), fmt.Sprintf("q%d", number)
		var o random.Object
		if dice.IntN(3) > 0 || left == 1 {
			o = random.Pod(dice, ns, name)
			left--
		} else {
			o = random.Workload(dice, ns, name)
			left -= 2 // and its pod
		}
		questions = append(questions, newQuestion(number, o, ""))
	}
	return r.objects(ctx, r.Parallel, r.labels, questions)
}
