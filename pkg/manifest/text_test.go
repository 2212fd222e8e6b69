package manifest

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestDocuments(t *testing.T) {
	tests := []struct {
		name, data string
		want       []string // line: text, and J for JSON
	}{
		{name: "one", data: "a: 1\n", want: []string{"1: a: 1"}},
		{name: "none", data: ""},
		{name: "only comments", data: "# a\n---\n  # b\n\n---\n"},
		{name: "separators", data: "a: 1\n---\nb: 2\n--- # c\nc: 3\n---", want: []string{"1: a: 1", "2: b: 2", "4: # c\nc: 3"}},
		{name: "empty ones are not counted", data: "---\n# Source: a.yaml\n---\n# Source: b.yaml\nb: 2\n", want: []string{"3: # Source: b.yaml\nb: 2"}},
		{name: "ends", data: "a: 1\n...\nb: 2\n...\n", want: []string{"1: a: 1", "3: b: 2"}},
		{name: "directive", data: "%YAML 1.1\n---\na: 1\n", want: []string{"2: a: 1"}},
		{name: "content beside the separator", data: "--- {a: 1}\n--- !!map\nb: 2\n", want: []string{"1: {a: 1}", "2: !!map\nb: 2"}},
		{name: "no separators", data: "a: 1\n---b\nc: |\n  ---\n ...\n", want: []string{"1: a: 1\n---b\nc: |\n  ---\n ..."}},
		{name: "CRLF", data: "a: 1\r\n---\r\nb: 2\r\n...\r\nc: 3\r\n", want: []string{"1: a: 1", "2: b: 2", "5: c: 3"}},
		{name: "byte order marks", data: "\ufeffa: 1\n---\n\ufeffb: 2\n\ufeff---\nc: 3\n", want: []string{"1: a: 1", "2: b: 2", "4: c: 3"}},
		{name: "JSON", data: "{\"a\": 1}\n", want: []string{"1J: {\"a\": 1}"}},
		{name: "JSON one after the other", data: "{\"a\": 1}{\"b\":\n2}\n\n{\"c\": 3}", want: []string{"1J: {\"a\": 1}", "1J: {\"b\":\n2}", "2J: {\"c\": 3}"}},
		{name: "JSON then broken", data: "{\"a\": 1}\n{\"b\": }\n", want: []string{"1J: {\"a\": 1}", "1: {\"b\": }"}},
		{name: "KYAML", data: "---\n{\n  # comment\n  a: \"1\",\n}\n", want: []string{"1: {\n  # comment\n  a: \"1\",\n}"}},
		{name: "JSON among YAML", data: "a: 1\n---\n{\"b\": 2}\n", want: []string{"1: a: 1", "2J: {\"b\": 2}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for i, d := range documents("f", []byte(tt.data)) {
				kind := ""
				if d.json {
					kind = "J"
				}
				if d.number != i+1 || d.file != "f" {
					t.Errorf("document %d of %s, want %d of f", d.number, d.file, i+1)
				}
				got = append(got, fmt.Sprintf("%d%s: %s", d.line, kind, strings.TrimSpace(strings.ReplaceAll(string(d.text), "\r", ""))))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
		})
	}
}

// PowerShell writes UTF-16.
func TestUTF16(t *testing.T) {
	const text = "name: \"Größe 𝄞\"\n---\nb: 2\n"
	for name, order := range map[string][2]int{"little endian": {0, 8}, "big endian": {8, 0}} {
		t.Run(name, func(t *testing.T) {
			var data []byte
			for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
				data = append(data, byte(u>>order[0]), byte(u>>order[1]))
			}
			if got := string(toUTF8(data)); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		})
	}
}

func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{"", podYAML + "---\n" + deploymentYAML, "{\"a\": 1}{\"b\": 2}\n---\n...\n", "\ufeff--- &a [*a]\n", "\xff\xfea\x00", "&0,*"} {
		f.Add([]byte(seed))
	}
	decoder := &decoder{kinds: kinds(), namespace: "default", minor: newest}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := 1 + strings.Count(string(toUTF8(data)), "\n")
		for _, d := range documents("f", data) {
			out := decoder.decode(&d)
			for _, e := range out.errors {
				if e.Line < 1 || e.Line > lines || e.Text == "" {
					t.Errorf("line %d of %d: %q", e.Line, lines, e.Text)
				}
			}
			for _, w := range out.warnings {
				if w.Line < 1 || w.Line > lines {
					t.Errorf("line %d of %d: %q", w.Line, lines, w.Text)
				}
			}
		}
	})
}
