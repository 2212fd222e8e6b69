package relabel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	jsonstrict "sigs.k8s.io/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// maxPatch is far more than six labels need.
const maxPatch = 64 << 10

// gateTo makes the transport that lets through what writing labels takes and nothing else. It is the last before
// the wire, so that a mistake anywhere above, or a redirect, cannot make us write something else.
func gateTo(server *url.URL, dryRun bool) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &gate{next: next, server: server, prefix: strings.TrimSuffix(server.EscapedPath(), "/"), dryRun: dryRun}
	}
}

type gate struct {
	next   http.RoundTripper
	server *url.URL
	prefix string
	dryRun bool
}

// WrappedRoundTripper lets client-go find the transport below, as it does for its own wrappers.
func (g *gate) WrappedRoundTripper() http.RoundTripper { return g.next }

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	body, why := g.inspect(req)
	if why != "" {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &refusal{fmt.Sprintf("refusing %s %s: %s", req.Method, req.URL.Path, why)}
	}
	if req.Method != http.MethodPatch {
		return g.next.RoundTrip(req)
	}
	checked := req.Clone(req.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	checked.ContentLength = int64(len(body))
	response, err := g.next.RoundTrip(checked)
	if d, ok := req.Context().Value(deliveryKey{}).(*delivery); ok {
		d.note(response, err)
	}
	return response, err
}

// inspect says why a request must not leave; empty where it may. The body of a patch is read.
func (g *gate) inspect(req *http.Request) (body []byte, why string) {
	if req.URL.Scheme != g.server.Scheme || req.URL.Host != g.server.Host {
		return nil, "it goes to another server"
	}
	path, ok := strings.CutPrefix(req.URL.EscapedPath(), g.prefix)
	if !ok {
		return nil, "it goes to another path of the server"
	}
	name, ok := strings.CutPrefix(path, "/api/v1/namespaces/")
	namespace := ok && len(validation.IsDNS1123Label(name)) == 0
	switch {
	case req.Method == http.MethodGet && (namespace || path == "/version"):
		return nil, wrongQuery(req.URL.Query(), nil)
	case req.Method == http.MethodPatch && namespace:
		return g.inspectPatch(req)
	default:
		return nil, "pkg/relabel reads and patches namespaces one by one, and nothing else"
	}
}

func (g *gate) inspectPatch(req *http.Request) (body []byte, why string) {
	if got := req.Header.Values("Content-Type"); !slices.Equal(got, []string{string(types.MergePatchType)}) {
		return nil, fmt.Sprintf("its content type is %q", strings.Join(got, ", "))
	}
	must := map[string][]string{}
	if g.dryRun {
		must["dryRun"] = []string{"All"}
	}
	if why := wrongQuery(req.URL.Query(), must, "fieldManager"); why != "" {
		return nil, why
	}
	if req.Body == nil {
		return nil, "it has no body"
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxPatch+1))
	_ = req.Body.Close()
	switch {
	case err != nil:
		return nil, "its body cannot be read: " + err.Error()
	case len(body) > maxPatch:
		return nil, "its body is too long"
	}
	return body, wrongPatch(body)
}

// wrongQuery says which parameter is missing, or must not be there. client-go adds its own timeout.
func wrongQuery(query url.Values, must map[string][]string, may ...string) string {
	for name, values := range must {
		if !slices.Equal(query[name], values) {
			return fmt.Sprintf("its query does not say %s=%s", name, strings.Join(values, ","))
		}
	}
	for name := range query {
		if _, ok := must[name]; !ok && name != "timeout" && !slices.Contains(may, name) {
			return fmt.Sprintf("its query says %s", name)
		}
	}
	return ""
}

// patchBody is all that a patch of ours may hold. A value of nil removes the label.
type patchBody struct {
	Metadata patchMeta `json:"metadata"`
}

type patchMeta struct {
	UID             string             `json:"uid"`
	ResourceVersion string             `json:"resourceVersion"`
	Labels          map[string]*string `json:"labels"`
}

// wrongPatch says what is wrong with a merge patch. Labels that are null as a whole would remove all of them; and
// without the preconditions a patch could undo what somebody else wrote in the meantime.
func wrongPatch(body []byte) string {
	var patch patchBody
	strict, err := jsonstrict.UnmarshalStrict(body, &patch)
	switch {
	case err != nil:
		return "its body is no patch of labels: " + err.Error()
	case len(strict) > 0:
		return "its body is no patch of labels: " + strict[0].Error()
	case patch.Metadata.UID == "":
		return "its body has no uid"
	case patch.Metadata.ResourceVersion == "":
		return "its body has no resourceVersion"
	case len(patch.Metadata.Labels) == 0:
		return "its body has no labels"
	}
	for key := range patch.Metadata.Labels {
		if !slices.Contains(survey.Keys(), key) {
			return fmt.Sprintf("its body changes the label %q", key)
		}
	}
	return ""
}

// refusal is the error of a request that the gate keeps.
type refusal struct{ text string }

// Error implements error.
func (r *refusal) Error() string { return r.text }

// mayHaveArrived is false where the server cannot have carried a request out: it said no, or nobody was there.
func mayHaveArrived(response *http.Response, err error) bool {
	if err == nil {
		return response.StatusCode < http.StatusBadRequest || response.StatusCode >= http.StatusInternalServerError
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	return true
}
