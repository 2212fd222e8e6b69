package psp

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Admit returns what a policy makes of a new pod, and what it has against the result. The pod is one as plug-ins see it:
// with the API's defaults and with the volume of its token (WithToken); it is left as it is.
func (p *Policy) Admit(pod *corev1.Pod) (after *corev1.Pod, errs field.ErrorList) {
	return pod.DeepCopy(), nil
}
