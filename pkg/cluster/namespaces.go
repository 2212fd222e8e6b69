package cluster

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Namespaces reads namespaces by name, whole, through a request for each, so that rights in them are enough. One that
// is not there is left out, one that cannot be read is a gap. An error means that no server took any request.
func (c *Client) Namespaces(ctx context.Context, names []string) ([]corev1.Namespace, []workload.Gap, error) {
	found, failures := make([]corev1.Namespace, len(names)), make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(parallelLists)
	for i, name := range names {
		group.Go(func() error {
			failures[i] = c.get(ctx, namespaceKind(), "", name, &found[i])
			return nil
		})
	}
	_ = group.Wait() // failures holds them in order
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var gaps []workload.Gap
	var silence error
	there, served := found[:0], false
	for i, err := range failures {
		switch {
		case err == nil:
			there, served = append(there, found[i]), true
		case apierrors.IsNotFound(err):
			served = true
		default:
			gaps = append(gaps, newGap(namespaceKind(), names[i], err))
			if noAnswer(err) {
				silence = cmp.Or(silence, err)
			} else {
				served = true
			}
		}
	}
	if !served && silence != nil {
		return nil, nil, silence
	}
	return there, gaps, nil
}
