package cluster

import (
	"fmt"
	"net/http"
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
