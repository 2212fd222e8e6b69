// Package place says where in a YAML or JSON text something stands, and how much its aliases would make of it. Every room
// that reads files shares it: each names the line that is wrong, and none lets a small file fill the memory.
package place

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Tree is a text's first document as nodes, which know their lines in the file; aliases are not filled in. The error is
// the parser's.
func Tree(text []byte) (*yaml.Node, error) {
	var top yaml.Node
	if err := yaml.Unmarshal(text, &top); err != nil {
		return nil, err
	}
	rulerOf(text).apply(&top)
	return &top, nil
}

// Line is the line, from 1, of what stands at a path such as items[2].spec.hostPID; of what it stands in, where it is not
// found; 0 where there is nothing at all. A key may have dots and brackets of its own.
func Line(top *yaml.Node, path string) int {
	if top == nil || len(top.Content) == 0 {
		return 0
	}
	line := top.Content[0].Line
	for n := top.Content[0]; n != nil && path != ""; {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		var at int
		if n, at, path = step(n, path); n != nil {
			line = at
		}
	}
	return line
}

// step goes one key or index down the path; nil where there is nothing.
func step(n *yaml.Node, path string) (next *yaml.Node, line int, rest string) {
	switch n.Kind {
	case yaml.SequenceNode:
		var index int
		if _, err := fmt.Sscanf(path, "[%d]", &index); err != nil || index < 0 || index >= len(n.Content) {
			return nil, 0, ""
		}
		_, rest, _ = strings.Cut(path, "]")
		return n.Content[index], n.Content[index].Line, strings.TrimPrefix(rest, ".")
	case yaml.MappingNode:
		// The longest key that fits. Of a key set twice, the second.
		longest := -1
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			after, ok := strings.CutPrefix(path, key)
			if ok && (after == "" || after[0] == '.' || after[0] == '[') && len(key) >= longest {
				longest = len(key)
				next, line, rest = n.Content[i+1], n.Content[i].Line, strings.TrimPrefix(after, ".")
			}
		}
		return next, line, rest
	default:
		return nil, 0, ""
	}
}

// Size is about how many bytes a node makes once its aliases are filled in; math.MaxInt32 stands for all that is more,
// and for an alias within what it stands for. The decoder counts the values that aliases stand for, but not how long
// these are, so that a text of a megabyte may become one of many gigabytes.
func Size(n *yaml.Node) int { return sizeOf(n, map[*yaml.Node]int{}) }

func sizeOf(n *yaml.Node, known map[*yaml.Node]int) int {
	if n.Kind == yaml.AliasNode {
		size, ok := known[n.Alias]
		if !ok {
			return math.MaxInt32
		}
		return size
	}
	size := len(n.Value) + 1
	for _, child := range n.Content {
		size = min(size+sizeOf(child, known), math.MaxInt32)
	}
	if n.Anchor != "" {
		known[n] = size
	}
	return size
}

// Second is the line in which a second document of the text begins, broken or not; 0 where there is none, or it holds
// nothing.
func Second(text []byte) int {
	if !bytes.Contains(text, []byte("\n---")) && !bytes.Contains(text, []byte("\n...")) {
		return 0
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var top yaml.Node
		err := decoder.Decode(&top)
		if n > 0 && err != nil && !errors.Is(err, io.EOF) {
			line, _ := lineIn(err)
			return rulerOf(text).line(max(1, line))
		}
		if err != nil {
			return 0
		}
		if n > 0 && len(top.Content) > 0 && top.Content[0].Tag != "!!null" {
			return rulerOf(text).line(top.Content[0].Line)
		}
	}
}
