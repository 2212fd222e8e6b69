// Package faults breaks every request that a command makes, in every way that a network or a server has, and holds what
// comes out to the third promise: the right answer, the right answer with named gaps, or a clear error.
package faults

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// estate hides what violates baseline where only one list shows it, at its end: in pods of beta, whose template is clean;
// in the CronJobs of ready; in all of shop. Nothing in alpha does. With two objects a page every list has three pages.
func estate() []runtime.Object {
	objects := []runtime.Object{namespace("kube-system", nil), namespace("ready", map[string]string{"pod-security.kubernetes.io/warn": "baseline"})}
	for _, name := range []string{"alpha", "beta", "shop"} {
		objects = append(objects, namespace(name, nil))
	}
	specs := map[string]struct{ template, pod corev1.PodSpec }{
		"alpha": {plain(), plain()}, "beta": {plain(), hostPath()}, "ready": {plain(), plain()}, "shop": {hostPath(), hostPath()},
		"kube-system": {hostPath(), hostPath()},
	}
	for name, spec := range specs {
		web := &appsv1.Deployment{ObjectMeta: meta(name, "web", nil)}
		web.Annotations = map[string]string{"deployment.kubernetes.io/revision": "1"}
		web.Spec.Template.Spec = spec.template
		rs := &appsv1.ReplicaSet{ObjectMeta: meta(name, "web-1", owner("Deployment", &web.ObjectMeta))}
		rs.Annotations = web.Annotations
		rs.Spec.Template.Spec, rs.Spec.Replicas, rs.Status.Replicas = spec.template, new(int32(2)), 2
		objects = append(objects, web, rs)
		for _, pod := range []string{"web-1-a", "web-1-b"} {
			objects = append(objects, &corev1.Pod{ObjectMeta: meta(name, pod, owner("ReplicaSet", &rs.ObjectMeta)), Spec: spec.pod})
		}
	}
	for _, name := range []string{"alpha", "beta", "ready"} {
		for _, job := range []string{"backup", "report"} {
			cron := &batchv1.CronJob{ObjectMeta: meta(name, job, nil)}
			cron.Spec.Schedule = "0 3 * * *"
			cron.Spec.JobTemplate.Spec.Template.Spec = plain()
			if name == "ready" {
				cron.Spec.JobTemplate.Spec.Template.Spec = hostPath()
			}
			objects = append(objects, cron)
		}
	}
	return objects
}

// refused is what a controller writes when Pod Security refuses its pods.
func refused(namespace, name, second string) []runtime.Object {
	web := owner("Deployment", &metav1.ObjectMeta{Name: "web", UID: types.UID(namespace + "-web")})
	rs := &appsv1.ReplicaSet{ObjectMeta: meta(namespace, name, web)}
	rs.Spec.Replicas, rs.Status.Replicas = new(int32(2)), 0
	rs.Spec.Template.Spec = hostPath()
	text := `Error creating: pods "` + name + `-x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "logs")`
	at := metav1.NewTime(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))
	event := &corev1.Event{
		ObjectMeta: meta(namespace, name+"."+second, nil), Reason: "FailedCreate", Type: corev1.EventTypeWarning, Message: text,
		InvolvedObject: corev1.ObjectReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name, Namespace: namespace, UID: rs.UID},
		FirstTimestamp: at, LastTimestamp: at, Count: 1,
	}
	event.ResourceVersion = "7"
	return []runtime.Object{rs, event}
}

// refusals are two of them.
func refusals(s *fakeapi.Server) {
	s.Add(refused("shop", "web-2", "1")...)
	s.Add(refused("beta", "web-3", "3")...)
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("ns-" + name), Labels: labels}}
}

func meta(namespace, name string, owners []metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + "-" + name), OwnerReferences: owners}
}

func owner(kind string, m *metav1.ObjectMeta) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: m.Name, UID: m.UID, Controller: new(true)}}
}

func plain() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "registry.example.com/c:1"}}}
}

func hostPath() corev1.PodSpec {
	spec := plain()
	spec.Volumes = []corev1.Volume{{Name: "logs", VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: "/var/log"},
	}}}
	return spec
}
