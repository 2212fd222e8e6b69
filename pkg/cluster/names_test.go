package cluster

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestNames(t *testing.T) {
	s, c := serve(t, append(newPods("a", namesPage+1), newNamespace("a"), newNamespace("b"), newDeployment("b", "web"))...)
	for _, tt := range []struct {
		group, kind, namespace string
		count                  int
		first                  string
	}{
		{"", "Namespace", "", 2, "a"},
		{"", "Namespace", "a", 2, "a"},
		{"", "Pod", "a", namesPage + 1, "pod-00000"},
		{"", "Pod", "b", 0, ""},
		{"apps", "Deployment", "b", 1, "web"},
	} {
		names, err := c.Names(t.Context(), tt.group, tt.kind, tt.namespace)
		if err != nil || len(names) != tt.count || tt.count > 0 && names[0] != tt.first {
			t.Errorf("%s in %q: %d names, error %v", tt.kind, tt.namespace, len(names), err)
		}
	}
	if _, err := c.Names(t.Context(), "", "Secret", "a"); err == nil || err.Error() != `kind "Secret" in group "" is not one that is read` {
		t.Errorf("secrets: %v", err)
	}
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces", Do: fakeapi.Forbid("namespaces", "")})
	if names, err := c.Names(t.Context(), "", "Namespace", ""); !apierrors.IsForbidden(err) || names != nil {
		t.Errorf("forbidden: %v, error %v", names, err)
	}
}

// What is there when the time is over is better than nothing.
func TestNamesSoFar(t *testing.T) {
	s, c := serve(t, newPods("a", namesPage+1)...)
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/a/pods", Query: "continue=", Do: fakeapi.Hang()})
	for patience := time.Second; ; patience *= 4 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		names, err := c.Names(ctx, "", "Pod", "a")
		cancel()
		switch {
		case err == nil && len(names) == namesPage:
			return
		case patience > time.Minute: // a busy machine may take longer than a second for the first page
			t.Fatalf("%d names, error %v", len(names), err)
		}
	}
}
