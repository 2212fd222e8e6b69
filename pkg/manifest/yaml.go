package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/place"
)

const (
	// inputLimit bounds what is read all together, in bytes. It is held until it is judged, since the last file may
	// hold the labels for the first: some ten times its size in memory.
	inputLimit = 64 << 20
	// yamlLimit bounds one YAML document, which takes some fifty times its size in memory to decode. A server takes
	// 3 MiB in a request, so that only lists come near; JSON has no such limit.
	yamlLimit = 10 << 20
)

// syntaxError is text that cannot be decoded, with the line in the document, from 1.
type syntaxError struct {
	line int
	text string
}

func (e syntaxError) Error() string { return e.text }

// toJSON converts the document as kubectl does, or says in which line it cannot.
func (d *document) toJSON() ([]byte, error) {
	if at := notText(d.text); at >= 0 {
		return nil, syntaxError{d.lineAt(at), "is not a text file in UTF-8 or UTF-16"}
	}
	if d.json {
		return d.text, nil
	}
	if len(d.text) > yamlLimit && startsJSON(d.text) {
		return nil, d.brokenJSON()
	}
	if len(d.text) > yamlLimit {
		return nil, fmt.Errorf("is larger than %d MiB: split it, or write it as JSON, which takes less memory", yamlLimit>>20)
	}
	if err := d.checkAliases(); err != nil {
		return nil, err
	}
	raw, err := yaml.YAMLToJSONStrict(d.text)
	if err != nil && d.onlyMerges(err) {
		raw, err = yaml.YAMLToJSON(d.text) // which is what kubectl does
	}
	if err != nil {
		return nil, d.explain(err)
	}
	return raw, nil
}

// brokenJSON says what is wrong with JSON that is too large to be tried as YAML.
func (d *document) brokenJSON() error {
	var value json.RawMessage
	err := json.Unmarshal(d.text, &value)
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		return syntaxError{d.lineAt(int(broken.Offset)), "is not valid JSON: " + broken.Error()}
	}
	return err
}

// onlyMerges says that every key that the decoder calls set twice was merely merged into its map (<<).
func (d *document) onlyMerges(err error) bool {
	return strings.Contains(err.Error(), "already set in map") && bytes.Contains(d.text, []byte("<<")) &&
		d.tree() != nil && !repeats(d.tree())
}

// repeats says whether a key stands twice in one map.
func repeats(n *yamlnode.Node) bool {
	keys := map[string]bool{}
	for i, child := range n.Content {
		if n.Kind == yamlnode.MappingNode && i%2 == 0 {
			if keys[child.Value] && child.Kind == yamlnode.ScalarNode {
				return true
			}
			keys[child.Value] = true
		}
		if repeats(child) {
			return true
		}
	}
	return false
}

// notText is where something stands that no text holds, -1 for nowhere.
func notText(text []byte) int {
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return at
	}
	if utf8.Valid(text) {
		return -1
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// tree is the document as YAML nodes, which know their lines; nil if it cannot be had. It is made when it is needed,
// once.
func (d *document) tree() *yamlnode.Node {
	if d.node == nil && d.treeErr == nil {
		d.node, d.treeErr = place.Tree(d.text)
	}
	return d.node
}

func (d *document) lineAt(offset int) int { return 1 + bytes.Count(d.text[:offset], newline()) }

// checkAliases refuses a document whose aliases make far more of it than was written.
func (d *document) checkAliases() error {
	if bytes.IndexByte(d.text, '*') < 0 || bytes.IndexByte(d.text, '&') < 0 {
		return nil
	}
	top := d.tree()
	if top == nil {
		return d.explain(d.treeErr)
	}
	if place.Size(top) > yamlLimit {
		return fmt.Errorf("its aliases stand for more than %d MiB", yamlLimit>>20)
	}
	return nil
}

// explain finds the line of a YAML error.
func (d *document) explain(err error) error {
	line, text := place.Broken(d.text, err)
	if strings.HasPrefix(text, "key ") { // set twice
		return syntaxError{line, text}
	}
	if bytes.Contains(d.text, []byte("{{")) {
		text += "; a template has to be rendered first: helm template CHART | kubectl pss check -f -"
	}
	if strings.HasPrefix(text, "invalid map key") {
		line, text = keyLine(d.tree()), strings.Replace(text, "map[interface {}]interface {}", "", 1)
	}
	return syntaxError{min(max(line, d.firstLine()), d.lineAt(len(d.text))), text}
}

// firstLine is the first line that holds anything but comments.
func (d *document) firstLine() int {
	n := 0
	for line := range bytes.Lines(d.text) {
		n++
		if !isBlank(line) {
			return n
		}
	}
	return 1
}

// keyLine is the line of the first key that is no plain value, 0 for none.
func keyLine(n *yamlnode.Node) int {
	if n == nil {
		return 0
	}
	for i, child := range n.Content {
		if n.Kind == yamlnode.MappingNode && i%2 == 0 && child.Kind != yamlnode.ScalarNode {
			return child.Line
		}
		if line := keyLine(child); line > 0 {
			return line
		}
	}
	return 0
}
