package cluster

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/klog/v2"
)

// refuseWrites keeps the package's promise that it only reads: a request of any other method does not leave.
func refuseWrites(next http.RoundTripper) http.RoundTripper { return &readOnly{next: next} }

type readOnly struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (r *readOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.next.RoundTrip(req)
	default:
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("refusing %s %s: pkg/cluster only reads", req.Method, req.URL.Path)
	}
}

// WrappedRoundTripper lets client-go find the transport below, as it does for its own wrappers.
func (r *readOnly) WrappedRoundTripper() http.RoundTripper { return r.next }

// quiet takes client-go's error logging off a context: every error it logs comes back as a value as well, and
// is retried or reported by us. What -v asks for stays.
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
