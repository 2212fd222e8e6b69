package compare

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestAsk(t *testing.T) {
	const (
		forbidden = `{"kind":"Status","apiVersion":"v1","status":"Failure","code":403,"message":"pods \"p\" is forbidden: no"}`
		busy      = `{"kind":"Status","apiVersion":"v1","status":"Failure","code":500,"message":"etcd is slow"}`
	)
	type said struct {
		code    int
		body    string
		warning string
	}
	for name, tc := range map[string]struct {
		said  []said // one after the other
		want  string
		tried int
	}{
		"an object":           {[]said{{code: 201, body: `{}`}}, "201 {}", 1},
		"a refusal":           {[]said{{code: 403, body: forbidden}}, `403 pods "p" is forbidden: no`, 1},
		"a failure that ends": {[]said{{code: 500, body: busy}, {code: 201, body: `{}`}}, "201 {}", 2},
		"a failure that does not": {
			[]said{{code: 500, body: busy}, {code: 500, body: busy}, {code: 500, body: busy}},
			"POST /pods: etcd is slow\nbody", 3,
		},
		"not all pods were looked at in time": {
			[]said{{200, `{}`, "new PodSecurity enforce level only checked against the first 2 of 60 existing pods"}, {200, `{}`, "existing pods"}},
			"200 {} existing pods", 2,
		},
	} {
		tried := 0
		var asked http.Header
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.Header
			if got := r.URL.Query().Get("dryRun"); got != "All" {
				t.Errorf("%s: dryRun=%s: nothing may be written", name, got)
			}
			a := tc.said[tried]
			tried++
			w.Header().Set("Content-Type", jsonType)
			if a.warning != "" {
				w.Header().Set("Warning", fmt.Sprintf("299 - %q", a.warning))
			}
			w.WriteHeader(a.code)
			_, _ = w.Write([]byte(a.body)) // the client sees what is missing
		}))
		client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, WarningHandler: rest.NoWarnings{}})
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{client: client, id: "ours"}
		got := ""
		a, err := s.ask(t.Context(), &request{verb: "POST", path: "/pods", contentType: jsonType, user: "somebody", body: []byte("body")})
		if err == nil {
			said := append([]string{strconv.Itoa(a.code), string(a.body) + a.message()}, a.warnings...)
			got = strings.Join(said, " ")
		} else {
			got = err.Error()
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || tried != tc.tried {
			t.Errorf("%s, tried %d times, want %d (-want +got):\n%s", name, tried, tc.tried, diff)
		}
		if user, id := asked.Get("Impersonate-User"), asked.Get("Audit-ID"); user != "somebody" || id != fmt.Sprintf("ours-%d", tried) {
			t.Errorf("%s: asked as %q under %q", name, user, id)
		}
		server.Close()
	}
}
