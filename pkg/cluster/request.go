package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

// get reads one object into a new one.
func (c *Client) get(ctx context.Context, k kind, namespace, name string, into runtime.Object) error {
	return c.ride(ctx, func(ctx context.Context) error {
		if err := c.request(k, namespace).Name(name).Do(ctx).Into(into); err != nil {
			return err
		}
		return whole(into, name)
	})
}

// list reads one page into a new list.
func (c *Client) list(ctx context.Context, k kind, namespace string, o metav1.ListOptions, into runtime.Object) error {
	if o.Limit == 0 {
		ctx = wholeList(ctx)
	}
	return c.ride(ctx, func(ctx context.Context) error {
		if err := c.request(k, namespace).VersionedParams(&o, c.codec).Do(ctx).Into(into); err != nil {
			return err
		}
		return whole(into, "")
	})
}

func (c *Client) request(k kind, namespace string) *rest.Request {
	return c.groups[k.GroupVersion()].Get().NamespaceIfScoped(namespace, namespace != "").Resource(k.resource)
}

// ride sends a request and rides out what usually passes. client-go does so for answers with Retry-After and for
// connections reset before an answer, and its request timeout spans its own retries; here the same timeout
// spans ours.
// Waiting for a turn is no part of the timeout.
func (c *Client) ride(ctx context.Context, send func(context.Context) error) error {
	ctx = patience.Quiet(ctx)
	select {
	case c.underWay <- struct{}{}:
		defer func() { <-c.underWay }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	backoff := c.backoff
	for {
		err := send(ctx)
		if err == nil {
			c.answered.Store(true)
			return nil
		}
		if ctx.Err() != nil || !c.passes(err) {
			return err
		}
		if backoff.Steps == 0 {
			// Other lists need not find out for themselves that the server is gone.
			if utilnet.IsConnectionRefused(err) {
				c.answered.Store(false)
			}
			return err
		}
		if !patience.Sleep(ctx, backoff.Step()) {
			return err
		}
	}
}

// passes says whether an error usually passes. A refused connection does once the server has been there.
func (c *Client) passes(err error) bool {
	if utilnet.IsConnectionRefused(err) {
		return c.answered.Load()
	}
	return patience.Passes(err)
}
