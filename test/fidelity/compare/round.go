package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

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
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(r.Parallel)
	for ns, labels := range r.labels {
		group.Go(func() error { return r.namespace(groupCtx, ns, labels) })
	}
	names := make([]string, crowded)
	for i := range crowded {
		names[i] = fmt.Sprintf("crowd-%s-%d-%d", r.id, r.n, i)
		group.Go(func() error {
			dice := r.dice(r.first + 100 + uint64(i))
			var pods []*corev1.Pod
			for k := range crowd {
				pods = append(pods, random.Pod(dice, names[i], fmt.Sprintf("p%d", k)))
			}
			_, err := r.crowd(groupCtx, names[i], random.Labels(dice, i == 0), pods)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	var err error
	r.crowds, err = r.record(ctx, append(names, random.ExemptNamespaces()...)...)
	return err
}

// crowd makes a namespace with pods in it, as far as they are valid, and then gives it its labels. Every third pod has
// a controller of a kind that makes no difference.
func (s *Server) crowd(ctx context.Context, name string, labels map[string]string, pods []*corev1.Pod) ([]corev1.Pod, error) {
	if err := s.namespace(ctx, name, map[string]string{api.EnforceLevelLabel: "privileged"}); err != nil {
		return nil, err
	}
	account, err := s.client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var stored []corev1.Pod
	for i, pod := range pods {
		pod.Namespace = name
		if i%3 == 0 {
			pod.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "ServiceAccount", Name: account.Name, UID: account.UID, Controller: new(true),
			}}
		}
		made, err := s.storePod(ctx, pod)
		if err != nil {
			return nil, err
		}
		if made != nil {
			stored = append(stored, *made)
		}
	}
	return stored, s.relabel(ctx, name, labels)
}

// storePod writes a pod; nil for one that is invalid.
func (s *Server) storePod(ctx context.Context, pod *corev1.Pod) (made *corev1.Pod, err error) {
	err = poll(ctx, settling, func() (bool, error) {
		made, err = s.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{})
		switch {
		case apierrors.IsInvalid(err):
			made = nil
			return true, nil
		case apierrors.IsForbidden(err): // it has not noticed the labels yet
			return false, nil
		}
		return err == nil, err
	})
	return made, err
}

// aboutNamespaces asks for new namespaces and for changes of the labels of others: a fifth of everything at most.
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
	more, err := r.changes(ctx, r.Parallel, r.crowds, proposals)
	return append(asked, more...), err
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
		q, err := newQuestion(number, o, "")
		if err != nil {
			return nil, err
		}
		questions = append(questions, q)
	}
	return r.objects(ctx, r.Parallel, r.labels, questions)
}
