package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Escape makes text that comes from a cluster or a file harmless on a terminal, and keeps it on one line: what
// does not print becomes a visible escape, such as \x1b, \n, \u202e or, for a byte that is no UTF-8, \xff.
//
// What does not print is what strconv.IsPrint says: the C0 and C1 controls, DEL, the bidirectional and zero-width
// characters, the line and paragraph separators, every space but the ASCII one, and what is private or unassigned.
// cli-runtime's EscapeTerminal knows only ESC and CR. The result is for reading and cannot be turned back: a
// backslash that was in the text looks like one that was not.
func Escape(s string) string { return escape(s, "") }

// EscapeLines is Escape for text of several lines: newline and tab stay.
func EscapeLines(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	i := unprintable(s, keep)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	for i < len(s) {
		b.WriteString(s[:i])
		r, size := utf8.DecodeRuneInString(s[i:])
		b.WriteString(visible(r, s[i], size))
		s = s[i+size:]
		i = unprintable(s, keep)
	}
	b.WriteString(s)
	return b.String()
}

// unprintable is the index of the first rune to escape, len(s) if there is none.
func unprintable(s, keep string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && size == 1
		if invalid || (!strconv.IsPrint(r) && !strings.ContainsRune(keep, r)) {
			return i
		}
		i += size
	}
	return len(s)
}

// visible writes a rune as Go would between quotes. What may stand unescaped in a JSON string (DEL and all above
// ASCII) gets the one form that JSON knows too, so that a document stays one.
func visible(r rune, first byte, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, first)
	case r >= 0x7f && r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return strings.Trim(strconv.QuoteRune(r), "'")
	}
}
