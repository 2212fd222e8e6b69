package place

import (
	"math"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const text = `# a plan
a: 1
list:
- x: 1
- &second
  y: 2
  pod-security.kubernetes.io/enforce: b
  pod-security.kubernetes.io/enforce-version: c
again:
  - *second
`

func TestLine(t *testing.T) {
	for path, want := range map[string]int{
		"": 2, "a": 2, "list": 3, "list[0].x": 4, "list[1]": 5, "list[1].y": 6, "list[1].pod-security.kubernetes.io/enforce": 7,
		"list[1].pod-security.kubernetes.io/enforce-version": 8, "list[1].nowhere": 5, "list[9]": 3, "list[-1]": 3, "list[": 3, "nowhere": 2,
		"a.b": 2, "again[0].y": 6, "again[0]": 10, "list[1].y[0]": 6,
	} {
		top, err := Tree([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := Line(top, path); got != want {
			t.Errorf("%q is in line %d, want %d", path, got, want)
		}
	}
	for _, empty := range []string{"", "# only a comment\n"} {
		if top, err := Tree([]byte(empty)); err != nil || Line(top, "a") != 0 {
			t.Errorf("%q: line %d, error %v", empty, Line(top, "a"), err)
		}
	}
	if Line(nil, "a") != 0 {
		t.Error("no tree has a line")
	}
	if _, err := Tree([]byte("a: [")); err == nil || !strings.Contains(err.Error(), "did not find expected") {
		t.Errorf("broken: %v", err)
	}
}

func TestSize(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a: &a [" + strings.Repeat("lol,", 9) + "lol]\n")
	for _, c := range "bcdefghi" {
		before := string(c - 1)
		bomb.WriteString(string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+before+",", 9) + "*" + before + "]\n")
	}
	long := "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n"
	for name, tt := range map[string]struct {
		text        string
		least, most int
	}{
		"plain":       {"a: bcd\n", 4, 10},
		"an alias":    {"a: &a bcd\nb: *a\n", 8, 20},
		"bomb":        {bomb.String(), 1_000_000_000, math.MaxInt32},
		"long string": {long, 1000 << 20, math.MaxInt32},
		"of itself":   {"a: &a [*a]\n", math.MaxInt32, math.MaxInt32},
	} {
		t.Run(name, func(t *testing.T) {
			top, err := Tree([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := Size(top); got < tt.least || got > tt.most {
				t.Errorf("%d bytes, want %d to %d", got, tt.least, tt.most)
			}
		})
	}
}

// FuzzTree: whatever can be parsed has a line for every path, within the text, and a size that was not counted forever.
func FuzzTree(f *testing.F) {
	for _, seed := range []string{text, "a: &a [*a]", "&a {*a: *a}", "- - - 1", "{\"a\": [1, {\"b\": 2}]}", "? [a]\n: b\n", "<<: &x {a: 1}\nb: *x", "--- a\n---\nb"} {
		f.Add(seed, "list[1].y")
		f.Add(seed, "a[0].b")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		top, err := Tree([]byte(text))
		if err != nil {
			return
		}
		lines := 1 + strings.Count(text, "\n")
		if line := Line(top, path); line < 0 || line > lines {
			t.Errorf("%q stands in line %d of %d", path, line, lines)
		}
		if size := Size(top); size < 0 || size > math.MaxInt32 || size != Size(top) {
			t.Errorf("%d bytes", size)
		}
	})
}

func TestBroken(t *testing.T) {
	for name, tt := range map[string]struct {
		text    string
		line    int
		problem string
	}{
		"the first line":      {"a: b: c\n", 1, "mapping values are not allowed in this context"},
		"a later line":        {"a: 1\nb: c: d\n", 2, "mapping values are not allowed in this context"},
		"unclosed":            {"a: {\nb: 1\n", 3, "did not find expected ',' or '}'"},
		"twice":               {"a: 1\nb: 2\na: 3\n", 3, `key "a" already set in map`},
		"twice, at the end":   {"&BB\n?\n?", 3, "key <nil> already set in map"},
		"lines within a line": {"a: 1\r\nb: 2\r\u0085\u2028c: d: e\n", 2, "mapping values are not allowed in this context"},
		"a control":           {"a: 1\nb: \x01\n", 2, "control characters are not allowed"},
		"a C1 control":        {"a: 1\n\nb: \u009b\n", 3, "control characters are not allowed"},
		"no UTF-8":            {"a: 1\nb: \xff\n", 2, "invalid leading UTF-8 octet"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := yaml.YAMLToJSONStrict([]byte(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if line, problem := Broken([]byte(tt.text), err); line != tt.line || problem != tt.problem {
				t.Errorf("line %d: %s, want %d: %s", line, problem, tt.line, tt.problem)
			}
		})
	}
}

func TestSecond(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a: 1\n": 0, "---\na: 1\n": 0, "a: 1\n---\n": 0, "a: 1\n---\n# nothing\n---\n...\n": 0, "a: |\n  x\n  ---\n": 0,
		"a: 1\n---\nb: 2\n": 3, "a: 1\n---\n---\n- 1\n": 4, "a: 1\n--- {}\n": 2, "a: 1\n...\nb\n": 2, "a: 1\n---\nb: {\n": 3, "a: 1\r\r\n---\nb": 3, "a: 1\r\r\n---\n{": 3, "{\n---\n": 0,
	} {
		if got := Second([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
