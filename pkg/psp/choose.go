package psp

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Choice is what several policies together make of a new pod.
type Choice struct {
	// Policy admits the pod; nil where none does.
	Policy *Policy
	// Pod is the pod as it is stored, but for Annotation; nil where no policy admits it.
	Pod *corev1.Pod
	// Mutated says whether the policy wrote anything.
	Mutated bool
	// Refusals are what the policies that may be used, but do not admit the pod, have against it. Policies that were not
	// asked any more are not among them.
	Refusals map[string]field.ErrorList
}

// Choose picks the policy that admits a new pod: of those that may be used, the first by name that has to write nothing,
// else the first by name that admits the pod once it has written. The same policy may write to one pod and not to
// another. May is whether `use` is granted, in either API group, to the pod's service account or to its creator.
func Choose(policies []*Policy, may func(policy string) bool, pod *corev1.Pod) Choice {
	choice := Choice{Refusals: map[string]field.ErrorList{}}
	byName := slices.SortedFunc(slices.Values(policies), func(a, b *Policy) int { return cmp.Compare(a.Name, b.Name) })
	for _, p := range byName {
		if !may(p.Name) {
			continue
		}
		after, mutated, errs := p.admit(pod)
		switch {
		case len(errs) > 0:
			choice.Refusals[p.Name] = errs
		case !mutated:
			choice.Policy, choice.Pod, choice.Mutated = p, after, false
			return choice
		case choice.Policy == nil:
			choice.Policy, choice.Pod, choice.Mutated = p, after, true
		}
	}
	return choice
}
