package psp

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Unset is how a field that a policy leaves out is shown.
const Unset = "unset"

// list shows a list as a policy's YAML may write it.
func list[T ~string](items []T) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = string(item)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// listed is a list that is nil where the policy has none.
func listed[T ~string](items []T) string {
	if items == nil {
		return Unset
	}
	return list(items)
}

// words joins names for a sentence.
func words[T ~string](items []T) string { return strings.Trim(list(items), "[]") }

// each shows a list of things.
func each[T any](items []T, show func(T) string) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = show(item)
	}
	return list(words)
}

func (r IDRange) String() string   { return span(r.Min, r.Max) }
func (r PortRange) String() string { return span(int64(r.Min), int64(r.Max)) }

func span(from, to int64) string {
	if from == to {
		return strconv.FormatInt(from, 10)
	}
	return fmt.Sprintf("%d-%d", from, to)
}

func (h HostPath) String() string {
	if h.ReadOnly {
		return h.PathPrefix + " (read-only)"
	}
	return h.PathPrefix
}

// String is the rule with its ranges, where it has any.
func (i IDs) String() string {
	if len(i.Ranges) == 0 {
		return i.Rule
	}
	return i.Rule + " " + each(i.Ranges, IDRange.String)
}

// String is the rule with its label, where it has one.
func (s SELinux) String() string {
	if s.Options == nil {
		return s.Rule
	}
	return s.Rule + " " + seLinuxLabel(s.Options)
}

func seLinuxLabel(o *corev1.SELinuxOptions) string {
	var parts []string
	for _, part := range []struct{ name, value string }{{"user", o.User}, {"role", o.Role}, {"type", o.Type}, {"level", o.Level}} {
		if part.value != "" {
			parts = append(parts, part.name+": "+part.value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// boolean shows a bool that may be absent.
func boolean(b *bool) string {
	if b == nil {
		return Unset
	}
	return strconv.FormatBool(*b)
}

// annotation shows an annotation that may be absent; an empty one has to be seen, too.
func (p *Policy) annotation(key string) string {
	value, found := p.Annotations[key]
	switch {
	case !found:
		return Unset
	case value == "":
		return `""`
	default:
		return value
	}
}
