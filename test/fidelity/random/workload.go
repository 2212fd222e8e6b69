package random

import (
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is anything that is asked about.
type Object interface {
	metav1.Object
	runtime.Object
}

// Pod is a pod with a name, or with the beginning of one that the server ends.
func Pod(d *Dice, namespace, name string) *corev1.Pod {
	t := Template(d)
	pod := &corev1.Pod{TypeMeta: typed("v1", "Pod"), ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	pod.Namespace = namespace
	if d.chance(20) {
		pod.GenerateName = name + "-"
	} else {
		pod.Name = name
	}
	return pod
}

func typed(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// Workload is an object of one of the eight kinds with a pod template.
func Workload(d *Dice, namespace, name string) Object {
	t := Template(d)
	t.Labels = map[string]string{"app": name}
	m := metav1.ObjectMeta{Namespace: namespace, Name: name}
	if d.chance(10) { // which nobody is to take for the template's
		m.Annotations = map[string]string{corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "c0": "unconfined"}
	}
	selector := &metav1.LabelSelector{MatchLabels: t.Labels}
	replicas := maybe[int32](d, 50, 0, 1, 3)
	once := func() corev1.PodTemplateSpec {
		t.Spec.RestartPolicy = OneOf(d, corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure)
		return t
	}
	switch d.IntN(8) {
	case 0:
		return &appsv1.Deployment{TypeMeta: typed("apps/v1", "Deployment"), ObjectMeta: m, Spec: appsv1.DeploymentSpec{Replicas: replicas, Selector: selector, Template: t}}
	case 1:
		return &appsv1.ReplicaSet{TypeMeta: typed("apps/v1", "ReplicaSet"), ObjectMeta: m, Spec: appsv1.ReplicaSetSpec{Replicas: replicas, Selector: selector, Template: t}}
	case 2:
		return &appsv1.DaemonSet{TypeMeta: typed("apps/v1", "DaemonSet"), ObjectMeta: m, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: t}}
	case 3:
		return &appsv1.StatefulSet{TypeMeta: typed("apps/v1", "StatefulSet"), ObjectMeta: m, Spec: appsv1.StatefulSetSpec{
			Replicas: replicas, Selector: selector, Template: t, ServiceName: "a", VolumeClaimTemplates: claims(d),
		}}
	case 4:
		return &corev1.ReplicationController{TypeMeta: typed("v1", "ReplicationController"), ObjectMeta: m, Spec: corev1.ReplicationControllerSpec{
			Replicas: replicas, Selector: t.Labels, Template: &t,
		}}
	case 5:
		return &batchv1.Job{TypeMeta: typed("batch/v1", "Job"), ObjectMeta: m, Spec: batchv1.JobSpec{Template: once(), Suspend: maybe(d, 20, true)}}
	case 6:
		return &batchv1.CronJob{TypeMeta: typed("batch/v1", "CronJob"), ObjectMeta: m, Spec: batchv1.CronJobSpec{
			Schedule: "@hourly", Suspend: maybe(d, 20, true),
			JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: once()}},
		}}
	default:
		return &corev1.PodTemplate{TypeMeta: typed("v1", "PodTemplate"), ObjectMeta: m, Template: t}
	}
}

func claims(d *Dice) []corev1.PersistentVolumeClaim {
	return several(d, 2, func(i int) corev1.PersistentVolumeClaim {
		return corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "v" + strconv.Itoa(i)}, Spec: claim()}
	})
}

// TemplateOf is the pod template of a workload, nil for anything else.
func TemplateOf(o Object) *corev1.PodTemplateSpec {
	switch o := o.(type) {
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	case *corev1.PodTemplate:
		return &o.Template
	default:
		return nil
	}
}

// Made is the pod that the controller of a workload would send to the server, as far as any check can tell. It is
// made from the workload as the server stores it: that is what controllers see.
func Made(o Object) *corev1.Pod {
	t := TemplateOf(o).DeepCopy()
	pod := &corev1.Pod{TypeMeta: typed("v1", "Pod"), ObjectMeta: metav1.ObjectMeta{
		Namespace: o.GetNamespace(), GenerateName: o.GetName() + "-", Labels: t.Labels, Annotations: t.Annotations,
	}, Spec: t.Spec}
	set, ok := o.(*appsv1.StatefulSet)
	if !ok {
		return pod
	}
	var volumes []corev1.Volume
	for i := range set.Spec.VolumeClaimTemplates {
		name := set.Spec.VolumeClaimTemplates[i].Name
		volumes = append(volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name + "-" + set.Name + "-0"},
		}})
		pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
	}
	pod.Spec.Volumes = append(volumes, pod.Spec.Volumes...)
	return pod
}
