package terminal

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"nothing to do":        {`container "api" must set runAsNonRoot=true`, `container "api" must set runAsNonRoot=true`},
		"other scripts":        {"größe 名前 имя 🚀", "größe 名前 имя 🚀"},
		"empty":                {"", ""},
		"backslash is text":    {`C:\temp`, `C:\temp`},
		"colour":               {"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		"title bar":            {"\x1b]0;owned\x07", `\x1b]0;owned\a`},
		"clipboard":            {"\x1b]52;c;cm0gLXJm\x1b\\", `\x1b]52;c;cm0gLXJm\x1b\`},
		"one-byte CSI":         {"\u009b2J", `\u009b2J`},
		"NEL":                  {"a\u0085b", `a\u0085b`},
		"lines":                {"a\nb\r\nc\td\ve\ff", `a\nb\r\nc\td\ve\ff`},
		"NUL, BS, DEL":         {"a\x00b\bc\x7f", `a\x00b\bc\u007f`},
		"bidi override":        {"a\u202eb\u202c", `a\u202eb\u202c`},
		"bidi isolate":         {"\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		"bidi marks":           {"\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		"zero width":           {"a\u200bb\u200cc\u200dd\u2060e\ufefff", `a\u200bb\u200cc\u200dd\u2060e\ufefff`},
		"separators":           {"a\u2028b\u2029c", `a\u2028b\u2029c`},
		"spaces that look one": {"a\u00a0b\u3000c\u00add", `a\u00a0b\u3000c\u00add`},
		"private use":          {"\ue000", `\ue000`},
		"tags":                 {"a\U000e0041", `a\U000e0041`},
		"invalid UTF-8":        {"a\xffb\xc3", `a\xffb\xc3`},
		"replacement rune":     {"a\ufffdb", "a\ufffdb"},
		"surrogate half":       {"\xed\xa0\x80", `\xed\xa0\x80`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Escape(tt.in); got != tt.want {
				t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestEscapeLines(t *testing.T) {
	if got, want := EscapeLines("a:\n\tb\r\x1b\n"), "a:\n\tb"+`\r\x1b`+"\n"; got != want {
		t.Errorf("EscapeLines = %q, want %q", got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[2J", "\u202e\u2066", "\xff\xfe", "\u009b", "a\nb\tc", "\U000e0001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := Escape(in)
		if !utf8.ValidString(out) {
			t.Fatalf("Escape(%q) is no UTF-8: %q", in, out)
		}
		for _, r := range out {
			if unicode.In(r, unicode.C, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Fatalf("Escape(%q) lets %U through: %q", in, r, out)
			}
		}
		if again := Escape(out); again != out {
			t.Fatalf("Escape is not stable: %q, then %q", out, again)
		}
		if lines := EscapeLines(in); strings.ContainsAny(lines, "\x1b\r\x00\x7f") {
			t.Fatalf("EscapeLines(%q) lets a control through: %q", in, lines)
		}
	})
}
