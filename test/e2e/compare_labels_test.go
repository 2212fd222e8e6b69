//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"unicode/utf8"
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
		Allowed: item.LabelChange.Allowed, Message: item.LabelChange.Message, Warnings: arriving(item.LabelChange.Warnings),
	}
	same(t, fmt.Sprintf("the labels of %s to %+v", namespace, m), predicted, real)
	return real
}

// What an API server cuts the warnings of one answer down to.
const (
	allRunes  = 4096
	itemRunes = 256
)

// arriving is what of a list of warnings reaches a client (k8s.io/apiserver, pkg/endpoints/filters/warning.go): no
// text twice, and once all of them are longer than the server wants, each is cut and the last ones are missing.
func arriving(warnings []string) []string {
	var texts, cut []string
	seen := map[string]bool{}
	whole, written := 0, 0
	for _, text := range warnings {
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		texts = append(texts, text)
		whole += utf8.RuneCountInString(text)
	}
	if whole <= allRunes {
		return texts
	}
	for _, text := range texts {
		if runes := []rune(text); len(runes) > itemRunes {
			text = string(runes[:itemRunes])
		}
		// The first warning too many makes the server write again what it has, cut and without a look at the total.
		if written >= allRunes {
			break
		}
		cut = append(cut, text)
		written += utf8.RuneCountInString(text)
	}
	return cut
}
