package relabel

import (
	"errors"
	"fmt"
	"strings"

	jsonstrict "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// ParsePlan reads a plan file, YAML or JSON; name is for errors. It refuses whatever it does not know, and a plan that
// touches anything but the labels of Pod Security. What the plan says of an earlier dry run or run is dropped.
func ParsePlan(name string, content []byte) (*report.LabelPlan, error) {
	plan, err := parsePlan(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return plan, nil
}

func parsePlan(content []byte) (*report.LabelPlan, error) {
	if strings.TrimSpace(string(content)) == "" {
		return nil, errors.New("the file is empty; a plan is printed by kubectl pss label --dry-run=client -o yaml")
	}
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, err
	}
	var meta struct{ APIVersion, Kind string }
	if yaml.Unmarshal(text, &meta) != nil { // no object at all: what the decoder says of Go's types helps nobody
		return nil, fmt.Errorf("this is no %s %s; a plan is printed by kubectl pss label --dry-run=client -o yaml", report.APIVersion, report.KindLabelPlan)
	}
	if meta.Kind != report.KindLabelPlan || meta.APIVersion != report.APIVersion {
		return nil, fmt.Errorf("expected %s %s, got %q %q; a plan is printed by kubectl pss label --dry-run=client -o yaml",
			report.APIVersion, report.KindLabelPlan, meta.APIVersion, meta.Kind)
	}
	plan := &report.LabelPlan{}
	strict, err := jsonstrict.UnmarshalStrict(text, plan)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(strict...); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range plan.Items {
		item := &plan.Items[i]
		if err := checkItem(item); err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		if seen[item.Namespace] {
			return nil, fmt.Errorf("items[%d]: namespace %q stands there twice", i, item.Namespace)
		}
		seen[item.Namespace] = true
		item.Answer, item.Result = nil, nil
	}
	plan.Run = ""
	Summarise(plan)
	return plan, nil
}
