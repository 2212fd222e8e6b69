package js

import (
	"testing"

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
