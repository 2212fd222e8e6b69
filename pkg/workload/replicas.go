package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Replicas returns how many pods a controller should have now and how many of them it lacks, by its own count; none
// for an object that is being deleted, and for kinds that make no pods themselves. A Deployment, whose pods its
// ReplicaSets make, answers for the newest of them.
func Replicas(obj runtime.Object) (wanted, missing int) {
	m, ok := obj.(metav1.Object)
	if !ok || m.GetDeletionTimestamp() != nil {
		return 0, 0
	}
	var want, have int32
	switch o := obj.(type) {
	case *appsv1.Deployment:
		want, have = orOne(o.Spec.Replicas), o.Status.UpdatedReplicas
	case *appsv1.ReplicaSet:
		want, have = orOne(o.Spec.Replicas), o.Status.Replicas
	case *corev1.ReplicationController:
		want, have = orOne(o.Spec.Replicas), o.Status.Replicas
	case *appsv1.StatefulSet:
		want, have = orOne(o.Spec.Replicas), o.Status.Replicas
	case *appsv1.DaemonSet:
		want, have = daemons(o)
	case *batchv1.Job:
		want, have = jobPods(o)
	default:
	}
	return int(want), int(max(want-have, 0))
}

func orOne(n *int32) int32 {
	if n == nil {
		return 1 // the API's default
	}
	return *n
}

// daemons counts the pods of a DaemonSet. One that makes the new pods of a rollout beside the old ones lacks those:
// an old pod is taken away only once there is a new one. Of one whose controller has not counted yet, at least one is
// taken to be missing: Kubernetes 1.24 does not count as long as making pods fails.
func daemons(d *appsv1.DaemonSet) (want, have int32) {
	want, have = d.Status.DesiredNumberScheduled, d.Status.CurrentNumberScheduled
	switch {
	case have < want:
	case d.Status.ObservedGeneration < d.Generation:
		want = max(want, 1)
		have = want - 1
	case surges(d):
		have = d.Status.UpdatedNumberScheduled
	}
	return want, have
}

func surges(d *appsv1.DaemonSet) bool {
	rolling := d.Spec.UpdateStrategy.RollingUpdate
	if rolling == nil || rolling.MaxSurge == nil {
		return false
	}
	return rolling.MaxSurge.IntVal > 0 || rolling.MaxSurge.StrVal != "" && rolling.MaxSurge.StrVal != "0%"
}

// jobPods counts the pods of a Job as its controller does.
func jobPods(j *batchv1.Job) (want, have int32) {
	if finishedJob(j) || j.Spec.Suspend != nil && *j.Spec.Suspend {
		return 0, 0
	}
	want, have = orOne(j.Spec.Parallelism), j.Status.Active
	switch {
	case j.Spec.Completions != nil:
		want = min(want, *j.Spec.Completions-j.Status.Succeeded)
	case j.Status.Succeeded > 0:
		want = min(want, have) // a work queue that ran dry: whoever still works ends, and nobody follows
	}
	if replaced := j.Spec.PodReplacementPolicy; replaced != nil && *replaced == batchv1.Failed && j.Status.Terminating != nil {
		have += *j.Status.Terminating // the next pod waits until the last one has gone
	}
	return max(want, 0), have
}
