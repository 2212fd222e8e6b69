// Package patience says which failures of a request usually pass, how long to go on trying, and how long an answer may
// be. The rooms that talk to the API share it.
package patience

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
)

// Backoff is how often and how fast a request that failed without a Retry-After is sent again: about two seconds in
// all. A server that asks to wait is client-go's business, for patches as well.
func Backoff() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 3, Jitter: 0.5, Steps: 3}
}

// Passes says whether an error usually passes and whether nobody has tried again yet: client-go does so for answers
// with Retry-After, and for reads whose connection is reset before the answer. Where no answer came at all it is
// false: TLS and name errors stay.
func Passes(err error) bool {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return passingStatus(status.Status())
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return false
	}
	return BrokenOff(err)
}

// BrokenOff says that an answer began and did not come to its end. client-go has types for some of the causes and one
// wording for all, even where it was us who broke it off: such an answer has no end, and would have none the next time.
func BrokenOff(err error) bool {
	return strings.Contains(err.Error(), "when reading response body") && EndlessAnswer(err) == nil
}

func passingStatus(s metav1.Status) bool {
	switch s.Code {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return s.Details == nil || s.Details.RetryAfterSeconds == 0
	default:
		return false
	}
}

// Text is what kept an answer from us, without addresses: that of the request says nothing that whoever reports it does
// not, and the ports of a connection make of one cause as many as there were connections.
func Text(err error) string {
	if e := EndlessAnswer(err); e != nil {
		return e.Error()
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return connection().ReplaceAllString(err.Error(), "")
}

// connection is how Go writes what failed on which connection. client-go may have made text of it.
func connection() *regexp.Regexp {
	return regexp.MustCompile(`\b(read|write) (tcp|tcp4|tcp6) \S+->\S+: `)
}

// Sleep waits, and returns false when the context ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Quiet takes client-go's error logging off a context: every error it logs comes back as a value as well, and is
// retried or reported by us. What -v asks for stays.
func Quiet(ctx context.Context) context.Context {
	logger := klog.FromContext(ctx)
	if sink := logger.GetSink(); sink != nil {
		logger = logger.WithSink(noErrors{sink})
	}
	return klog.NewContext(ctx, logger)
}

type noErrors struct{ klog.LogSink }

// Error implements klog.LogSink.
func (noErrors) Error(error, string, ...any) {}
