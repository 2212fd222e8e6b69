package cluster

import (
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestCeiling(t *testing.T) {
	for url, want := range map[string]int64{
		"https://s/api/v1/namespaces/shop":      patience.ObjectBytes,
		"https://s/api/v1/pods?limit=500":       patience.ObjectBytes + 500*listedBytes,
		"https://s/api/v1/pods?limit=999999999": patience.ObjectBytes + storedBytes,
		"https://s/metrics":                     storedBytes,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := ceiling(req); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	req, err := http.NewRequestWithContext(wholeList(t.Context()), http.MethodGet, "https://s/api/v1/pods", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := ceiling(req); got != storedBytes {
		t.Errorf("a whole list: %d", got)
	}
}

// An answer that does not end is given up at once: it is not asked for again.
func TestEndlessAnswer(t *testing.T) {
	s, c := serve(t)
	s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Blanks(0)})
	err := c.list(loud(t), podKind(), "", metav1.ListOptions{Limit: 1}, &corev1.PodList{})
	if patience.EndlessAnswer(err) == nil || reasonOf(err) != reasonEndless {
		t.Errorf("%v, reason %s", err, reasonOf(err))
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
