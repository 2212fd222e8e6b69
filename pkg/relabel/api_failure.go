package relabel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
)

// transientBackoff is how often and how fast a request that failed without a Retry-After is sent again: about two
// seconds in all. A server that asks to wait is client-go's business, for patches as well.
func transientBackoff() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 3, Jitter: 0.5, Steps: 3}
}

// conflictBackoff is how often and how fast a patch is made again because somebody else changed the namespace in the
// meantime: their next change, if any, should find ours done.
func conflictBackoff() wait.Backoff {
	return wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 5}
}

// passes says whether an error usually passes and whether nobody has tried again yet: client-go does so for answers
// with Retry-After, and for reads whose connection is reset before the answer.
func passes(err error) bool {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return passingStatus(status.Status())
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return false
	}
	return brokenOff(err)
}

// passesForPatch is passes for what client-go does not send a second time. Patches carry the resourceVersion that
// they are made for, so that one which did arrive makes the next one fail.
func passesForPatch(err error) bool {
	return passes(err) || utilnet.IsConnectionReset(err) || utilnet.IsConnectionRefused(err) ||
		utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err)
}

// brokenOff says that an answer began and did not end. client-go has one wording for all the causes.
func brokenOff(err error) bool { return strings.Contains(err.Error(), "when reading response body") }

func passingStatus(s metav1.Status) bool {
	switch s.Code {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return s.Details == nil || s.Details.RetryAfterSeconds == 0
	default:
		return false
	}
}

// messageOf is the server's own text, or what kept it from us, without the request's address.
func (a *API) messageOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || utilnet.IsTimeout(err) {
		if a.timeout > 0 {
			return fmt.Sprintf("no answer within --request-timeout=%s", a.timeout)
		}
		return "no answer"
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
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

// quiet takes client-go's error logging off a context: every error it logs comes back as a value as well, and is
// retried or reported by us. What -v asks for stays.
func quiet(ctx context.Context) context.Context {
	logger := klog.FromContext(ctx)
	if sink := logger.GetSink(); sink != nil {
		logger = logger.WithSink(noErrors{sink})
	}
	return klog.NewContext(ctx, logger)
}

type noErrors struct{ klog.LogSink }

// Error implements klog.LogSink.
func (noErrors) Error(error, string, ...any) {}
