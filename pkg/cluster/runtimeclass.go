package cluster

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

func runtimeClassKind() kind {
	return newKind[nodev1.RuntimeClass, nodev1.RuntimeClassList](nodev1.SchemeGroupVersion, "RuntimeClass", "runtimeclasses")
}

// MissingRuntimeClasses are those of the names that the cluster does not have, by a request for each. If any may not be
// read, the gap says so. An error means that no server took any request.
func (c *Client) MissingRuntimeClasses(ctx context.Context, names []string) (missing []string, gap *workload.Gap, err error) {
	failures := make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(parallelLists)
	for i, name := range names {
		group.Go(func() error {
			failures[i] = c.get(ctx, runtimeClassKind(), "", name, &nodev1.RuntimeClass{})
			return nil
		})
	}
	_ = group.Wait() // failures holds them in order
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var silence error
	served := false
	for i, err := range failures {
		switch {
		case err == nil:
			served = true
		case apierrors.IsNotFound(err):
			missing, served = append(missing, names[i]), true
		default:
			g := newGap(runtimeClassKind(), "", err)
			gap = cmp.Or(gap, &g)
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
	return missing, gap, nil
}
