package export

import (
	"fmt"
	"strconv"
	"strings"
)

// Expression is the value of a parameter as CEL: true, 5, 'a', ['a', 'b'], [{'min': 1, 'max': 5}].
func (p Param) Expression() (string, error) {
	switch v := p.Value.(type) {
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case string:
		return literal(v), nil
	case []int64:
		return list(v, func(n int64) string { return strconv.FormatInt(n, 10) }), nil
	case []string:
		return list(v, literal), nil
	case []Range:
		return list(v, func(r Range) string { return fmt.Sprintf("{'min': %d, 'max': %d}", r.Min, r.Max) }), nil
	default:
		return "", fmt.Errorf("parameter %s: a %T cannot be written as CEL", p.Name, p.Value)
	}
}

func list[T any](values []T, write func(T) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = write(v)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// literal is a text as CEL reads it, in the quotes that YAML needs no escapes for where that is simple. Go's escapes are
// CEL's as well.
func literal(text string) string {
	quoted := strconv.Quote(text)
	if strings.ContainsAny(text, `'"`) {
		return quoted
	}
	return "'" + quoted[1:len(quoted)-1] + "'"
}
