package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KindRunList is the kind that `kubectl pss rollback --list` prints.
const KindRunList = "RunList"

// RunList names the runs of which there is a journal, the newest first.
type RunList struct {
	metav1.TypeMeta `json:",inline"`
	Items           []Run `json:"items"`
}

// Run is one run of `kubectl pss label` or `rollback` that wrote, or was to write.
type Run struct {
	// Run is the name of the journal.
	Run     string    `json:"run"`
	Started time.Time `json:"started"`
	State   RunState  `json:"state"`
	// Problem says what is wrong with a damaged journal.
	Problem string `json:"problem,omitempty"`
	// Context and ClusterUID say where it wrote.
	Context    string `json:"context,omitempty"`
	ClusterUID string `json:"clusterUID,omitempty"`
	Asked      Asked  `json:"asked"`
	// Namespaces is how many the run was to change; Outcomes counts how that ended for those that it came to.
	Namespaces int            `json:"namespaces"`
	Outcomes   map[Ending]int `json:"outcomes,omitempty"`
	// UndoneBy are the later runs that took this one back, all of it or some namespaces, the latest first.
	UndoneBy []string `json:"undoneBy,omitempty"`
}

// RunState is how far a run came.
type RunState string

// The states of a run.
const (
	// RunDone: every namespace is as planned.
	RunDone RunState = "done"
	// RunPartly: it came to its end, but not for every namespace.
	RunPartly RunState = "partly"
	// RunInterrupted: it was stopped or killed before its end, and can be continued.
	RunInterrupted RunState = "interrupted"
	// RunActive: another process is writing it.
	RunActive RunState = "active"
	// RunDamaged: its journal cannot be read; Problem says why.
	RunDamaged RunState = "damaged"
)
