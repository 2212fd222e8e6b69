package simulate

import "unicode/utf8"

// What an API server cuts the warnings of one answer down to, in runes.
const (
	maxWarnings = 4096
	maxWarning  = 256
)

// Delivered is what of a list of warnings reaches the client of a request: no text twice, and once all of them together
// are longer than the server sends, each is cut and the last ones are missing, without a mark
// (k8s.io/apiserver, pkg/endpoints/filters/warning.go).
func Delivered(warnings []string) []string {
	delivered := []string{}
	seen := map[string]bool{}
	cutting, written := false, 0
	for _, text := range warnings {
		if text == "" || seen[text] || cutting && written >= maxWarnings {
			continue
		}
		seen[text] = true
		delivered = append(delivered, text)
		if n := utf8.RuneCountInString(text); !cutting && written+n <= maxWarnings {
			written += n
			continue
		}
		// The first text too many makes the server begin again with cut ones, of which it then sends all it has.
		from := len(delivered) - 1
		if !cutting {
			cutting, written, from = true, 0, 0
		}
		for i := from; i < len(delivered); i++ {
			delivered[i] = cut(delivered[i])
			written += utf8.RuneCountInString(delivered[i])
		}
	}
	return delivered
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxWarning {
		return string(runes[:maxWarning])
	}
	return text
}
