package probe

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

var errArrived = errors.New("arrived")

type arrival struct{}

func (arrival) RoundTrip(*http.Request) (*http.Response, error) { return nil, errArrived }

// Nothing but dry runs of a creation leaves, whatever asks for it.
func TestGate(t *testing.T) {
	server, err := url.Parse("https://cluster.example:6443/k8s/c-1")
	if err != nil {
		t.Fatal(err)
	}
	gate := gateTo(server)(arrival{})
	const all = "https://cluster.example:6443/k8s/c-1/api/v1/namespaces"
	const pods = "https://cluster.example:6443/k8s/c-1/api/v1/namespaces/shop/pods"
	for name, tt := range map[string]struct{ method, url, want string }{
		"a pod":                 {"POST", pods + "?dryRun=All", ""},
		"a Deployment":          {"POST", "https://cluster.example:6443/k8s/c-1/apis/apps/v1/namespaces/shop/deployments?dryRun=All&timeout=3s", ""},
		"one's own rights":      {"POST", "https://cluster.example:6443/k8s/c-1/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?timeout=3s", ""},
		"another's rights":      {"POST", "https://cluster.example:6443/k8s/c-1/apis/authorization.k8s.io/v1/subjectaccessreviews", only},
		"rights, kept":          {"POST", "https://cluster.example:6443/k8s/c-1/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?fieldManager=x", "its query says fieldManager"},
		"kept":                  {"POST", pods, "it is no dry run"},
		"kept by halves":        {"POST", pods + "?dryRun=All&dryRun=", "it is no dry run"},
		"a field manager":       {"POST", pods + "?dryRun=All&fieldManager=x", "its query says fieldManager"},
		"another server":        {"POST", "https://elsewhere.example/k8s/c-1/api/v1/namespaces/shop/pods?dryRun=All", "it goes to another server"},
		"without TLS":           {"POST", "http://cluster.example:6443/k8s/c-1/api/v1/namespaces/shop/pods?dryRun=All", "it goes to another server"},
		"deletion":              {"DELETE", pods + "?dryRun=All", only},
		"reading":               {"GET", pods, only},
		"one pod":               {"POST", pods + "/web/eviction?dryRun=All", only},
		"a Secret":              {"POST", "https://cluster.example:6443/k8s/c-1/api/v1/namespaces/shop/secrets?dryRun=All", only},
		"a namespace":           {"POST", all + "?dryRun=All", ""},
		"its labels":            {"PATCH", all + "/shop?dryRun=All&timeout=3s", ""},
		"a namespace, kept":     {"POST", all, "it is no dry run"},
		"its labels, kept":      {"PATCH", all + "/shop", "it is no dry run"},
		"its labels, by halves": {"PATCH", all + "/shop?dryRun=All&dryRun=None", "it is no dry run"},
		"its labels, forced":    {"PATCH", all + "/shop?dryRun=All&force=true", "its query says force"},
		"its status":            {"PATCH", all + "/shop/status?dryRun=All", only},
		"its end":               {"POST", all + "/shop/finalize?dryRun=All", only},
		"all namespaces":        {"PATCH", all + "?dryRun=All", only},
		"all with a slash":      {"PATCH", all + "/?dryRun=All", only},
		"a namespace, put":      {"PUT", all + "/shop?dryRun=All", only},
		"a namespace, deleted":  {"DELETE", all + "/shop?dryRun=All", only},
		"a pod, changed":        {"PATCH", pods + "/web?dryRun=All", only},
		"a name in capitals":    {"PATCH", all + "/Shop?dryRun=All", only},
		"an escaped slash":      {"PATCH", all + "/shop%2Ffinalize?dryRun=All", only},
		"another API":           {"POST", "https://cluster.example:6443/k8s/c-1/apis/batch/v1/namespaces/shop/pods?dryRun=All", only},
		"a name with a slash":   {"POST", "https://cluster.example:6443/k8s/c-1/api/v1/namespaces/a/b/pods?dryRun=All", only},
		"another cluster's":     {"POST", "https://cluster.example:6443/k8s/c-2/api/v1/namespaces/shop/pods?dryRun=All", only},
		"pods of the apps API":  {"POST", "https://cluster.example:6443/k8s/c-1/apis/apps/v1/namespaces/shop/pods?dryRun=All", only},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), tt.method, tt.url, http.NoBody)
			_, err := gate.RoundTrip(request)
			want := "refusing " + tt.method + " " + request.URL.Path + ": " + tt.want
			switch {
			case tt.want == "" && !errors.Is(err, errArrived), tt.want != "" && (err == nil || err.Error() != want):
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

const only = "pkg/probe asks for pods, Deployments and namespaces and for its own rights, and nothing else"
