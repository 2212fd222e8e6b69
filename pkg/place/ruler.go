package place

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// ruler has the line of the file, from 1, for each line as YAML counts them. There CR, NEL, LS and PS end a line as well,
// which no editor shows; and the parsers put what is missing at the end into a line that the file may not have.
type ruler []int

func rulerOf(text []byte) ruler {
	r, line := ruler{1}, 1
	for at := 0; at < len(text); {
		c, size := utf8.DecodeRune(text[at:])
		at += size
		switch c {
		case '\n':
			line++
		case '\r':
			if at < len(text) && text[at] == '\n' {
				continue // one end of a line
			}
		case '\u0085', '\u2028', '\u2029':
		default:
			continue
		}
		r = append(r, line)
	}
	return r
}

// line is the line of the file; 0 stays none.
func (r ruler) line(n int) int {
	if n < 1 {
		return 0
	}
	return r[min(n, len(r))-1]
}

// apply gives all nodes the lines of the file. An alias is a node of its own, and what it stands for another's part.
func (r ruler) apply(n *yaml.Node) {
	n.Line = r.line(n.Line)
	for _, child := range n.Content {
		r.apply(child)
	}
}
