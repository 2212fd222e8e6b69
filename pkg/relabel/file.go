package relabel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	jsonstrict "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/place"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

const (
	// planLimit bounds a plan file, and what its aliases make of it: some fifty thousand namespaces.
	planLimit = 64 << 20

	planOrigin = "a plan is printed by kubectl pss label --dry-run=client -o yaml"
)

// ParsePlan reads a plan file, YAML or JSON; name is for errors, which also tell the line. It refuses whatever it does
// not know, and a plan that touches anything but the labels of Pod Security. What the plan says of an earlier dry run or
// run is dropped.
func ParsePlan(name string, content []byte) (*report.LabelPlan, error) {
	plan, err := parsePlan(content)
	if err == nil {
		return plan, nil
	}
	line := 0
	if wrong, ok := errors.AsType[*misplaced](err); ok {
		if line = wrong.line; line == 0 {
			top, _ := place.Tree(content) // without one it is about the file as a whole
			line = max(1, place.Line(top, wrong.path))
		}
	}
	if line > 0 {
		last := 1 + bytes.Count(bytes.TrimRight(content, "\n"), []byte("\n"))
		name = fmt.Sprintf("%s:%d", name, min(line, last)) // what is missing at the end is said of the line after it
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}

// misplaced is what is wrong in a line of a file, or at a path such as items[2].uid.
type misplaced struct {
	error
	line int
	path string
}

// Unwrap returns the error without its place.
func (m *misplaced) Unwrap() error { return m.error }

func at(path string, err error) error { return &misplaced{error: err, path: path} }

func parsePlan(content []byte) (*report.LabelPlan, error) {
	text, err := planJSON(content)
	if err != nil {
		return nil, err
	}
	var meta struct{ APIVersion, Kind string }
	if yaml.Unmarshal(text, &meta) != nil { // no object at all: what the decoder says of Go's types helps nobody
		return nil, at("", fmt.Errorf("this is no %s %s; %s", report.APIVersion, report.KindLabelPlan, planOrigin))
	}
	if meta.Kind != report.KindLabelPlan || meta.APIVersion != report.APIVersion {
		wrong := "kind"
		if meta.Kind == report.KindLabelPlan {
			wrong = "apiVersion"
		}
		return nil, at(wrong, fmt.Errorf("expected %s %s, got %q %q; %s",
			report.APIVersion, report.KindLabelPlan, meta.APIVersion, meta.Kind, planOrigin))
	}
	plan := &report.LabelPlan{}
	if err := strictly(text, plan); err != nil {
		return nil, culprit(text, err)
	}
	seen := map[string]bool{}
	for i := range plan.Items {
		item, path := &plan.Items[i], fmt.Sprintf("items[%d]", i)
		if field, err := checkItem(item); err != nil {
			return nil, at(path+"."+field, fmt.Errorf("%s: %w", path, err))
		}
		if seen[item.Namespace] {
			return nil, at(path+".namespace", fmt.Errorf("%s: namespace %q stands there twice", path, item.Namespace))
		}
		seen[item.Namespace] = true
		item.Answer, item.Result = nil, nil
	}
	plan.Run = ""
	Summarise(plan)
	return plan, nil
}

// planJSON turns a plan file into JSON. More than one document would be a plan of which half is left out.
func planJSON(content []byte) ([]byte, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, errors.New("the file is empty; " + planOrigin)
	}
	if len(content) > planLimit {
		return nil, fmt.Errorf("the file is larger than %d MiB; %s", planLimit>>20, planOrigin)
	}
	if bytes.IndexByte(content, '*') >= 0 && bytes.IndexByte(content, '&') >= 0 {
		top, err := place.Tree(content)
		if err != nil { // the other decoder may take it, and fill the aliases in
			line, problem := place.Broken(content, err)
			return nil, &misplaced{error: errors.New(problem), line: line}
		}
		if place.Size(top) > planLimit {
			return nil, at("", fmt.Errorf("its aliases stand for more than %d MiB; %s", planLimit>>20, planOrigin))
		}
	}
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		line, problem := place.Broken(content, err)
		return nil, &misplaced{error: errors.New(problem), line: line}
	}
	if line := place.Second(content); line > 0 {
		return nil, &misplaced{error: errors.New("a second document begins here: give one plan at a time"), line: line}
	}
	return text, nil
}

// culprit finds where in a plan an error of the decoder comes from, which leaves indices out, or all of the path: parts of
// the plan are tried one by one.
func culprit(text []byte, err error) error {
	if field, ok := errors.AsType[jsonstrict.FieldError](err); ok {
		return at(field.FieldPath(), err)
	}
	var top map[string]json.RawMessage
	_ = json.Unmarshal(text, &top) // it is an object: that has been looked at
	for _, key := range slices.Sorted(maps.Keys(top)) {
		var items []json.RawMessage
		if key == "items" && json.Unmarshal(top[key], &items) == nil {
			for i, item := range items {
				if err := strictly(item, &report.Planned{}); err != nil {
					return undecodable(fmt.Sprintf("items[%d]", i), err)
				}
			}
			continue
		}
		alone, _ := json.Marshal(map[string]json.RawMessage{key: top[key]}) // both come from JSON
		if err := strictly(alone, &report.LabelPlan{}); err != nil {
			return undecodable(key, err)
		}
	}
	return at("", err)
}

// undecodable says in plain words what stands at a path, and is not of the type that must stand there.
func undecodable(path string, err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return at(path, err)
	}
	if strings.HasPrefix(wrong.Field, path) { // of what does not stand in a list, the decoder knows the path
		path = wrong.Field
	} else {
		path = strings.TrimSuffix(path+"."+wrong.Field, ".")
	}
	return at(path, fmt.Errorf("%s cannot be a JSON %s", path, wrong.Value))
}
