//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// compareChange asks the plugin what the server would say to a change of a namespace's labels, asks the server, and
// returns what it said.
func (s *server) compareChange(t *testing.T, namespace string, m modes) verdict {
	t.Helper()
	var predicted, real verdict
	// The server answers from what it has heard of pods by a watch, some moments after they changed.
	for end := time.Now().Add(hearsay); ; {
		predicted, real = s.change(t, namespace, m)
		if cmp.Equal(predicted, real) || time.Now().After(end) {
			break
		}
	}
	same(t, fmt.Sprintf("the labels of %s to %+v", namespace, m), predicted, real)
	return real
}

// hearsay is how late a server may hear of what was written on a busy machine.
const hearsay = 20 * time.Second

// change is what is said of a change of labels, and what the server says to it.
func (s *server) change(t *testing.T, namespace string, m modes) (predicted, real verdict) {
	t.Helper()
	item := s.checkNamespace(t, namespace, m)
	if item.LabelChange == nil {
		t.Fatalf("nothing is said of the change of labels: %+v", item)
	}
	a := s.dryLabel(t.Context(), namespace, m.patch())
	real = verdict{Allowed: a.err == nil, Message: a.message(), Warnings: a.warnings}
	predicted = verdict{
		Allowed: item.LabelChange.Allowed, Message: item.LabelChange.Message, Warnings: delivered(item.LabelChange.Warnings),
	}
	return predicted, real
}

// delivered are the warnings that reach the client, nil for none, as a client has them.
func delivered(warnings []string) []string {
	if sent := simulate.Delivered(warnings); len(sent) > 0 {
		return sent
	}
	return nil
}
