package printer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxText bounds what is said in one go, in bytes: some fifty lines of a terminal. The server's words name every
	// container, of which a pod may have ten thousand.
	maxText = 4000
	// maxCell bounds a cell of a table, since all rows are as wide as the widest; no event's message is longer.
	maxCell = 1100
)

// bounded cuts text that nobody would read to its end, and says how much is missing and where it is.
func bounded(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := strings.LastIndexByte(text[:limit], ' ')
	if end < limit/2 { // a word that is longer than anything here
		end = limit
		for !utf8.RuneStart(text[end]) {
			end--
		}
	}
	colour := ""
	if at := strings.LastIndexByte(text[:end], '\x1b'); at >= 0 {
		if !strings.Contains(text[at:end], "m") { // only ours is left: the others have been escaped
			end = at
		}
		colour = "\x1b[0m"
	}
	return fmt.Sprintf("%s%s ... (%d more bytes, see -o json)", text[:end], colour, len(text)-end)
}
