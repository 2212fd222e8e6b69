package cmd

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiversion "k8s.io/apimachinery/pkg/version"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// What is called exact was held against servers; the rest says why it is not.
func TestServerIsExact(t *testing.T) {
	for minor, want := range map[int][]string{
		22: {"servers before v1.24 were never put to the test: they are judged as v1.24 would judge under v1.22"},
		23: {"servers before v1.24 were never put to the test: they are judged as v1.24 would judge under v1.23"},
		24: nil,
		32: nil,
		37: nil,
		38: {"this build knows the checks up to v1.37; newer ones are judged as v1.37"},
	} {
		o := &surveyor{Survey: survey.Options{Minor: minor}}
		got := o.server(&cluster.Facts{Version: apiversion.Info{GitVersion: fmt.Sprintf("v1.%d.0", minor)}})
		if diff := cmp.Diff(want, got.Inexact); diff != "" || got.Exact != (want == nil) {
			t.Errorf("v1.%d: exact is %t (-want +got):\n%s", minor, got.Exact, diff)
		}
	}
}
