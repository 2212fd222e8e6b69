package printer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBounded(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"fits":                 {"0123456789", "0123456789"},
		"between words":        {"pod or so must", "pod or so ... (5 more bytes, see -o json)"},
		"no blank":             {"0123456789a", "0123456789 ... (1 more bytes, see -o json)"},
		"no half of a rune":    {"012345678ü", "012345678 ... (2 more bytes, see -o json)"},
		"colour ends":          {"\x1b[2mabcdef\x1b[0m", "\x1b[2mabcdef\x1b[0m ... (4 more bytes, see -o json)"},
		"no half of a colour":  {"abcdefgh\x1b[31mx", "abcdefgh\x1b[0m ... (6 more bytes, see -o json)"},
		"nothing but the rest": {strings.Repeat(" ", 11), strings.Repeat(" ", 9) + " ... (2 more bytes, see -o json)"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, bounded(tt.text, 10)); diff != "" {
				t.Errorf("(-want +got): %s", diff)
			}
		})
	}
}
