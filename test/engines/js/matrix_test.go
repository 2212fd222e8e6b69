package js

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
	"github.com/kubectl-pss/kubectl-pss/test/engines/matrix"
)

// TestMatrix wants of jsPolicy's scripts the verdicts and texts of the API server's engine.
func TestMatrix(t *testing.T) {
	sets, err := matrix.Sets()
	if err != nil {
		t.Fatal(err)
	}
	requests := matrix.Requests(25)
	for _, set := range sets {
		refused := judged(t, set, requests)
		t.Logf("%s: %d rules refuse %d of %d requests", set.Name, len(set.Rules), refused, len(requests))
		if refused == 0 || refused == len(requests) {
			t.Errorf("%s: %d of %d requests are refused: too little is compared", set.Name, refused, len(requests))
		}
	}
}

// TestMutationMatrix wants of jsPolicy's scripts the pods that the API server's engine makes.
func TestMutationMatrix(t *testing.T) {
	sets, err := matrix.Sets()
	if err != nil {
		t.Fatal(err)
	}
	requests := matrix.Requests(25)
	for _, set := range sets {
		if len(set.Mutations) == 0 {
			continue
		}
		mutator, script := mutatorOf(t, set), newEngine(t, scriptOf(t, set, "Mutating"))
		changed := 0
		for name, request := range requests {
			if request.Old != nil {
				continue
			}
			want, err := mutator.Mutate(t.Context(), request)
			if err != nil {
				t.Fatalf("%s: %s: %v", set.Name, name, err)
			}
			got := script.run(t, review(t, request))
			var pod corev1.Pod
			if data, err := json.Marshal(got.patched); err != nil || got.thrown != "" || json.Unmarshal(data, &pod) != nil {
				t.Fatalf("%s: %s: %v, thrown %q", set.Name, name, err, got.thrown)
			}
			pod.TypeMeta, want.TypeMeta = metav1.TypeMeta{}, metav1.TypeMeta{}
			if diff := cmp.Diff(want, &pod, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s (-CEL +JavaScript):\n%s", set.Name, name, diff)
			}
			if !cmp.Equal(request.Pod.Spec, pod.Spec) {
				changed++
			}
		}
		t.Logf("%s: %d mutations change %d pods", set.Name, len(set.Mutations), changed)
		if changed == 0 {
			t.Errorf("%s: nothing is changed, and nothing compared", set.Name)
		}
	}
}

// mutatorOf compiles what is rendered for the API server.
func mutatorOf(t *testing.T, set *export.Set) *cel.Mutator {
	t.Helper()
	docs, err := export.VAP.Render(set, export.Options{Enforce: true, MutatingPolicies: true})
	if err != nil {
		t.Fatal(err)
	}
	var policy admissionv1.MutatingAdmissionPolicy
	data, err := json.Marshal(docs[0].Object)
	if err != nil || json.Unmarshal(data, &policy) != nil {
		t.Fatalf("%v", err)
	}
	mutator, err := cel.CompileMutations(&policy)
	if err != nil {
		t.Fatal(err)
	}
	return mutator
}
