package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestObjectName(t *testing.T) {
	for _, tt := range []struct{ set, item, want string }{
		{"psp-restricted", "allowed-host-paths", "psp-restricted-allowed-host-paths"},
		{strings.Repeat("a", 60), "bc", strings.Repeat("a", 60) + "-bc"},
		{strings.Repeat("a", 60), "bcd", strings.Repeat("a", 54) + "-086b3a11"},
		{strings.Repeat("a", 60), "bce", strings.Repeat("a", 54) + "-db5243a2"},
	} {
		if diff := cmp.Diff(tt.want, objectName(tt.set, tt.item)); diff != "" {
			t.Errorf("%s, %s:\n%s", tt.set, tt.item, diff)
		}
	}
}
