package printer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// page is text being written. Lines collect in it until it is flushed; the first error stays.
type page struct {
	terminal.Palette
	w     io.Writer
	width int // 0 does not wrap
	buf   bytes.Buffer
	begun bool // something has been written
	gap   bool // a blank line is due before the next one
	err   error
}

// flush writes what has collected.
func (p *page) flush() error {
	if p.err == nil && p.buf.Len() > 0 {
		_, p.err = p.w.Write(p.buf.Bytes())
	}
	p.buf.Reset()
	return p.err
}

// section sets off what follows by a blank line. Two in a row make one, and none begins the page.
func (p *page) section() { p.gap = p.begun }

// put writes one line as it is, without blanks at its end.
func (p *page) put(line string) {
	if p.gap {
		p.buf.WriteByte('\n')
	}
	p.gap, p.begun = false, true
	p.buf.WriteString(strings.TrimRight(line, " "))
	p.buf.WriteByte('\n')
}

// line writes text at an indent; what does not fit goes on below.
func (p *page) line(indent int, text string) { p.labelled(indent, "", text) }

// linef is line with a format.
func (p *page) linef(indent int, format string, args ...any) {
	p.line(indent, fmt.Sprintf(format, args...))
}

// labelled writes a label and text beside it; what does not fit goes on below the text, within bounds.
func (p *page) labelled(indent int, label, text string) {
	hang := indent + columns(label)
	lead := strings.Repeat(" ", indent) + label
	for _, line := range wrap(bounded(text, maxText), p.width-hang) {
		p.put(lead + line)
		lead = strings.Repeat(" ", hang)
	}
}

// columns is how wide text is on a terminal, colours aside. tablewriter's own measure is exact and slow; most text
// is plain ASCII.
func columns(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return twwidth.Width(s)
		}
	}
	return len(s)
}

// minWrap is the narrowest column that is still read more easily wrapped than cut by the terminal.
const minWrap = 24

// wrap breaks text at blanks. A word that is too long stays whole: it may be a path that somebody copies.
func wrap(text string, width int) []string {
	if width < minWrap || columns(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
