package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// newMeta is the metadata of an object whose UID is made of its name and which carries the label app=NAME.
func newMeta(namespace, name, app string, owners ...metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID("uid-" + name),
		Labels: map[string]string{"app": app}, OwnerReferences: owners,
	}
}

// by is a controller reference to an object that newMeta has made.
func by(apiVersion, kind, name string) metav1.OwnerReference {
	yes := true
	return metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: types.UID("uid-" + name), Controller: &yes}
}

func newNamespace(name string, labels ...string) *corev1.Namespace {
	ns := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Annotations: map[string]string{"a": "b"}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}
	for _, l := range labels {
		metav1.SetMetaDataLabel(&ns.ObjectMeta, l, "")
	}
	return ns
}

func newPod(namespace, name, app string, owners ...metav1.OwnerReference) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: newMeta(namespace, name, app, owners...)}
}

func newPods(namespace string, n int) []runtime.Object {
	all := make([]runtime.Object, n)
	for i := range all {
		all[i] = newPod(namespace, fmt.Sprintf("pod-%05d", i), "")
	}
	return all
}

func selects(app string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}
}

func newDeployment(namespace, name string) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: newMeta(namespace, name, name), Spec: appsv1.DeploymentSpec{Selector: selects(name)}}
}

func newReplicaSet(namespace, name, app string, owners ...metav1.OwnerReference) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{ObjectMeta: newMeta(namespace, name, app, owners...), Spec: appsv1.ReplicaSetSpec{Selector: selects(app)}}
}

func newJob(namespace, name string, owners ...metav1.OwnerReference) *batchv1.Job {
	return &batchv1.Job{ObjectMeta: newMeta(namespace, name, name, owners...), Spec: batchv1.JobSpec{Selector: selects(name)}}
}

func newCronJob(namespace, name string) *batchv1.CronJob {
	return &batchv1.CronJob{ObjectMeta: newMeta(namespace, name, name), Spec: batchv1.CronJobSpec{Schedule: "@daily"}}
}

// oneOfEach is a namespace with one object of every kind that is read.
func oneOfEach(namespace string) []runtime.Object {
	return []runtime.Object{
		newNamespace(namespace),
		newPod(namespace, "p", ""),
		newDeployment(namespace, "deploy"),
		newReplicaSet(namespace, "rs", "rs"),
		&appsv1.StatefulSet{ObjectMeta: newMeta(namespace, "sts", "sts"), Spec: appsv1.StatefulSetSpec{Selector: selects("sts")}},
		&appsv1.DaemonSet{ObjectMeta: newMeta(namespace, "ds", "ds"), Spec: appsv1.DaemonSetSpec{Selector: selects("ds")}},
		&corev1.ReplicationController{
			ObjectMeta: newMeta(namespace, "rc", "rc"),
			Spec:       corev1.ReplicationControllerSpec{Selector: map[string]string{"app": "rc"}, Template: &corev1.PodTemplateSpec{}},
		},
		newJob(namespace, "job"),
		newCronJob(namespace, "cron"),
		&corev1.PodTemplate{ObjectMeta: newMeta(namespace, "pt", "pt")},
	}
}
