package report

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MigrationPlan is the way from PodSecurityPolicy to Pod Security, with how far a cluster has come.
type MigrationPlan struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server          `json:"server"`
	Served          bool            `json:"served"`
	Items           []MigrationStep `json:"items"`
	Gaps            []Gap           `json:"gaps"`
}

// States of a MigrationStep.
const (
	StepOpen = "open"
	StepDone = "done"
	// StepUnknown is what could not be read: Why says what was missing.
	StepUnknown = "unknown"
	// StepNone has nothing to do in this cluster.
	StepNone = "notNeeded"
)

// MigrationStep is one step, of the cluster or of a namespace.
type MigrationStep struct {
	// Step is its name, Number its place in the list (1 is the first); Namespace is empty for one of the cluster.
	Step      string `json:"step"`
	Number    int    `json:"number"`
	Namespace string `json:"namespace,omitempty"`
	Title     string `json:"title"`
	State     string `json:"state"`
	Why       string `json:"why"`
	// Commands turn it from open to done, Undo back; both can be pasted into a shell.
	Commands []string `json:"commands,omitempty"`
	Undo     []string `json:"undo,omitempty"`
	// Objects are what the commands apply, as `-o yaml` of the step prints them.
	Objects []json.RawMessage `json:"objects,omitempty"`
}
