package psp

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Choice is what several policies together make of a new pod.
type Choice struct {
	// Policy admits the pod; nil where none does.
	Policy *Policy
	// Pod is what the server goes on with, nil where no policy admits it. Annotation is not on it.
	Pod *corev1.Pod
	// Mutated says whether the policy wrote anything.
	Mutated bool
	// Refusals are what the policies that may be used, but do not admit the pod, have against it.
	Refusals map[string]field.ErrorList
}

// Choose picks the policy that admits a new pod: of those that may be used, the first by name that has to write nothing,
// else the first by name that admits it once it has written.
func Choose(policies []*Policy, may func(policy string) bool, pod *corev1.Pod) Choice {
	return Choice{}
}
