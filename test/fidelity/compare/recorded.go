package compare

import (
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// recorded is a cluster as it was read once, to be surveyed any number of times.
type recorded struct {
	mu         sync.Mutex
	namespaces []corev1.Namespace
	pods       []corev1.Pod
	objects    []*workload.Object
}

var (
	_ workload.Source = (*recorded)(nil)
	_ workload.Sink   = (*recorded)(nil)
)

// record reads namespaces as `kubectl pss check` does.
func (s *Server) record(ctx context.Context, names ...string) (*recorded, error) {
	source, err := cluster.NewSource(s.reader, cluster.Options{Names: names, ChunkSize: 500})
	if err != nil {
		return nil, err
	}
	r := &recorded{}
	if r.namespaces, err = source.Namespaces(ctx); err != nil {
		return nil, err
	}
	gaps, err := source.Read(ctx, r.namespaces, r)
	if len(gaps) > 0 {
		return nil, fmt.Errorf("%s cannot be read: %s", gaps[0].Resource, gaps[0].Message)
	}
	return r, err
}

// Pods implements workload.Sink.
func (r *recorded) Pods(_ context.Context, page []corev1.Pod) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pods = append(r.pods, page...)
	return nil
}

// Objects implements workload.Sink.
func (r *recorded) Objects(_ context.Context, page []*workload.Object) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects = append(r.objects, page...)
	return nil
}

// Namespaces implements workload.Source.
func (r *recorded) Namespaces(context.Context) ([]corev1.Namespace, error) { return r.namespaces, nil }

// Read implements workload.Source. Sinks own what they get: they get copies.
func (r *recorded) Read(ctx context.Context, _ []corev1.Namespace, sink workload.Sink) ([]workload.Gap, error) {
	if err := sink.Pods(ctx, slices.Clone(r.pods)); err != nil {
		return nil, err
	}
	var page []*workload.Object
	for _, o := range r.objects {
		own := *o
		page = append(page, &own)
	}
	return nil, sink.Objects(ctx, page)
}
