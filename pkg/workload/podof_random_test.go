package workload_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// A template that is said to be the pod itself is: by everything that any check looks at, on servers of every kind.
func TestAlters(t *testing.T) {
	const drawn = 4000
	for _, minor := range []int{24, 26, 27, 29, 30, 33, 34, 37} {
		same := 0
		for n := range uint64(drawn) {
			o := workload.From(random.Workload(random.NewDice(1, n, minor), "ns", "w"), time.Time{})
			if o.Template == nil || workload.Alters(o, minor) {
				continue
			}
			same++
			pod := workload.PodOf(o, minor)
			if !equality.Semantic.DeepEqual(o.Template.Spec, pod.Spec) || !equality.Semantic.DeepEqual(o.Template.Annotations, pod.Annotations) {
				t.Fatalf("v1.%d, number %d (-template +pod):\n%s%s", minor, n,
					cmp.Diff(o.Template.Spec, pod.Spec), cmp.Diff(o.Template.Annotations, pod.Annotations))
			}
		}
		if shares := minor >= 27; same > 0 != shares || shares && same < drawn/4 {
			t.Errorf("v1.%d: %d of %d templates are their pods", minor, same, drawn)
		}
	}
}
