package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	k8sjson "sigs.k8s.io/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/place"
)

const (
	// searchLimit bounds what is decoded again to find what is wrong in an object, in bytes.
	searchLimit = 4 << 20
	// searched bounds how many objects of a document that is done for.
	searched = 20
)

// lineOf is the line in the document, from 1, of what stands at a path such as items[2].spec.hostPID; of what it
// stands in, where it is not found.
func (d *document) lineOf(path string) int {
	line := d.firstLine()
	if path == "" || len(d.text) > yamlLimit {
		return line
	}
	return max(line, place.Line(d.tree(), path))
}

// failAt records that an object could not be decoded, and finds out where that comes from.
func (out *decoded) failAt(raw []byte, path string, empty func() any, err error) {
	var top any
	if len(out.errors) >= searched || json.Unmarshal(raw, &top) != nil {
		out.fail(syntaxError{out.document.lineOf(path), err.Error()})
		return
	}
	s := search{empty: empty, left: searchLimit}
	at := s.culprit(top, err.Error())
	text := plain(raw, empty(), err)
	if at != "" {
		text = at + ": " + text
	}
	out.fail(syntaxError{out.document.lineOf(strings.Trim(path+"."+at, ".")), text})
}

// search looks for the field for which an object cannot be decoded: that whose removal changes the error. It needs to
// know nothing of types, and finds quantities and times as well.
type search struct {
	empty func() any
	top   any
	left  int
}

func (s *search) culprit(top any, text string) string {
	s.top = top
	var path strings.Builder
	for value := top; ; {
		name, child := s.guilty(value, text)
		if name == "" {
			return strings.TrimPrefix(path.String(), ".")
		}
		path.WriteString(name)
		value = child
	}
}

// guilty finds the child of a map or list that is to blame; none for a leaf, and where two are.
func (s *search) guilty(value any, text string) (name string, child any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			child := v[key]
			v[key] = nil
			blamed := child != nil && s.changes(text)
			if v[key] = child; blamed {
				return "." + key, child
			}
		}
	case []any:
		for i, child := range v {
			v[i] = nil
			blamed := child != nil && s.changes(text)
			if v[i] = child; blamed {
				return fmt.Sprintf("[%d]", i), child
			}
		}
	}
	return "", nil
}

// changes says that the object as it is now fails in another way, or not at all.
func (s *search) changes(text string) bool {
	if s.left < 0 {
		return false
	}
	raw, err := json.Marshal(s.top)
	if err != nil {
		return false
	}
	s.left -= len(raw)
	err = k8sjson.UnmarshalCaseSensitivePreserveInts(raw, s.empty())
	return err == nil || err.Error() != text
}

// plain says what is wrong in words that need no Go.
func plain(raw []byte, empty any, err error) string {
	// The standard decoder fails alike, and its errors can be looked into.
	mismatch, ok := errors.AsType[*json.UnmarshalTypeError](json.Unmarshal(raw, empty))
	if !ok {
		return err.Error()
	}
	is, _, _ := strings.Cut(mismatch.Value, " ")
	words := map[string]string{"bool": "true or false", "string": "a string", "number": "a number", "array": "a list", "object": "an object"}
	if word, known := words[is]; known {
		is = word
	}
	if mismatch.Type.Kind() == reflect.String && (is == words["bool"] || is == words["number"]) {
		is += ": put it in quotes" // YAML takes n, off and 1.20 for something else
	}
	return fmt.Sprintf("must be %s, not %s", wanted(mismatch.Type), is)
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number in range"
	default:
		return "a " + t.String()
	}
}
