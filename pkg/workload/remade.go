package workload

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// Remade returns the pod that a server of that minor would store if it was asked for a pod just like one that another
// server has stored.
func Remade(pod *corev1.Pod, minor int) *corev1.Pod {
	again := &corev1.Pod{ObjectMeta: pod.ObjectMeta, Spec: *pod.Spec.DeepCopy()}
	again.Annotations = maps.Clone(pod.Annotations)
	complete(again, minor)
	return again
}
