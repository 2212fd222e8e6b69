//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// compareChange asks the plugin what the server would say to a change of a namespace's labels, asks the server, and
// returns what it said.
func (s *server) compareChange(t *testing.T, namespace string, m modes) verdict {
	t.Helper()
	item := s.checkNamespace(t, namespace, m)
	if item.LabelChange == nil {
		t.Fatalf("nothing is said of the change of labels: %+v", item)
	}
	a := s.dryLabel(t.Context(), namespace, m.patch())
	real := verdict{Allowed: a.err == nil, Message: a.message(), Warnings: a.warnings}
	predicted := verdict{
		Allowed: item.LabelChange.Allowed, Message: item.LabelChange.Message, Warnings: delivered(item.LabelChange.Warnings),
	}
	same(t, fmt.Sprintf("the labels of %s to %+v", namespace, m), predicted, real)
	return real
}

// delivered are the warnings that reach the client, nil for none, as a client has them.
func delivered(warnings []string) []string {
	if sent := simulate.Delivered(warnings); len(sent) > 0 {
		return sent
	}
	return nil
}
