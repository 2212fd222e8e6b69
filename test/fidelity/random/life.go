package random

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// Idle has a workload make no pods.
func Idle(o Object) Object {
	none, yes := int32(0), true
	switch o := o.(type) {
	case *appsv1.Deployment:
		o.Spec.Replicas = &none
	case *appsv1.ReplicaSet:
		o.Spec.Replicas = &none
	case *appsv1.StatefulSet:
		o.Spec.Replicas = &none
	case *corev1.ReplicationController:
		o.Spec.Replicas = &none
	case *batchv1.Job:
		o.Spec.Suspend = &yes
	case *batchv1.CronJob:
		o.Spec.Suspend = &yes
	}
	return o
}

// Life is what becomes of a pod once it is there.
type Life struct {
	// Phase is how it ended, empty for one that did not.
	Phase corev1.PodPhase
	// Going says that it is being deleted and something holds it.
	Going bool
	// Debugger is put into it by somebody who looks what is wrong, nil for nobody.
	Debugger *corev1.EphemeralContainer
}

// LifeOf is mostly uneventful.
func LifeOf(d *Dice, p *corev1.Pod) Life {
	l := Life{Going: d.chance(10)}
	if d.chance(20) {
		l.Phase = OneOf(d, corev1.PodSucceeded, corev1.PodFailed)
	}
	if !d.chance(15) {
		return l
	}
	l.Debugger = &corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: "debugger", Image: "registry.example.com/none:1",
	}}
	linux := p.Spec.OS == nil || p.Spec.OS.Name != corev1.Windows
	if sc := p.Spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		linux = false
	}
	if linux && d.chance(60) {
		l.Debugger.SecurityContext = &corev1.SecurityContext{
			Privileged: maybe(d, 50, true), RunAsUser: maybe(d, 50, int64(0)),
			Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_PTRACE"}},
		}
	}
	return l
}
