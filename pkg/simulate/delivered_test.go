package simulate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDelivered(t *testing.T) {
	long := func(first string, n int) string { return first + strings.Repeat("ä", n-1) }
	many := func(n, length int) []string {
		var list []string
		for i := range n {
			list = append(list, long(string(rune('A'+i)), length))
		}
		return list
	}
	for name, tc := range map[string]struct{ given, want []string }{
		"none":              {nil, []string{}},
		"twice and empty":   {[]string{"a", "", "a", "b"}, []string{"a", "b"}},
		"just fits":         {many(16, 256), many(16, 256)},
		"one rune too many": {append(many(16, 256), "z", "never"), append(many(16, 256), "z")},
		"long ones are cut": {many(5, 1000), many(5, 256)},
		"cut and missing":   {many(20, 300), many(16, 256)},
	} {
		if diff := cmp.Diff(tc.want, Delivered(tc.given)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
