package cmd

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// namespaces are those named; none means all or the selected ones.
func (f *ExportFlags) namespaces(args []string, config *genericclioptions.ConfigFlags) ([]string, error) {
	words := splitNamespaceType(args)
	if len(words) > 0 && !isNamespaceType(words[0]) {
		words = append([]string{"ns"}, words...)
	}
	if f.All && f.Selector != "" {
		return nil, usagef("--all cannot be combined with --selector: leave out one of them")
	}
	names, err := namespaceNames(words, f.All, f.Selector, *config.Namespace, "export")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			return nil, usagef("%q is no name of a namespace: %s", name, problems[0])
		}
	}
	switch {
	case len(f.Except) > 0 && (f.All || f.Selector != "" || len(names) > 1):
		return nil, usagef("--except is about workloads of one namespace: name that one")
	case len(f.Except) > 0 && len(names) == 0:
		namespace, err := objectNamespace(config)
		return []string{namespace}, err
	case len(names) == 0 && !f.All && f.Selector == "":
		return nil, usagef("say which namespaces the policies are for: kubectl pss export NAMESPACE, -l SELECTOR, or --all for all but the system's own")
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// systemNamespaces are Kubernetes' own. A policy that refuses pods there may keep a cluster from starting, so that they are
// meant only when they are named.
func systemNamespaces() []string { return []string{"kube-node-lease", "kube-public", kubeSystem} }

// namespaceSelector selects by label, as bindings of policies do. Every namespace has its name as a label.
func (f *ExportFlags) namespaceSelector(names []string) (*metav1.LabelSelector, error) {
	byName := func(operator metav1.LabelSelectorOperator, names []string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: corev1.LabelMetadataName, Operator: operator, Values: names}
	}
	if len(names) > 0 {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{byName(metav1.LabelSelectorOpIn, names)}}, nil
	}
	selector, err := labelSelector(f.Selector)
	if err != nil {
		return nil, usagef("invalid argument %q for \"-l, --selector\" flag: %w", f.Selector, err)
	}
	selector.MatchExpressions = append(selector.MatchExpressions, byName(metav1.LabelSelectorOpNotIn, systemNamespaces()))
	return selector, nil
}

// labelSelector is a selector as objects hold it. apimachinery's own way from text knows no !=.
func labelSelector(text string) (*metav1.LabelSelector, error) {
	parsed, err := labels.Parse(text)
	if err != nil {
		return nil, err
	}
	selector := &metav1.LabelSelector{}
	requirements, _ := parsed.Requirements()
	for _, r := range requirements {
		e := metav1.LabelSelectorRequirement{Key: r.Key(), Values: r.Values().List()}
		switch r.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			e.Operator = metav1.LabelSelectorOpIn
		case selection.NotEquals, selection.NotIn:
			e.Operator = metav1.LabelSelectorOpNotIn
		case selection.Exists:
			e.Operator, e.Values = metav1.LabelSelectorOpExists, nil
		case selection.DoesNotExist:
			e.Operator, e.Values = metav1.LabelSelectorOpDoesNotExist, nil
		default:
			return nil, fmt.Errorf("policies cannot select by %q", r.Operator())
		}
		selector.MatchExpressions = append(selector.MatchExpressions, e)
	}
	return selector, nil
}
