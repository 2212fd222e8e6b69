package celjs

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoteAt is the length of the prefix of a string literal (r and b), or -1 where none begins.
func quoteAt(s string) int {
	n := 0
	for n < len(s) && n < 2 && strings.IndexByte("rRbB", s[n]) >= 0 {
		n++
	}
	if n < len(s) && (s[n] == '"' || s[n] == '\'') {
		return n
	}
	return -1
}

// quoted reads a string literal whose prefix has n letters.
func (l *lexer) quoted(n int) (token, error) {
	at, prefix := l.at, strings.ToLower(l.source[l.at:l.at+n])
	if strings.Contains(prefix, "b") || prefix == "rr" {
		return token{}, errorAt(at, "bytes are not known, only strings")
	}
	rest := l.source[at+n:]
	quote := rest[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(rest, triple) {
		quote = triple
	}
	var text strings.Builder
	for i := len(quote); i < len(rest); {
		switch {
		case strings.HasPrefix(rest[i:], quote):
			l.at += n + i + len(quote)
			return token{kind: tokenString, text: text.String(), at: at}, nil
		case len(quote) == 1 && (rest[i] == '\n' || rest[i] == '\r'):
			return token{}, errorAt(at, "a string ends on the line that it begins on")
		case rest[i] == '\\' && prefix == "":
			r, size, ok := unescape(rest[i+1:])
			if !ok {
				return token{}, errorAt(at+n+i, "unknown escape in a string")
			}
			text.WriteRune(r)
			i += 1 + size
		default:
			r, size := utf8.DecodeRuneInString(rest[i:])
			if r == utf8.RuneError && size == 1 {
				return token{}, errorAt(at+n+i, "a string is not UTF-8")
			}
			text.WriteString(rest[i : i+size])
			i += size
		}
	}
	return token{}, errorAt(at, "a string has no end")
}

// unescape reads what follows a backslash.
func unescape(s string) (r rune, size int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	if i := strings.IndexByte(`abfnrtv\"'?`+"`", s[0]); i >= 0 {
		return rune("\a\b\f\n\r\t\v\\\"'?`"[i]), 1, true
	}
	from, digits, base := 1, 0, 16
	switch s[0] {
	case 'x', 'X':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '0', '1', '2', '3':
		from, digits, base = 0, 3, 8
	}
	if digits == 0 || len(s) < from+digits {
		return 0, 0, false
	}
	code, err := strconv.ParseUint(s[from:from+digits], base, 32)
	// What is above the last character overflows no rune, since it is cut off here.
	if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		return 0, 0, false
	}
	return rune(code), from + digits, true
}

// quoteJS is a string as JavaScript, in ASCII.
func quoteJS(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(s)) {
		switch {
		case unit == '"' || unit == '\\':
			out.WriteByte('\\')
			out.WriteByte(byte(unit))
		case unit < ' ' || unit > '~' || unit == '<':
			// '<' too, so that nothing can end a script element should a policy ever be shown on a page.
			fmt.Fprintf(&out, `\u%04x`, unit)
		default:
			out.WriteByte(byte(unit))
		}
	}
	out.WriteByte('"')
	return out.String()
}
