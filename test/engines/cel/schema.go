package cel

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// podSchema is the schema of a Pod as a server publishes it, as far as types go. Servers have theirs generated, in a
// module that is not worth its weight here; the Go types are what it is generated from.
func podSchema() *spec.Schema { return schemaOf(reflect.TypeFor[corev1.Pod]()) }

// described are types that say themselves what they are in JSON: times, quantities, numbers that may be texts.
type described interface {
	OpenAPISchemaType() []string
	OpenAPISchemaFormat() string
}

func schemaOf(t reflect.Type) *spec.Schema {
	if t.Kind() == reflect.Pointer {
		return schemaOf(t.Elem())
	}
	if d, ok := reflect.TypeAssert[described](reflect.New(t)); ok {
		return simple(d.OpenAPISchemaType()[0], d.OpenAPISchemaFormat())
	}
	switch t.Kind() {
	case reflect.Bool:
		return simple("boolean", "")
	case reflect.Int32:
		return simple("integer", "int32")
	case reflect.Int, reflect.Int64:
		return simple("integer", "int64")
	case reflect.String:
		return simple("string", "")
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return simple("string", "byte")
		}
		s := simple("array", "")
		s.Items = &spec.SchemaOrArray{Schema: schemaOf(t.Elem())}
		return s
	case reflect.Map:
		s := simple("object", "")
		s.AdditionalProperties = &spec.SchemaOrBool{Allows: true, Schema: schemaOf(t.Elem())}
		return s
	case reflect.Struct:
		s := simple("object", "")
		s.Properties = map[string]spec.Schema{}
		addFields(s.Properties, t)
		return s
	default:
		panic("no schema for " + t.String())
	}
}

// addFields adds the fields of a struct, those of embedded ones among them.
func addFields(properties map[string]spec.Schema, t reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && f.Anonymous:
			addFields(properties, f.Type)
		case name != "" && name != "-":
			properties[name] = *schemaOf(f.Type)
		}
	}
}

func simple(kind, format string) *spec.Schema {
	return &spec.Schema{SchemaProps: spec.SchemaProps{Type: spec.StringOrArray{kind}, Format: format}}
}
