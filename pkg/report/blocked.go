package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KindBlockedReport is the kind that `kubectl pss blocked` prints.
const KindBlockedReport = "BlockedReport"

// BlockedReport says whose pods Pod Security is refusing right now.
type BlockedReport struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server    `json:"server"`
	Time            time.Time `json:"time"`
	Items           []Blocked `json:"items"`
	Gaps            []Gap     `json:"gaps"`
}

// Blocked is a workload that lacks pods because the server refuses them.
type Blocked struct {
	Namespace string `json:"namespace"`
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// Via is the object whose pods are refused, where it is not the workload itself: a ReplicaSet, a Job.
	Via *Owner `json:"via,omitempty"`
	// Wanted is how many pods there should be, Missing how many of them there are not.
	Wanted  int `json:"wanted"`
	Missing int `json:"missing"`
	// Since is when the first refusal known happened, Last the latest one. Events are kept for about an hour, so that
	// Since may be later than the truth where there is no condition; SinceExact tells.
	Since      time.Time `json:"since"`
	SinceExact bool      `json:"sinceExact"`
	Last       time.Time `json:"last"`
	// Policy is level:version of the policy that refuses, as the server names it.
	Policy string `json:"policy"`
	// Checks are the IDs of the checks that deny; empty where the server's text is not what the template gives today.
	Checks []string `json:"checks"`
	// Message is what follows `pods "NAME" is forbidden: `.
	Message string `json:"message"`
	// Sources say where this was learned: condition, event.
	Sources []string `json:"sources"`
}
