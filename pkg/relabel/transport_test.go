package relabel

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

const goodPatch = `{"metadata":{"uid":"u","resourceVersion":"7","labels":{"pod-security.kubernetes.io/enforce":"baseline","pod-security.kubernetes.io/warn":null}}}`

// wire takes the requests that the gate lets through.
type wire struct {
	passed []string
	body   string
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.passed = append(w.passed, req.Method+" "+req.URL.String())
	if req.Body != nil {
		content, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		w.body = string(content)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestGate(t *testing.T) {
	const at = "https://host:6443/k8s/clusters/c-1" // Rancher and others put clusters below a path
	const shop = at + "/api/v1/namespaces/shop"
	patchOf := func(labels string) string {
		return `{"metadata":{"uid":"u","resourceVersion":"7","labels":` + labels + `}}`
	}
	for name, tc := range map[string]struct {
		method, url, mediaType, body string
		dryRun                       bool
		why                          string // empty for what is let through
	}{
		"version":                  {method: "GET", url: at + "/version"},
		"namespace":                {method: "GET", url: shop + "?timeout=3s"},
		"patch":                    {method: "PATCH", url: shop + "?fieldManager=me&timeout=3s", body: goodPatch},
		"dry run":                  {method: "PATCH", url: shop + "?fieldManager=me&dryRun=All", body: goodPatch, dryRun: true},
		"read of a dry run":        {method: "GET", url: shop, dryRun: true},
		"create":                   {method: "POST", url: at + "/api/v1/namespaces", body: "{}", why: "pkg/relabel reads and patches namespaces one by one, and nothing else"},
		"update":                   {method: "PUT", url: shop, body: goodPatch, why: "pkg/relabel reads and patches"},
		"delete":                   {method: "DELETE", url: shop, why: "pkg/relabel reads and patches"},
		"head":                     {method: "HEAD", url: shop, why: "pkg/relabel reads and patches"},
		"list":                     {method: "GET", url: at + "/api/v1/namespaces", why: "pkg/relabel reads and patches"},
		"list, with a slash":       {method: "GET", url: at + "/api/v1/namespaces/", why: "pkg/relabel reads and patches"},
		"watch":                    {method: "GET", url: shop + "?watch=true", why: "its query says watch"},
		"pods":                     {method: "GET", url: shop + "/pods", why: "pkg/relabel reads and patches"},
		"subresource":              {method: "PATCH", url: shop + "/status", body: goodPatch, why: "pkg/relabel reads and patches"},
		"patch of version":         {method: "PATCH", url: at + "/version", body: goodPatch, why: "pkg/relabel reads and patches"},
		"patch of a pod":           {method: "PATCH", url: shop + "/pods/p", body: goodPatch, why: "pkg/relabel reads and patches"},
		"patch of a node":          {method: "PATCH", url: at + "/api/v1/nodes/shop", body: goodPatch, why: "pkg/relabel reads and patches"},
		"escaped slash":            {method: "PATCH", url: at + "/api/v1/namespaces/shop%2Fstatus", body: goodPatch, why: "pkg/relabel reads and patches"},
		"dots":                     {method: "PATCH", url: at + "/api/v1/namespaces/..", body: goodPatch, why: "pkg/relabel reads and patches"},
		"another server":           {method: "GET", url: "https://evil:6443/k8s/clusters/c-1/api/v1/namespaces/shop", why: "it goes to another server"},
		"in the clear":             {method: "GET", url: "http://host:6443/k8s/clusters/c-1/api/v1/namespaces/shop", why: "it goes to another server"},
		"another cluster":          {method: "GET", url: "https://host:6443/k8s/clusters/c-2/api/v1/namespaces/shop", why: "it goes to another path of the server"},
		"apply":                    {method: "PATCH", url: shop, mediaType: "application/apply-patch+yaml", body: goodPatch, why: `its content type is "application/apply-patch+yaml"`},
		"no type":                  {method: "PATCH", url: shop, mediaType: "none", body: goodPatch, why: `its content type is ""`},
		"forced":                   {method: "PATCH", url: shop + "?force=true", body: goodPatch, why: "its query says force"},
		"dry run missing":          {method: "PATCH", url: shop + "?fieldManager=me", body: goodPatch, dryRun: true, why: "its query does not say dryRun=All"},
		"dry run twice":            {method: "PATCH", url: shop + "?dryRun=All&dryRun=", body: goodPatch, dryRun: true, why: "its query does not say dryRun=All"},
		"dry run unasked":          {method: "PATCH", url: shop + "?dryRun=All", body: goodPatch, why: "its query says dryRun"},
		"no body":                  {method: "PATCH", url: shop, why: "its body is no patch of labels: unexpected end of JSON input"},
		"no JSON":                  {method: "PATCH", url: shop, body: "labels: {}", why: "its body is no patch of labels: "},
		"two documents":            {method: "PATCH", url: shop, body: goodPatch + goodPatch, why: "its body is no patch of labels: "},
		"JSON patch":               {method: "PATCH", url: shop, body: `[{"op":"remove","path":"/metadata/labels"}]`, why: "its body is no patch of labels: "},
		"null":                     {method: "PATCH", url: shop, body: "null", why: "its body has no uid"},
		"annotations":              {method: "PATCH", url: shop, body: `{"metadata":{"uid":"u","resourceVersion":"7","annotations":{"a":"b"}}}`, why: `its body is no patch of labels: unknown field "metadata.annotations"`},
		"finalizers":               {method: "PATCH", url: shop, body: strings.Replace(goodPatch, `"uid"`, `"finalizers":null,"uid"`, 1), why: `its body is no patch of labels: unknown field "metadata.finalizers"`},
		"spec":                     {method: "PATCH", url: shop, body: strings.TrimSuffix(goodPatch, "}") + `,"spec":null}`, why: `its body is no patch of labels: unknown field "spec"`},
		"the same in capitals":     {method: "PATCH", url: shop, body: strings.Replace(goodPatch, "metadata", "Metadata", 1), why: `its body is no patch of labels: unknown field "Metadata"`},
		"labels twice":             {method: "PATCH", url: shop, body: strings.Replace(goodPatch, `"labels"`, `"labels":null,"labels"`, 1), why: `its body is no patch of labels: duplicate field "metadata.labels"`},
		"no uid":                   {method: "PATCH", url: shop, body: strings.Replace(goodPatch, `"uid":"u",`, "", 1), why: "its body has no uid"},
		"no resourceVersion":       {method: "PATCH", url: shop, body: strings.Replace(goodPatch, `"7"`, "null", 1), why: "its body has no resourceVersion"},
		"no labels":                {method: "PATCH", url: shop, body: patchOf("{}"), why: "its body has no labels"},
		"all labels removed":       {method: "PATCH", url: shop, body: patchOf("null"), why: "its body has no labels"},
		"another label":            {method: "PATCH", url: shop, body: patchOf(`{"team":"b"}`), why: `its body changes the label "team"`},
		"another label among them": {method: "PATCH", url: shop, body: patchOf(`{"pod-security.kubernetes.io/warn":null,"pod-security.kubernetes.io/x":"b"}`), why: `its body changes the label "pod-security.kubernetes.io/x"`},
		"a number":                 {method: "PATCH", url: shop, body: patchOf(`{"pod-security.kubernetes.io/warn":1}`), why: "its body is no patch of labels: "},
		"too long":                 {method: "PATCH", url: shop, body: goodPatch + strings.Repeat(" ", maxPatch), why: "its body is too long"},
		"as long as may be":        {method: "PATCH", url: shop, body: goodPatch + strings.Repeat(" ", maxPatch-len(goodPatch))},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := url.Parse(at + "/")
			if err != nil {
				t.Fatal(err)
			}
			w := &wire{}
			req := httptest.NewRequestWithContext(t.Context(), tc.method, tc.url, strings.NewReader(tc.body))
			switch {
			case tc.mediaType == "" && tc.method == http.MethodPatch:
				req.Header.Set("Content-Type", string(types.MergePatchType))
			case tc.mediaType != "none" && tc.mediaType != "":
				req.Header.Set("Content-Type", tc.mediaType)
			}
			response, err := gateTo(server, tc.dryRun)(w).RoundTrip(req)
			if tc.why == "" {
				if err != nil || len(w.passed) != 1 || w.body != tc.body {
					t.Fatalf("passed %q with body %q, error %v", w.passed, w.body, err)
				}
				_ = response.Body.Close()
				return
			}
			if len(w.passed) > 0 {
				t.Errorf("%q left", w.passed)
			}
			want := "refusing " + tc.method + " " + req.URL.Path + ": " + tc.why
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

// Whatever client-go is told to send passes the gate, and so does what a server makes it send by a redirect.
func TestGateIsClientsTransport(t *testing.T) {
	s := start(t, live("shop", nil))
	a := connect(t, s, 0, APIOptions{})
	before := s.Namespace("shop")
	if err := a.client.Delete().Resource("namespaces").Name("shop").Do(t.Context()).Error(); err == nil || !strings.Contains(err.Error(), "refusing DELETE") {
		t.Errorf("error %v", err)
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests left", n)
	}
	other := start(t, live("shop", nil))
	s.Inject(fakeapi.Fault{Path: "/*", Do: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, other.URL()+r.URL.Path+"?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	}})
	_, _, err := a.patch(t.Context(), "shop", []byte(goodPatch))
	if err == nil || !strings.Contains(err.Error(), "it goes to another server") {
		t.Errorf("error %v", err)
	}
	if n := len(other.Requests()); n > 0 {
		t.Errorf("%d requests went to the other server", n)
	}
	onlyLabelsChanged(t, before, s.Namespace("shop"))
}

// A dry run's client cannot be made to write.
func TestGateOfDryRun(t *testing.T) {
	s := start(t, live("shop", nil))
	a := connect(t, s, 0, APIOptions{DryRun: true})
	a.dryRun = false
	if _, _, err := a.patch(t.Context(), "shop", []byte(goodPatch)); err == nil || !strings.Contains(err.Error(), "its query does not say dryRun=All") {
		t.Errorf("error %v", err)
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests left", n)
	}
}

func TestMayHaveArrived(t *testing.T) {
	s := fakeapi.New(&corev1.Namespace{})
	address := s.URL()
	s.Close()
	_, refused := http.DefaultTransport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	if refused == nil {
		t.Fatal("somebody answers")
	}
	for name, tc := range map[string]struct {
		code int
		err  error
		want bool
	}{
		"done":     {code: 200, want: true},
		"refused":  {code: 403},
		"conflict": {code: 409},
		"throttle": {code: 429},
		"broken":   {code: 500, want: true},
		"gateway":  {code: 504, want: true},
		"reset":    {err: io.ErrUnexpectedEOF, want: true},
		"wrapped":  {err: errors.Join(refused)},
		"nobody":   {err: refused},
	} {
		if got := mayHaveArrived(&http.Response{StatusCode: tc.code}, tc.err); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
