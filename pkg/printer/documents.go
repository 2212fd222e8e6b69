package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// The formats of objects to apply.
const (
	FormatYAML = "yaml"
	FormatJSON = "json"
)

// DocumentFormats are the values of -o for objects to apply, the default first.
func DocumentFormats() []string { return []string{FormatYAML, FormatJSON} }

// Documents returns the printer of objects to apply: as YAML documents, each below its comments, or as one JSON List, which
// has no room for comments. Nothing is written for no objects.
func Documents(format string, s terminal.Streams) (func(io.Writer, []report.Document) error, error) {
	switch strings.ToLower(format) {
	case "", FormatYAML:
		return onStream(s, yamlDocuments), nil
	case FormatJSON:
		return onStream(s, jsonList), nil
	default:
		return nil, genericclioptions.NoCompatiblePrinterError{OutputFormat: &format, AllowedFormats: DocumentFormats()}
	}
}

func yamlDocuments(w io.Writer, documents []report.Document) error {
	var b bytes.Buffer
	for i := range documents {
		text, err := yamlObject(documents[i].Object)
		if err != nil {
			return fmt.Errorf("encoding an object: %w", err)
		}
		if i > 0 {
			b.WriteString("---\n")
		}
		for _, line := range documents[i].Comments {
			remark(&b, line)
		}
		b.Write(text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// yamlObject is an object as YAML. A text with line breaks that only YAML knows does not come back as it was written, and
// JSON, which is YAML too, is written in its place.
func yamlObject(object any) ([]byte, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	raw = spelled(raw)
	text, err := sigsyaml.JSONToYAML(raw)
	if err != nil {
		return nil, err
	}
	var before, after any
	if err := json.Unmarshal(raw, &before); err != nil {
		return nil, err
	}
	if err := sigsyaml.Unmarshal(text, &after); err == nil && reflect.DeepEqual(before, after) {
		return text, nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// spelled writes the characters of a JSON text that a YAML reader refuses, or takes for the end of a line, as escapes.
func spelled(raw []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(raw) {
		if r >= 0x7f && r <= 0x9f || r == '\ufeff' || r == '\ufffe' || r == '\uffff' {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// commentWidth is where comments wrap, in columns, the sign included.
const commentWidth = 100

// remark writes a line of a comment. Escaped, it holds no line break of its own, so that no text can leave the comment and
// become part of an object.
func remark(b *bytes.Buffer, line string) {
	line = terminal.Escape(line)
	text := strings.TrimLeft(line, " ")
	indent := "# " + line[:len(line)-len(text)]
	hanging := indent
	if strings.HasPrefix(text, "- ") {
		hanging += "  "
	}
	column := 0
	for word := range strings.FieldsSeq(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+width > commentWidth:
			b.WriteString("\n" + hanging)
			column = len(hanging)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	if column == 0 {
		b.WriteByte('#') // parts paragraphs
	}
	b.WriteByte('\n')
}

func jsonList(w io.Writer, documents []report.Document) error {
	if len(documents) == 0 {
		return nil
	}
	objects := make([]any, len(documents))
	for i := range documents {
		objects[i] = documents[i].Object
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "    ")
	encoder.SetEscapeHTML(false) // expressions are full of && and <
	return encoder.Encode(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
}
