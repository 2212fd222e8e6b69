package cluster

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// What may not be read is neither there nor missing; where no request is taken there is no answer at all.
func TestMissingRuntimeClasses(t *testing.T) {
	s, c := serve(t, &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "gvisor"}, Handler: "runsc"})
	missing, gap, err := c.MissingRuntimeClasses(t.Context(), []string{"kata", "gvisor", "nowhere"})
	if diff := cmp.Diff([]string{"kata", "nowhere"}, missing); diff != "" || gap != nil || err != nil {
		t.Errorf("gap %v, error %v, missing (-want +got):\n%s", gap, err, diff)
	}
	if missing, gap, err := c.MissingRuntimeClasses(t.Context(), nil); missing != nil || gap != nil || err != nil {
		t.Errorf("of none: missing %v, gap %v, error %v", missing, gap, err)
	}

	s.Inject(fakeapi.Fault{Path: "/apis/node.k8s.io/v1/runtimeclasses/kata", Do: fakeapi.Refuse(403, metav1.StatusReasonForbidden, "no")})
	missing, gap, err = c.MissingRuntimeClasses(t.Context(), []string{"kata", "nowhere", "kata"})
	if diff := cmp.Diff([]string{"nowhere"}, missing); diff != "" || err != nil {
		t.Errorf("error %v, missing (-want +got):\n%s", err, diff)
	}
	want := &workload.Gap{Resource: "runtimeclasses.node.k8s.io", Reason: "forbidden", Message: "no"}
	if diff := cmp.Diff(want, gap); diff != "" {
		t.Errorf("gap (-want +got):\n%s", diff)
	}

	s.Mend()
	s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(401, metav1.StatusReasonUnauthorized, "Unauthorized")})
	if missing, gap, err := c.MissingRuntimeClasses(t.Context(), []string{"kata"}); !apierrors.IsUnauthorized(err) || missing != nil || gap != nil {
		t.Errorf("unauthorized: missing %v, gap %v, error %v", missing, gap, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.MissingRuntimeClasses(ctx, []string{"kata"}); err == nil {
		t.Error("interrupted, and no error")
	}
}
