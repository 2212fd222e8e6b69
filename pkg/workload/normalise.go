package workload

import corev1 "k8s.io/api/core/v1"

// podOnlyPortsMinor is the first server minor that defaults host ports in pods only; older ones do so in templates too.
const podOnlyPortsMinor = 28

// The first server minors that keep what older ones drop, unless a feature gate says otherwise (semantics 7.3).
// hostUsers is dropped up to 1.32 as well, and no check of such a server looks at it.
const (
	procMountMinor    = 33
	imageVolumesMinor = 35
)

// Normalise changes a pod as written into the pod that a server of that minor stores, as far as any check can tell:
// what it drops, defaults, and the syncing of old annotations with the fields that took their place (semantics 7.4).
// Doing it again changes nothing. What a server has stored is not for this: that something is there shows that its
// gate is open.
func Normalise(pod *corev1.Pod, minor int) {
	dropGated(&pod.Spec, minor)
	complete(pod, minor)
}

// NormaliseTemplate does the same for the pod template of a workload, of which servers default less.
func NormaliseTemplate(t *corev1.PodTemplateSpec, minor int) {
	dropGated(&t.Spec, minor)
	emptyDirs(&t.Spec)
	if minor < podOnlyPortsMinor {
		hostPorts(&t.Spec)
	}
}

// complete does to a pod what servers do to those that they keep as they are sent.
func complete(pod *corev1.Pod, minor int) {
	emptyDirs(&pod.Spec)
	hostPorts(&pod.Spec)
	if minor >= appArmorFieldsMinor {
		syncAppArmor(pod, minor)
	}
	if minor <= seccompAnnotationMinor {
		syncSeccomp(pod, minor)
	}
}

// emptyDirs makes an emptyDir of every volume without a source (case 20).
func emptyDirs(spec *corev1.PodSpec) {
	for i := range spec.Volumes {
		if v := &spec.Volumes[i]; v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
}

// hostPorts defaults hostPort to containerPort under hostNetwork, as every server does for pods (cases 18, 19).
func hostPorts(spec *corev1.PodSpec) {
	if !spec.HostNetwork {
		return
	}
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			for j := range containers[i].Ports {
				if p := &containers[i].Ports[j]; p.HostPort == 0 {
					p.HostPort = p.ContainerPort
				}
			}
		}
	}
}
