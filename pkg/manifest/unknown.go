package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// makesNoPods are kinds that may hold containers and yet make no pods: the definition of other kinds, and the memory
// of revisions.
func makesNoPods() []schema.GroupKind {
	return []schema.GroupKind{
		{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"},
		{Group: "apps", Kind: "ControllerRevision"},
	}
}

// findContainers is where an object of unknown kind holds containers under something like a pod spec; empty for
// nowhere.
func findContainers(raw []byte) string {
	if !bytes.Contains(raw, []byte("ontainer")) {
		return "" // the cheap answer, and nearly always the right one
	}
	var top any
	if err := json.Unmarshal(raw, &top); err != nil {
		return ""
	}
	return containersIn(top, "", false)
}

func containersIn(value any, path string, podLike bool) string {
	switch v := value.(type) {
	case []any:
		for i, child := range v {
			if found := containersIn(child, fmt.Sprintf("%s[%d]", path, i), podLike); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := strings.TrimPrefix(path+"."+key, ".")
			if podLike && isContainers(key, v[key]) {
				return below
			}
			if found := containersIn(v[key], below, podLike || isPodLike(key)); found != "" {
				return found
			}
		}
	}
	return ""
}

// isPodLike recognises the fields under which kinds keep what becomes a pod: spec, podSpec, template, podTemplate.
func isPodLike(key string) bool {
	lower := strings.ToLower(key)
	return slices.ContainsFunc([]string{"spec", "template", "templates"}, func(end string) bool { return strings.HasSuffix(lower, end) })
}

func isContainers(key string, value any) bool {
	switch v := value.(type) {
	case []any:
		return (key == "containers" || key == "initContainers") && slices.ContainsFunc(v, isContainer)
	case map[string]any: // of a workflow's step
		_, hasImage := v["image"].(string)
		return key == "container" && hasImage
	default:
		return false
	}
}

func isContainer(value any) bool {
	v, ok := value.(map[string]any)
	if !ok {
		return false
	}
	_, named := v["name"].(string)
	_, hasImage := v["image"].(string)
	return named || hasImage
}
