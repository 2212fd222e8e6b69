package shell

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzJoin: whatever the words are, a shell reads them back, and expands nothing in them. The shell here is the POSIX
// grammar's part on quoting, so that a try takes no process; TestJoin asks a real one.
func FuzzJoin(f *testing.F) {
	for _, seed := range []string{
		"plain", "", "it's", "''", `'\''`, `\`, "$(id)", "`id`", "a b\tc\nd", "~", "*?[!a]{b,c}", "#", "a;b&c|d<e>f", "-n", "=ls", "a=b", "\u202e\u200b\x1b[2J", "\xff'\xfe",
	} {
		f.Add(seed, "next")
		f.Add("first", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if strings.Contains(first+second, "\x00") {
			return // no argument of any process holds one
		}
		want := []string{"command", first, second}
		line := Join(want...)
		got, err := read(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	})
}

// read splits a command as POSIX has it (Shell Command Language, 2.2 and 2.3). What would be expanded, or would end the
// command, is an error.
func read(command string) (words []string, err error) {
	var word strings.Builder
	begun := false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("a quote without its end")
			}
			word.WriteString(command[i+1 : i+1+end])
			i += 1 + end
			begun = true
		case c == '\\' && i+1 < len(command) && command[i+1] != '\n':
			i++
			word.WriteByte(command[i])
			begun = true
		case c == ' ':
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		case strings.IndexByte("\t\n|&;<>()$`\\\"*?[]#~{}!^", c) >= 0 || c < ' ' || c >= 0x7f:
			return nil, errors.New("bare " + string(rune(c)))
		case c == '=' && !begun:
			return nil, errors.New("zsh looks for a program")
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// FuzzJSON: a document in ASCII is the same document.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{"", "plain", "\u202e\u2066\u200b", "\U0001f600\U000e0041", "\x7f\u0085\u009b", `back\slash "quoted"`, "\ufffd\ufffe\uffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // encoding/json never lets it into a document
		}
		raw, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		ascii := JSON(raw)
		if at := strings.IndexFunc(ascii, func(r rune) bool { return r < ' ' || r > '~' }); at >= 0 {
			t.Errorf("%q is not printable ASCII at %d", ascii, at)
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(ascii), &back); err != nil {
			t.Fatalf("%s: %v", ascii, err)
		}
		if diff := cmp.Diff(map[string]string{text: text}, back); diff != "" {
			t.Error(diff)
		}
	})
}
