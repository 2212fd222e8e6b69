package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// list is "a, b and c", and beyond a limit "a, b, c and 4 more".
func list(words []string, limit int) string {
	switch n := len(words); {
	case n > limit:
		return fmt.Sprintf("%s and %d more", strings.Join(words[:limit], ", "), n-limit)
	case n > 1:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	default:
		return strings.Join(words, "")
	}
}

// count is "1 pod" or "3 pods".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// maxValue is where a value is cut: it is there to be recognised, not to be read.
const maxValue = 80

// value is a field's value as it would stand in a manifest, or <unset>. What is in it has been escaped.
func value(v any) string {
	if v == nil {
		return "<unset>"
	}
	if s, ok := v.(string); ok {
		return cut(`"` + s + `"`)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return cut(fmt.Sprint(v))
	}
	return cut(strings.TrimSuffix(b.String(), "\n"))
}

func cut(s string) string {
	text := []rune(s)
	if len(text) > maxValue {
		return string(text[:maxValue-3]) + "..."
	}
	return s
}

// kindName is Deployment/api, or Rollout.argoproj.io/api for kinds that Kubernetes does not bring along.
func kindName(group, kind, name string) string {
	switch group {
	case "", "apps", "batch":
		return kind + "/" + name
	default:
		return kind + "." + group + "/" + name
	}
}
