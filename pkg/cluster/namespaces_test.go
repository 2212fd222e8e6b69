package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestNamespacesByName(t *testing.T) {
	s, c := serve(t, newNamespace("a", "app"), newNamespace("b"), newNamespace("other"))
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/b", Do: fakeapi.Refuse(403, metav1.StatusReasonForbidden, "no")})
	there, gaps, err := c.Namespaces(t.Context(), []string{"nowhere", "b", "a"})
	if err != nil || len(there) != 1 || there[0].Name != "a" {
		t.Fatalf("there are %v, error %v", there, err)
	}
	if diff := cmp.Diff(map[string]string{"a": "b"}, there[0].Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]workload.Gap{{Resource: "namespaces", Namespace: "b", Reason: "forbidden", Message: "no"}}, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	var paths []string
	for _, r := range s.Requests() {
		paths = append(paths, r.Method+" "+r.Path)
	}
	if len(paths) != 3 {
		t.Errorf("requests %v, want one for each name", paths)
	}
}

// One namespace that stalls is a gap; where no request is taken there is no answer at all.
func TestNamespacesWithoutAnswers(t *testing.T) {
	s := fakeapi.New(newNamespace("a"), newNamespace("b"))
	defer s.Close()
	c := client(t, s, 300*time.Millisecond)
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/b", Do: fakeapi.Hang()})
	there, gaps, err := c.Namespaces(t.Context(), []string{"a", "b"})
	if err != nil || len(there) != 1 || len(gaps) != 1 || gaps[0].Namespace != "b" || gaps[0].Reason != "timeout" {
		t.Errorf("there are %v, gaps %v, error %v", there, gaps, err)
	}
	s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(401, metav1.StatusReasonUnauthorized, "Unauthorized")})
	if there, gaps, err := c.Namespaces(t.Context(), []string{"a"}); !apierrors.IsUnauthorized(err) || there != nil || gaps != nil {
		t.Errorf("unauthorized: there are %v, gaps %v, error %v", there, gaps, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.Namespaces(ctx, []string{"a"}); err == nil {
		t.Error("interrupted, and no error")
	}
}

func TestManyNamespacesAreReadAFewAtATime(t *testing.T) {
	s, c := serve(t)
	var names []string
	for i := range 5 * parallelLists {
		name := fmt.Sprintf("n%02d", i)
		names = append(names, name)
		s.Add(newNamespace(name))
	}
	underWay := make(chan struct{}, parallelLists)
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/*", Do: fakeapi.Call(func() {
		select {
		case underWay <- struct{}{}:
		default:
			t.Errorf("more than %d requests at once", parallelLists)
			return
		}
		time.Sleep(time.Millisecond)
		<-underWay
	})})
	there, gaps, err := c.Namespaces(t.Context(), names)
	if err != nil || len(gaps) > 0 || len(there) != len(names) || there[0].Name != "n00" || there[len(there)-1].Name != names[len(names)-1] {
		t.Errorf("%d namespaces, gaps %v, error %v", len(there), gaps, err)
	}
}
