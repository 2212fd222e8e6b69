// Package workload knows what makes pods: the kinds that carry a pod template, who owns whom, which pod a
// template becomes, and when pods will be made again. It stands between the sources (cluster, manifest) and
// the survey, and is pure: no clients, no clock of its own, no files.
package workload

import (
	"crypto/sha256"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Ref names a workload or an owner within a namespace. Group is empty for the core group.
type Ref struct {
	Group, Kind, Name string
}

// Owner is the controller of an object: the owner reference with controller: true.
type Owner struct {
	Ref
	UID types.UID
}

// Object is a workload, or a controller between a workload and its pods, reduced to what a verdict needs.
type Object struct {
	Ref
	Namespace string
	UID       types.UID
	// Owner is the controller above, nil for none.
	Owner *Owner
	// Template is the pod template as stored; nil where it is not evidence: a ReplicaSet without replicas that
	// a controller owns, a finished Job that a CronJob owns, a ReplicationController without a template.
	// The survey drops it once it is judged: Declares tells for good whether there was one.
	Template *corev1.PodTemplateSpec
	Declares bool
	// Fingerprint is the digest of the template's pod spec, for CronJobs and their Jobs only: a Job carries no
	// other sign of which revision of the CronJob's template it was made from.
	Fingerprint [sha256.Size]byte
	// Claims are the names of a StatefulSet's volumeClaimTemplates, which its controller puts in place of
	// template volumes of the same name.
	Claims []string
	// Revision identifies the current template: what HashOf returns for a pod made from it, empty where pods
	// carry nothing to tell it by.
	Revision string
	State    State
	Next     Next
	// Location is where in a set of files the object stands; nil for a cluster's.
	Location *Location
}

// Location is where in a set of files an object stands; Document counts from 1.
type Location struct {
	File     string
	Document int
}

// State is what a workload is doing. The values are those of the report.
type State string

// The states of a workload.
const (
	Active      State = "active"
	Idle        State = "idle"
	Suspended   State = "suspended"
	Finished    State = "finished"
	Terminating State = "terminating"
)

// Event is what makes a workload's pods again. The values are those of the report.
type Event string

// The events that make pods again.
const (
	Reschedule Event = "reschedule"
	Rollout    Event = "rollout"
	NewNode    Event = "newNode"
	Schedule   Event = "schedule"
	Retry      Event = "retry"
	Apply      Event = "apply" // a bare pod in a file
	Never      Event = "never"
)

// Next is when a workload's pods will be made again; At is known for a CronJob's next run only.
type Next struct {
	Event Event
	At    *time.Time
}

// GroupKinds are the eight kinds that carry a pod template, as the server's own extractor lists them.
func GroupKinds() []schema.GroupKind {
	return []schema.GroupKind{
		{Group: "apps", Kind: "Deployment"},
		{Group: "apps", Kind: "StatefulSet"},
		{Group: "apps", Kind: "DaemonSet"},
		{Group: "apps", Kind: "ReplicaSet"},
		{Group: "", Kind: "ReplicationController"},
		{Group: "batch", Kind: "Job"},
		{Group: "batch", Kind: "CronJob"},
		{Group: "", Kind: "PodTemplate"},
	}
}
