package place

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// Broken finds the line, from 1, that a YAML error of sigs.k8s.io/yaml is about, and takes it out of the words; 0 for an
// error that is about none. What is missing at the end may be missing in the line after it.
func Broken(text []byte, err error) (line int, problem string) {
	line, problem = lineIn(err)
	if strings.HasPrefix(problem, "key ") && line > 0 { // set twice
		return rulerOf(text).line(line), problem
	}
	// Neither decoder names line 1, and each is right about one sort of error: what is in a line, and where in a
	// structure something is missing.
	lower := slices.Concat([]byte("\n"), text)
	if strings.HasPrefix(problem, "did not find expected") {
		if _, err = yaml.YAMLToJSON(lower); err != nil { // the two do not agree on everything
			line, _ = lineIn(err)
			line++ // it names the last line that was good
		}
	} else if _, newer := Tree(lower); newer != nil {
		line, _ = lineIn(newer)
	}
	line = rulerOf(text).line(line - 1)
	if at := notText(text); line == 0 && at >= 0 {
		line = 1 + bytes.Count(text[:at], []byte("\n"))
	}
	return line, problem
}

// notText is where something stands that no YAML holds, and for which neither decoder names a line: -1 for nowhere.
func notText(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size <= 1 || r != '\t' && r != '\n' && r != '\r' && r != '\u0085' && unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' {
			return at
		}
		at += size
	}
	return -1
}

// lineIn takes the line out of a YAML error; 0 for none.
func lineIn(err error) (line int, text string) {
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, many := strings.CutPrefix(text, "unmarshal errors:\n"); many {
		text, _, _ = strings.Cut(strings.TrimSpace(rest), "\n")
	}
	if m := linePrefix().FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return n, text[len(m[0]):]
		}
	}
	return 0, text
}

func linePrefix() *regexp.Regexp { return regexp.MustCompile(`^line (\d+): `) }
