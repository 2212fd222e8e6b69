package report

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// KindCheckList is the kind that `kubectl pss explain` prints.
const KindCheckList = "CheckList"

// CheckList explains checks.
type CheckList struct {
	metav1.TypeMeta `json:",inline"`
	Items           []Check `json:"items"`
}

// Check is what there is to know of one check.
type Check struct {
	// Check is its ID, Level the level that it belongs to, Since the policy version that brought it.
	Check string `json:"check"`
	Level string `json:"level"`
	Since string `json:"since"`
	// Reason is what the server calls the violation in a denial.
	Reason string `json:"reason"`
	// Forbids says in a few words what it denies, Risk what somebody gains whom nothing forbids it, Remedy what to
	// write instead.
	Forbids string `json:"forbids"`
	Risk    string `json:"risk"`
	Remedy  string `json:"remedy"`
	// Fields are the paths that it looks at, with [*] for each element.
	Fields  []string       `json:"fields"`
	Allowed []AllowedValue `json:"allowed"`
	// Changes are what later policy versions changed.
	Changes []CheckChange `json:"changes,omitempty"`
	Exempt  []ExemptPods  `json:"exempt,omitempty"`
	// Servers says what servers of some age do otherwise, whatever the policy version.
	Servers []string `json:"servers,omitempty"`
	// ReplacedBy are the checks that run in its place in restricted namespaces, Replaces those whose place it takes.
	ReplacedBy []CheckReplacement `json:"replacedBy,omitempty"`
	Replaces   []CheckReplacement `json:"replaces,omitempty"`
	// Denied and Passing are parts of a pod, in YAML.
	Denied  string `json:"denied"`
	Passing string `json:"passing"`
}

// AllowedValue is a value that passes, always or since a policy version.
type AllowedValue struct {
	// Field names which of the check's fields it is about, empty where there is only one kind.
	Field string `json:"field,omitempty"`
	Value string `json:"value"`
	Since string `json:"since,omitempty"`
}

// CheckChange is what a policy version changed.
type CheckChange struct {
	Version string `json:"version"`
	Change  string `json:"change"`
}

// ExemptPods are pods that need not comply since a policy version.
type ExemptPods struct {
	Pods  string `json:"pods"`
	Since string `json:"since"`
}

// CheckReplacement is a check that runs in the place of another since a policy version.
type CheckReplacement struct {
	Check string `json:"check"`
	Since string `json:"since"`
}

// DeepCopyObject makes the list a runtime.Object; the copy shares the items.
func (l *CheckList) DeepCopyObject() runtime.Object {
	c := *l
	c.Items = slices.Clone(l.Items)
	return &c
}

// GetObjectKind returns the list's kind and version.
func (l *CheckList) GetObjectKind() schema.ObjectKind { return &l.TypeMeta }
