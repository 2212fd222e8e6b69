package workload

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Source is where namespaces, pods and workloads come from: a cluster or a set of files.
type Source interface {
	// Namespaces returns the namespaces in scope. Only name, UID, labels and phase need be set. An error ends
	// the survey: without namespaces there is nothing to judge.
	Namespaces(ctx context.Context) ([]corev1.Namespace, error)
	// Read sends every pod and every workload of the namespaces to the sink, in any order, from several
	// goroutines at once. What cannot be read comes back as gaps; an error means that there is no answer at
	// all (interrupted, server gone).
	Read(ctx context.Context, namespaces []corev1.Namespace, sink Sink) ([]Gap, error)
}

// Files is a Source of what is yet to be made: manifests. Their pods do not run, no change of a namespace's labels
// meets them, and the same object may stand there twice.
type Files interface {
	Source
	// Locate tells where a pod that Read sent stands; nil for a UID that it did not send.
	Locate(pod types.UID) *Location
}

// Sink takes what a Source reads. Its methods are called from several goroutines at once and may block to
// slow the source down. They return an error only to stop it.
type Sink interface {
	// Pods takes a page of pods; the sink owns the slice from then on. The same pod (UID) may come again
	// after a list had to be restarted: the sink counts it once.
	Pods(ctx context.Context, page []corev1.Pod) error
	// Objects takes workloads and the controllers between them and their pods.
	Objects(ctx context.Context, page []*Object) error
}

// Gap is something that could not be read, and why. A gap never counts as "no violation".
type Gap struct {
	// Resource is as in RBAC: plural.group, such as cronjobs.batch.
	Resource string
	// Namespace is empty for a gap of the whole cluster.
	Namespace string
	// Name is the one object that the gap is about: a dry run did not tell what the server would create for it.
	Name string
	// Reason is one word (forbidden, timeout, expired…), Message the server's own text.
	Reason, Message string
}
