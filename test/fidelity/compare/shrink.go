package compare

import (
	"maps"
	"slices"
)

// shrink takes everything out of a tree without which it is still so, one part after the other, until nothing is left
// to take or the tries are used up. It begins with whole branches. The tree itself is left as it is.
func shrink(tree any, tries int, still func(any) bool) any {
	for again := true; again; {
		again = false
		for _, path := range paths(tree, nil) {
			smaller, ok := without(tree, path)
			if !ok {
				continue // it went with something else, or what is there now has another place
			}
			if tries--; tries < 0 {
				return tree
			}
			if still(smaller) {
				tree, again = smaller, true
			}
		}
	}
	return tree
}

// paths are the places of all parts of a tree, parents before children, and the last of a list first, so that taking
// one away moves none that is still to come. A step is a key or an index.
func paths(tree any, above []any) [][]any {
	var list [][]any
	add := func(step, part any) {
		path := append(slices.Clone(above), step)
		list = append(list, path)
		list = append(list, paths(part, path)...)
	}
	switch t := tree.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			add(key, t[key])
		}
	case []any:
		for i, part := range slices.Backward(t) {
			add(i, part)
		}
	}
	return list
}

// without is a tree that lacks the part at a path; false where there is no such part.
func without(tree any, path []any) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		key, ok := path[0].(string)
		part, there := t[key]
		if !ok || !there {
			return nil, false
		}
		smaller := maps.Clone(t)
		if len(path) == 1 {
			delete(smaller, key)
			return smaller, true
		}
		smaller[key], ok = without(part, path[1:])
		return smaller, ok
	case []any:
		i, ok := path[0].(int)
		if !ok || i >= len(t) {
			return nil, false
		}
		smaller := slices.Clone(t)
		if len(path) == 1 {
			return slices.Delete(smaller, i, i+1), true
		}
		smaller[i], ok = without(t[i], path[1:])
		return smaller, ok
	default:
		return nil, false
	}
}
