package migration

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// without is a pod in which every field that a policy wrote is again what the template has there.
func without(pod *corev1.Pod, written []report.PSPDifference) *corev1.Pod {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return pod // pods are always converted
	}
	for _, d := range written {
		var value any
		if d.Template != nil && json.Unmarshal(d.Template, &value) != nil {
			continue
		}
		put(fields, words(d.Path), value)
	}
	var out corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &out); err != nil {
		return pod
	}
	return &out
}

// words takes a path such as spec.containers[web].securityContext.runAsUser apart. What is in brackets may hold dots.
func words(path string) []string {
	var list []string
	for path != "" {
		if inside, found := strings.CutPrefix(path, "["); found {
			word, rest, _ := strings.Cut(inside, "]")
			list, path = append(list, word), strings.TrimPrefix(rest, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(list, path)
		}
		list, path = append(list, path[:end]), strings.TrimPrefix(path[end:], ".")
	}
	return list
}

// put sets a value below an object, nil to remove it. Items of a list are found by name.
func put(in any, path []string, value any) {
	switch v := in.(type) {
	case map[string]any:
		switch {
		case len(path) > 1 && v[path[0]] == nil:
			if value != nil {
				v[path[0]] = map[string]any{}
				put(v[path[0]], path[1:], value)
			}
		case len(path) > 1:
			put(v[path[0]], path[1:], value)
		case value == nil:
			delete(v, path[0])
		default:
			v[path[0]] = value
		}
	case []any:
		for _, item := range v {
			if m, ok := item.(map[string]any); ok && m["name"] == path[0] && len(path) > 1 {
				put(item, path[1:], value)
			}
		}
	}
}
