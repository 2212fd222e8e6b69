package relabel

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// Moved says in what a namespace is no longer what the plan saw of it: its labels, what the server would refuse, what
// can be read. One line each; empty where nothing moved. item is the namespace's part of the plan, today its part of
// the plan made of the same proposal now.
func Moved(plan *report.LabelPlan, item *report.Planned, now *report.LabelPlan, today *report.Planned) []string {
	lines := MovedLabels(item.Before, today.Before)
	if today.Action == report.ActionSkip {
		return append(lines, today.Reason)
	}
	seen, found := byWorkload(item.Refused), byWorkload(today.Refused)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		switch before, known := seen[name]; {
		case !known:
			lines = append(lines, fmt.Sprintf("%s would be refused, which the plan did not see: %s", name, strings.Join(found[name], "; ")))
		case !slices.Equal(before, found[name]):
			lines = append(lines, fmt.Sprintf("%s would be refused in other words than the plan saw: %s", name, strings.Join(found[name], "; ")))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if _, still := found[name]; !still {
			lines = append(lines, name+" would no longer be refused")
		}
	}
	missing := missingIn(plan, item.Namespace)
	for _, resource := range missingIn(now, item.Namespace) {
		if !slices.Contains(missing, resource) {
			lines = append(lines, resource+" can no longer be read")
		}
	}
	return lines
}

// missingIn are the resources that could not be read where they concern a namespace.
func missingIn(plan *report.LabelPlan, namespace string) []string {
	var resources []string
	for _, g := range plan.Gaps {
		if g.Namespace == "" || g.Namespace == namespace {
			resources = append(resources, g.Resource)
		}
	}
	return resources
}

// MovedLabels says which of Pod Security's labels differ, one line each.
func MovedLabels(saw, now map[string]string) []string {
	var lines []string
	for _, key := range survey.Keys() {
		before, had := saw[key]
		after, has := now[key]
		if had != has || before != after {
			lines = append(lines, fmt.Sprintf("%s: the plan saw %s, now it is %s", key, labelValue(before, had), labelValue(after, has)))
		}
	}
	return lines
}

func labelValue(value string, has bool) string {
	switch {
	case !has:
		return "no label"
	case value == "":
		return "an empty value"
	default:
		return value
	}
}

// byWorkload gathers the messages of each workload, sorted.
func byWorkload(list []report.Refused) map[string][]string {
	found := map[string][]string{}
	for i := range list {
		name := list[i].Kind + "/" + list[i].Name
		found[name] = append(found[name], list[i].Message)
	}
	for name := range found {
		slices.Sort(found[name])
	}
	return found
}

// changed are the labels of a patch: those that differ, nil for those to be removed.
func changed(before, after map[string]string) map[string]*string {
	labels := map[string]*string{}
	for _, key := range survey.Keys() {
		old, had := before[key]
		value, has := after[key]
		switch {
		case has && (!had || value != old):
			labels[key] = &value
		case had && !has:
			labels[key] = nil
		}
	}
	return labels
}

// equal says whether two sets of labels agree in those of Pod Security.
func equal(a, b map[string]string) bool { return len(changed(a, b)) == 0 }
