package workload

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

func ptr[T any](v T) *T { return &v }

func noon() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

func template() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}}
}

func controlled(group, kind, name, uid string) []metav1.OwnerReference {
	version := "v1"
	if group != "" {
		version = group + "/v1"
	}
	return []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: name, UID: types.UID(uid), Controller: ptr(true)}}
}

func TestFromStateAndNext(t *testing.T) {
	gone := metav1.NewTime(noon())
	done := batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue}}}
	at := noon().Add(90 * time.Minute)
	tests := map[string]struct {
		obj      runtime.Object
		state    State
		next     Next
		declares bool
	}{
		"deployment":            {&appsv1.Deployment{}, Active, Next{Event: Reschedule}, true},
		"deployment at zero":    {&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: ptr(int32(0))}}, Idle, Next{Event: Rollout}, true},
		"deployment going":      {&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &gone}}, Terminating, Next{Event: Never}, true},
		"statefulset":           {&appsv1.StatefulSet{}, Active, Next{Event: Reschedule}, true},
		"daemonset":             {&appsv1.DaemonSet{}, Active, Next{Event: NewNode}, true},
		"bare replicaset at 0":  {&appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: ptr(int32(0))}}, Idle, Next{Event: Rollout}, true},
		"owned replicaset":      {&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{OwnerReferences: controlled("apps", "Deployment", "d", "u")}}, Active, Next{Event: Reschedule}, true},
		"owned replicaset at 0": {&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{OwnerReferences: controlled("apps", "Deployment", "d", "u")}, Spec: appsv1.ReplicaSetSpec{Replicas: ptr(int32(0))}}, Idle, Next{Event: Rollout}, false},
		"owned replicaset draining": {&appsv1.ReplicaSet{
			ObjectMeta: metav1.ObjectMeta{OwnerReferences: controlled("apps", "Deployment", "d", "u")},
			Spec:       appsv1.ReplicaSetSpec{Replicas: ptr(int32(0))}, Status: appsv1.ReplicaSetStatus{Replicas: 2},
		}, Idle, Next{Event: Rollout}, true},
		"rc without template": {&corev1.ReplicationController{}, Active, Next{Event: Reschedule}, false},
		"rc":                  {&corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Template: ptr(template())}}, Active, Next{Event: Reschedule}, true},
		"job":                 {&batchv1.Job{}, Active, Next{Event: Retry}, true},
		"job suspended":       {&batchv1.Job{Spec: batchv1.JobSpec{Suspend: ptr(true)}}, Suspended, Next{Event: Retry}, true},
		"job finished":        {&batchv1.Job{Status: done}, Finished, Next{Event: Never}, true},
		"cronjob's job finished": {&batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{OwnerReferences: controlled("batch", "CronJob", "c", "u")}, Status: done,
		}, Finished, Next{Event: Never}, false},
		"cronjob":            {&batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "30 13 * * *"}}, Active, Next{Schedule, &at}, true},
		"cronjob with zone":  {&batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "30 14 * * *", TimeZone: ptr("Europe/Zurich")}}, Active, Next{Schedule, &at}, true},
		"cronjob suspended":  {&batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "@daily", Suspend: ptr(true)}}, Suspended, Next{Event: Schedule}, true},
		"cronjob never":      {&batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "0 0 31 2 *"}}, Active, Next{Event: Schedule}, true},
		"cronjob unreadable": {&batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "now and then"}}, Active, Next{Event: Schedule}, true},
		"podtemplate":        {&corev1.PodTemplate{}, Idle, Next{Event: Never}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := From(tt.obj, noon())
			if o.State != tt.state || o.Declares != tt.declares || (o.Template != nil) != tt.declares {
				t.Errorf("state %s, declares %t, template %t; want %s, %t", o.State, o.Declares, o.Template != nil, tt.state, tt.declares)
			}
			if diff := cmp.Diff(tt.next, o.Next); diff != "" {
				t.Errorf("next (-want +got):\n%s", diff)
			}
		})
	}
	if o := From(&corev1.Pod{}, noon()); o != nil {
		t.Errorf("a pod is no template carrier, got %v", o)
	}
}

func TestEveryKindIsReduced(t *testing.T) {
	objects := []runtime.Object{
		&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &appsv1.ReplicaSet{},
		&corev1.ReplicationController{}, &batchv1.Job{}, &batchv1.CronJob{}, &corev1.PodTemplate{},
	}
	got := map[Ref]bool{}
	for _, obj := range objects {
		o := From(obj, noon())
		got[Ref{Group: o.Group, Kind: o.Kind}] = true
	}
	for _, gk := range GroupKinds() {
		if !got[Ref{Group: gk.Group, Kind: gk.Kind}] {
			t.Errorf("%s is not reduced", gk)
		}
	}
	if len(got) != len(GroupKinds()) {
		t.Errorf("%d kinds reduced, %d known", len(got), len(GroupKinds()))
	}
}

func TestRevisionWaitsForTheController(t *testing.T) {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 3, Annotations: map[string]string{deploymentRevision: "7"}}}
	d.Status.ObservedGeneration = 2
	if got := From(d, noon()).Revision; got != "" {
		t.Errorf("revision %q of a template that the controller has not seen", got)
	}
	d.Status.ObservedGeneration = 3
	if got := From(d, noon()).Revision; got != "7" {
		t.Errorf("revision %q, want 7", got)
	}
}
