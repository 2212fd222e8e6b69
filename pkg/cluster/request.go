package cluster

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// transientBackoff is how often and how fast a request that failed without a Retry-After is sent again: about
// two seconds in all. A server that asks to wait is client-go's business.
func transientBackoff() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 3, Jitter: 0.5, Steps: 3}
}

// get reads one object into a new one.
func (c *Client) get(ctx context.Context, k kind, namespace, name string, into runtime.Object) error {
	return c.ride(ctx, func(ctx context.Context) error {
		return c.request(k, namespace).Name(name).Do(ctx).Into(into)
	})
}

// list reads one page into a new list.
func (c *Client) list(ctx context.Context, k kind, namespace string, o metav1.ListOptions, into runtime.Object) error {
	return c.ride(ctx, func(ctx context.Context) error {
		return c.request(k, namespace).VersionedParams(&o, c.codec).Do(ctx).Into(into)
	})
}

func (c *Client) request(k kind, namespace string) *rest.Request {
	return c.groups[k.GroupVersion()].Get().NamespaceIfScoped(namespace, namespace != "").Resource(k.resource)
}

// ride sends a request and rides out what usually passes. client-go does so for answers with Retry-After and for
// connections reset before an answer, and its request timeout spans its own retries; here the same timeout
// spans ours.
func (c *Client) ride(ctx context.Context, send func(context.Context) error) error {
	ctx = quiet(ctx)
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
		if !sleep(ctx, backoff.Step()) {
			return err
		}
	}
}

// passes says whether an error usually passes and whether nobody has tried again yet.
func (c *Client) passes(err error) bool {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return passingStatus(status.Status())
	}
	if utilnet.IsConnectionRefused(err) {
		return c.answered.Load()
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return false // no answer came: client-go has retried a reset, and TLS and name errors stay
	}
	return brokenOff(err)
}

// brokenOff says that an answer began and did not end. client-go has types for some of the causes and one
// wording for all.
func brokenOff(err error) bool { return strings.Contains(err.Error(), "when reading response body") }

func passingStatus(s metav1.Status) bool {
	switch s.Code {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return s.Details == nil || s.Details.RetryAfterSeconds == 0
	default:
		return false
	}
}

// sleep waits, and returns false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
