package commands

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// updates are what may be asked of a pod that is there: nothing new, a label, another image, and a debugger.
func updates(of request) []request {
	name, old := of.name, of.Pod
	change := func(as, subresource string, by func(*corev1.Pod)) request {
		changed := old.DeepCopy()
		by(changed)
		return request{name: name + "-" + as, Request: cel.Request{Pod: changed, Old: old, Subresource: subresource}}
	}
	return []request{
		change("same", "", func(*corev1.Pod) {}),
		change("labelled", "", func(p *corev1.Pod) { p.Labels = map[string]string{"new": "label"} }),
		change("image", "", func(p *corev1.Pod) { p.Spec.Containers[0].Image = "example.com/other:latest" }),
		change("debugged", "ephemeralcontainers", func(p *corev1.Pod) {
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, corev1.EphemeralContainer{
				EphemeralContainerCommon: corev1.EphemeralContainerCommon{
					Name: "debugger", Image: "busybox",
					SecurityContext: &corev1.SecurityContext{Privileged: new(true), RunAsUser: new(int64(0))},
				},
			})
		}),
	}
}
