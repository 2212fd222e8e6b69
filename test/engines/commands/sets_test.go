package commands

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// sets are those that are rendered.
func sets(*testing.T) []*export.Set {
	return []*export.Set{{
		Name:       "sample-set",
		Conditions: []export.Condition{{Name: "changed", Expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec"}},
		Rules: []export.Rule{{
			Name: "few-containers", Title: "Pods have few containers",
			Params:    []export.Param{{Name: "most", Value: int64(1)}},
			Variables: []export.Variable{{Name: "all", Expression: "object.spec.containers + object.spec.?initContainers.orValue([])"}},
			Validations: []export.Validation{{
				Expression:        "size(variables.all) <= variables.most",
				MessageExpression: "'has ' + string(size(variables.all)) + ': ' + variables.all.map(c, c.name).join(', ')",
			}},
		}},
		Mutations: []export.Mutation{
			{Name: "drop", Source: "x", Containers: true, Path: []string{"securityContext", "capabilities", "drop"}, Value: []string{"KILL"}, Add: true},
			{Name: "user", Source: "x", Path: []string{"securityContext", "runAsUser"}, Value: int64(5)},
			{Name: "groups", Source: "x", Path: []string{"securityContext", "supplementalGroups"}, Value: []int64{5}},
			{Name: "se", Source: "x", Path: []string{"securityContext", "seLinuxOptions"}, Value: map[string]any{"level": "s0:c1,c2"}},
			{Name: "ann", Source: "x", Annotation: true, Path: []string{"example.com/a"}, Value: "v"},
			{Name: "ro", Source: "x", Containers: true, Path: []string{"securityContext", "readOnlyRootFilesystem"}, Value: true},
		},
	}}
}

// pods are random ones, the same in every run.
func pods(*testing.T) map[string]*corev1.Pod {
	all := map[string]*corev1.Pod{}
	for i := range uint64(100) {
		name := fmt.Sprintf("random-%d", i)
		all[name] = random.Pod(random.NewDice(8, i, 37), namespace, name)
	}
	return all
}

// sorted puts messages in order, which engines do not keep.
func sorted(v verdicts) verdicts {
	for _, messages := range v {
		slices.Sort(messages)
	}
	return v
}
