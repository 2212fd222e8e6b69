package workload

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestReplicas(t *testing.T) {
	gone := metav1.NewTime(noon())
	three := ptr(int32(3))
	surge := func(max intstr.IntOrString) appsv1.DaemonSetSpec {
		return appsv1.DaemonSetSpec{UpdateStrategy: appsv1.DaemonSetUpdateStrategy{RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxSurge: &max}}}
	}
	rolling := appsv1.DaemonSetStatus{DesiredNumberScheduled: 5, CurrentNumberScheduled: 5, UpdatedNumberScheduled: 1}
	jobs := func(parallelism int32, completions *int32, status batchv1.JobStatus) *batchv1.Job {
		return &batchv1.Job{Spec: batchv1.JobSpec{Parallelism: &parallelism, Completions: completions}, Status: status}
	}
	waits, waiting := jobs(2, three, batchv1.JobStatus{Terminating: ptr(int32(1))}), batchv1.Failed
	waits.Spec.PodReplacementPolicy = &waiting
	suspended := jobs(2, three, batchv1.JobStatus{})
	suspended.Spec.Suspend = ptr(true)
	finished := jobs(2, three, batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue}}})

	for name, tt := range map[string]struct {
		obj             runtime.Object
		wanted, missing int
	}{
		"replicaset":            {&appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: three}, Status: appsv1.ReplicaSetStatus{Replicas: 1}}, 3, 2},
		"replicaset by default": {&appsv1.ReplicaSet{}, 1, 1},
		"replicaset shrinking":  {&appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: three}, Status: appsv1.ReplicaSetStatus{Replicas: 5}}, 3, 0},
		"replicaset going":      {&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &gone}, Spec: appsv1.ReplicaSetSpec{Replicas: three}}, 0, 0},
		"rc":                    {&corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Replicas: three}, Status: corev1.ReplicationControllerStatus{Replicas: 2}}, 3, 1},
		"statefulset":           {&appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: three}, Status: appsv1.StatefulSetStatus{Replicas: 2}}, 3, 1},
		"deployment rolling out": {&appsv1.Deployment{
			Spec: appsv1.DeploymentSpec{Replicas: three}, Status: appsv1.DeploymentStatus{Replicas: 3, UpdatedReplicas: 0},
		}, 3, 3},
		"daemonset":                 {&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 5, CurrentNumberScheduled: 3}}, 5, 2},
		"daemonset not counted yet": {&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Generation: 1}}, 1, 1},
		"daemonset not counted anew": {&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Generation: 2}, Status: appsv1.DaemonSetStatus{
			ObservedGeneration: 1, DesiredNumberScheduled: 5, CurrentNumberScheduled: 5,
		}}, 5, 1},
		"daemonset on no node":      {&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Generation: 1}, Status: appsv1.DaemonSetStatus{ObservedGeneration: 1}}, 0, 0},
		"daemonset rolling out":     {&appsv1.DaemonSet{Status: rolling}, 5, 0},
		"daemonset surging":         {&appsv1.DaemonSet{Spec: surge(intstr.FromInt32(1)), Status: rolling}, 5, 4},
		"daemonset surging by part": {&appsv1.DaemonSet{Spec: surge(intstr.FromString("20%")), Status: rolling}, 5, 4},
		"daemonset without surge":   {&appsv1.DaemonSet{Spec: surge(intstr.FromString("0%")), Status: rolling}, 5, 0},
		"daemonset surging, and lacking old pods": {&appsv1.DaemonSet{Spec: surge(intstr.FromInt32(1)), Status: appsv1.DaemonSetStatus{
			DesiredNumberScheduled: 5, CurrentNumberScheduled: 3, UpdatedNumberScheduled: 0,
		}}, 5, 2},
		"job":                           {jobs(2, ptr(int32(10)), batchv1.JobStatus{Active: 1, Succeeded: 3}), 2, 1},
		"job with one pod to go":        {jobs(2, three, batchv1.JobStatus{Succeeded: 2}), 1, 1},
		"job with all pods through":     {jobs(2, three, batchv1.JobStatus{Succeeded: 3}), 0, 0},
		"job with more than all":        {jobs(2, three, batchv1.JobStatus{Succeeded: 4}), 0, 0},
		"job of a work queue":           {jobs(3, nil, batchv1.JobStatus{Active: 1}), 3, 2},
		"job of a work queue run dry":   {jobs(3, nil, batchv1.JobStatus{Active: 1, Succeeded: 1}), 1, 0},
		"job that waits for pods to go": {waits, 2, 1},
		"job suspended":                 {suspended, 0, 0},
		"job finished":                  {finished, 0, 0},
		"job by default":                {&batchv1.Job{}, 1, 1},
		"cronjob":                       {&batchv1.CronJob{}, 0, 0},
		"pod":                           {&corev1.Pod{}, 0, 0},
		"list":                          {&corev1.PodList{}, 0, 0},
	} {
		if wanted, missing := Replicas(tt.obj); wanted != tt.wanted || missing != tt.missing {
			t.Errorf("%s: got %d of %d missing, want %d of %d", name, missing, wanted, tt.missing, tt.wanted)
		}
	}
}
