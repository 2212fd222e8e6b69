package printer

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// escaped is a copy of a part of a report in which every string went through terminal.Escape. It is made where a
// part is taken up, so that no line that is written later can forget it.
func escaped[T any](part T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	escapeInto(out, reflect.ValueOf(&part).Elem())
	return out.Interface().(T) //nolint:errcheck // made from T above
}

func escapeInto(out, in reflect.Value) {
	switch in.Kind() {
	case reflect.String:
		out.SetString(terminal.Escape(in.String()))
	case reflect.Interface:
		if !in.IsNil() {
			element := reflect.New(in.Elem().Type()).Elem()
			escapeInto(element, in.Elem())
			out.Set(element)
		}
	case reflect.Pointer:
		if !in.IsNil() {
			out.Set(reflect.New(in.Type().Elem()))
			escapeInto(out.Elem(), in.Elem())
		}
	case reflect.Slice:
		if raw, ok := reflect.TypeAssert[json.RawMessage](in); ok {
			out.SetBytes(escapedJSON(raw))
		} else if !in.IsNil() {
			out.Set(reflect.MakeSlice(in.Type(), in.Len(), in.Len()))
			for i := range in.Len() {
				escapeInto(out.Index(i), in.Index(i))
			}
		}
	case reflect.Map:
		escapeMap(out, in)
	case reflect.Struct:
		if in.Type() == reflect.TypeFor[time.Time]() {
			out.Set(in)
			return
		}
		for i := range in.NumField() {
			escapeInto(out.Field(i), in.Field(i))
		}
	default:
		out.Set(in)
	}
}

// escapedJSON is escaped for a part that is JSON already.
func escapedJSON(raw json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return raw // which no encoder takes either
	}
	text, err := json.Marshal(escaped(value))
	if err != nil {
		return raw
	}
	return text
}

func escapeMap(out, in reflect.Value) {
	if in.IsNil() {
		return
	}
	out.Set(reflect.MakeMapWithSize(in.Type(), in.Len()))
	for entries := in.MapRange(); entries.Next(); {
		key, element := reflect.New(in.Type().Key()).Elem(), reflect.New(in.Type().Elem()).Elem()
		escapeInto(key, entries.Key())
		escapeInto(element, entries.Value())
		out.SetMapIndex(key, element)
	}
}
