package manifest

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"

	yamlnode "go.yaml.in/yaml/v3"
)

// document is one document of a file, not yet decoded.
type document struct {
	file string
	// number counts the documents of the file that hold anything, from 1; line is where the text begins, from 1.
	number, line int
	text         []byte
	// json says that the text is one valid JSON value.
	json bool

	node    *yamlnode.Node
	treeErr error
}

// documents splits a file.
func documents(file string, data []byte) []document {
	var list []document
	add := func(text []byte, line int, isJSON bool) {
		list = append(list, document{file: file, number: len(list) + 1, line: line, text: text, json: isJSON})
	}
	for _, part := range split(toUTF8(data)) {
		text := part.text
		if isBlank(text) {
			continue
		}
		if !startsJSON(text) {
			add(text, part.line, false)
			continue
		}
		for len(text) > 0 {
			value := firstJSON(text)
			if value == nil { // KYAML, or broken: YAML tells which, and in which line
				add(text, part.line, false)
				break
			}
			add(value, part.line, true)
			part.line += bytes.Count(value, newline())
			if text = text[len(value):]; isBlank(text) {
				break
			}
		}
	}
	return list
}

// part is what stands between two separators.
type part struct {
	text []byte
	line int
}

// split parts YAML documents at their separators, which no YAML or JSON value can hold at the beginning of a line.
// What follows a separator in its line belongs to the document after it.
func split(data []byte) []part {
	var parts []part
	begin, beginLine := 0, 1
	for at, line := 0, 1; at < len(data); line++ {
		end := len(data)
		if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		switch text := data[at:end]; {
		case isMarker(text, "---"):
			parts = append(parts, part{data[begin:at], beginLine})
			begin, beginLine = at+len("---"), line
		case isMarker(text, "..."):
			parts = append(parts, part{data[begin:at], beginLine})
			begin, beginLine = end, line+1
		}
		at = end
	}
	return append(parts, part{data[begin:], beginLine})
}

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// isBlank says that there are only comments and YAML directives.
func isBlank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// startsJSON says that the text may be JSON; like kubectl, by its first character.
func startsJSON(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) }

// firstJSON is the text up to the end of its first JSON value, nil if it does not begin with one.
func firstJSON(text []byte) []byte {
	if json.Valid(text) { // nearly always: then nothing is copied
		return text
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return nil
	}
	return text[:d.InputOffset()]
}

// toUTF8 turns UTF-16, which is what PowerShell's > writes, into UTF-8. It goes by the byte order mark, and leaves out
// these marks: every file of those that were joined may have begun with one.
func toUTF8(data []byte) []byte {
	var unit func(i int) uint16
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		unit = func(i int) uint16 { return uint16(data[i]) | uint16(data[i+1])<<8 }
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		unit = func(i int) uint16 { return uint16(data[i])<<8 | uint16(data[i+1]) }
	case bytes.Contains(data, utf8BOM()):
		return bytes.ReplaceAll(bytes.TrimPrefix(data, utf8BOM()), append(newline(), utf8BOM()...), newline())
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, unit(i))
	}
	return []byte(string(utf16.Decode(units)))
}

func utf8BOM() []byte { return []byte("\ufeff") }

func newline() []byte { return []byte("\n") }
