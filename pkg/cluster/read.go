package cluster

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Read implements workload.Source. Named and few selected namespaces are read one by one, so that rights in
// them are enough; everything else with one list a kind. Objects of other namespaces do not reach the sink.
func (s *Source) Read(ctx context.Context, namespaces []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	if len(namespaces) == 0 {
		return nil, nil
	}
	r := &reading{Source: s, sink: sink}
	if s.options.Only != nil {
		return r.target(ctx, *s.options.Only)
	}
	wanted := sets.New[string]()
	for i := range namespaces {
		wanted.Insert(namespaces[i].Name)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelLists)
	for _, l := range s.listings(namespaces) {
		group.Go(func() error {
			return r.list(ctx, l, func(m metav1.Object) bool { return wanted.Has(m.GetNamespace()) })
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.result()
}

// listings are the lists that a read consists of.
func (s *Source) listings(namespaces []corev1.Namespace) []listing {
	oneByOne := s.oneByOne(len(namespaces))
	var lists []listing
	for _, k := range kinds() {
		if !oneByOne {
			lists = append(lists, listing{kind: k})
			continue
		}
		for i := range namespaces {
			lists = append(lists, listing{kind: k, namespace: namespaces[i].Name})
		}
	}
	return lists
}

// reading is one Read under way.
type reading struct {
	*Source
	sink workload.Sink

	mu   sync.Mutex
	gaps []workload.Gap
	// served says that some server took a request; silence is the first error that says the opposite.
	served  bool
	silence error
}

// list reads one list to its end or to its gap, and hands on what of it is to be kept.
func (r *reading) list(ctx context.Context, l listing, keep func(metav1.Object) bool) error {
	failure, err := r.stream(ctx, l, func(page runtime.Object) error {
		r.note(l, nil)
		if pods, ok := page.(*corev1.PodList); ok {
			return r.handPods(ctx, pods.Items, keep)
		}
		return r.handObjects(ctx, page, keep)
	})
	if err != nil {
		return err
	}
	r.note(l, failure)
	return nil
}

func (r *reading) handPods(ctx context.Context, pods []corev1.Pod, keep func(metav1.Object) bool) error {
	kept := 0
	for i := range pods {
		if !keep(&pods[i]) {
			continue
		}
		if kept < i {
			pods[kept] = pods[i]
		}
		kept++
	}
	if kept == 0 {
		return nil
	}
	return r.sink.Pods(ctx, pods[:kept:kept])
}

func (r *reading) handObjects(ctx context.Context, page runtime.Object, keep func(metav1.Object) bool) error {
	var objects []*workload.Object
	// What is kept of an object must not keep the page: each is copied out of it.
	err := meta.EachListItemWithAlloc(page, func(obj runtime.Object) error {
		m, err := meta.Accessor(obj)
		if err != nil || !keep(m) {
			return err
		}
		if o := r.options.Convert(obj); o != nil {
			objects = append(objects, o)
		}
		return nil
	})
	if err != nil || len(objects) == 0 {
		return err
	}
	return r.sink.Objects(ctx, objects)
}

// note keeps how a request ended: as a gap, or well with failure nil.
func (r *reading) note(l listing, failure error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if failure == nil {
		r.served = true
		return
	}
	r.gaps = append(r.gaps, newGap(l.kind, l.namespace, failure))
	switch {
	case !noAnswer(failure):
		r.served = true
	case r.silence == nil:
		r.silence = failure
	}
}

// result is what Read returns once every list has ended. Where no server took any request there is no answer,
// only an error; a server that went away in the middle leaves gaps.
func (r *reading) result() ([]workload.Gap, error) {
	if !r.served && r.silence != nil {
		return nil, r.silence
	}
	slices.SortFunc(r.gaps, func(a, b workload.Gap) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Namespace, b.Namespace))
	})
	return r.gaps, nil
}
