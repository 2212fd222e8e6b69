package printer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	sigsyaml "sigs.k8s.io/yaml"
)

// encoding is how one of kubectl's formats writes the items of a document. Only they grow with the cluster, and written
// one at a time they take the memory of one; kubectl's printers would hold all of their text, YAML's four times over.
type encoding struct {
	// empty is the line for no items, which no text in a document can look like: it begins where only the document's own
	// keys begin.
	empty string
	// before and after stand around the items, between between two.
	before, between, after string
	// item is the text of one, as it stands among others.
	item func(any) ([]byte, error)
}

func jsonItems() encoding {
	return encoding{
		empty: "\n    \"items\": []", before: "\n    \"items\": [\n        ", between: ",\n        ", after: "\n    ]",
		item: func(item any) ([]byte, error) { return json.MarshalIndent(item, "        ", "    ") },
	}
}

func yamlItems() encoding {
	return encoding{
		empty: "\nitems: []\n", before: "\nitems:\n",
		item: func(item any) ([]byte, error) {
			raw, err := json.Marshal([]any{item})
			if err != nil {
				return nil, err
			}
			text, err := sigsyaml.JSONToYAML(raw)
			if err == nil && (oddBreaks(raw) || oddBreaks(text)) {
				err = errors.New("it has line breaks that only YAML knows")
			}
			return text, err
		},
	}
}

// itemwise writes byte for byte what kubectl's printer does, but for text that the format refuses: then only the items
// with such text are escaped. envelope writes the document without its items, or one that has none.
func itemwise[T runtime.Object](e encoding, envelope func(io.Writer, T) error) func(io.Writer, T) error {
	return func(w io.Writer, document T) error {
		rest, items := withoutItems(document)
		if len(items) == 0 {
			return envelope(w, document)
		}
		var around bytes.Buffer
		if err := envelope(&around, rest); err != nil {
			return err
		}
		head, tail, found := bytes.Cut(around.Bytes(), []byte(e.empty))
		if !found {
			return fmt.Errorf("a %T is written without a place for its items", document)
		}
		out := bufio.NewWriter(w) // which keeps the first error for Flush
		_, _ = out.Write(head)
		_, _ = out.WriteString(e.before)
		for i, item := range items {
			if i > 0 {
				_, _ = out.WriteString(e.between)
			}
			text, err := e.text(item)
			if err != nil {
				return err
			}
			_, _ = out.Write(text)
		}
		_, _ = out.WriteString(e.after)
		_, _ = out.Write(tail)
		return out.Flush()
	}
}

// text is that of an item, in the visible escapes of a table where the format refuses it as it is: one pod in the cluster
// may be the author of its control characters.
func (e encoding) text(item reflect.Value) ([]byte, error) {
	text, err := e.item(item.Addr().Interface())
	if err == nil {
		return text, nil
	}
	visible := reflect.New(item.Type())
	escapeInto(visible.Elem(), item)
	return e.item(visible.Interface())
}

// withoutItems parts a document, which is a pointer to a struct, from what its slice Items holds.
func withoutItems[T runtime.Object](document T) (rest T, items []reflect.Value) {
	copied := reflect.New(reflect.TypeOf(document).Elem())
	copied.Elem().Set(reflect.ValueOf(document).Elem())
	field := copied.Elem().FieldByName("Items")
	if !field.IsValid() {
		return document, nil
	}
	for i := range field.Len() {
		items = append(items, field.Index(i))
	}
	field.Set(reflect.MakeSlice(field.Type(), 0, 0))
	return copied.Interface().(T), items //nolint:errcheck // made from T above
}
