package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// gateTo makes the transport that lets through dry runs of the creation of pods, Deployments and namespaces and of changes
// to a namespace, and questions after one's own rights, which are never stored, and nothing else. It is the last before
// the wire, so that neither a mistake anywhere above nor a redirect can make us write something.
func gateTo(server *url.URL) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &gate{next: next, server: server, prefix: strings.TrimSuffix(server.EscapedPath(), "/")}
	}
}

// reviews is where everybody may ask for their own rights.
const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

type gate struct {
	next   http.RoundTripper
	server *url.URL
	prefix string
}

// WrappedRoundTripper lets client-go find the transport below, as it does for its own wrappers.
func (g *gate) WrappedRoundTripper() http.RoundTripper { return g.next }

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	if why := g.wrong(req); why != "" {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("refusing %s %s: %s", req.Method, req.URL.Path, why)
	}
	return g.next.RoundTrip(req)
}

// wrong says why a request must not leave; empty where it may.
func (g *gate) wrong(req *http.Request) string {
	if req.URL.Scheme != g.server.Scheme || req.URL.Host != g.server.Host {
		return "it goes to another server"
	}
	path, ok := strings.CutPrefix(req.URL.EscapedPath(), g.prefix)
	query := req.URL.Query()
	switch {
	case !ok || !asks(req.Method, path):
		return "pkg/probe asks for pods, Deployments and namespaces and for its own rights, and nothing else"
	case path != reviews && !slices.Equal(query["dryRun"], []string{"All"}):
		return "it is no dry run"
	}
	for name := range query {
		if name != "dryRun" && name != "timeout" { // client-go's own
			return "its query says " + name
		}
	}
	return ""
}

// namespaces is where namespaces are created, and under which each has its place.
const namespaces = "/api/v1/namespaces"

// asks says whether a request of that kind is one of ours.
func asks(method, path string) bool {
	switch method {
	case http.MethodPost:
		return path == reviews || path == namespaces || creates(path)
	case http.MethodPatch:
		name, ok := strings.CutPrefix(path, namespaces+"/")
		return ok && len(validation.IsDNS1123Label(name)) == 0
	default:
		return false
	}
}

// creates says whether a path is that of a namespace's pods or Deployments.
func creates(path string) bool {
	rest, pods := strings.CutPrefix(path, namespaces+"/")
	resource := "/pods"
	if !pods {
		var deployments bool
		if rest, deployments = strings.CutPrefix(path, "/apis/apps/v1/namespaces/"); !deployments {
			return false
		}
		resource = "/deployments"
	}
	namespace, ok := strings.CutSuffix(rest, resource)
	return ok && len(validation.IsDNS1123Label(namespace)) == 0
}
