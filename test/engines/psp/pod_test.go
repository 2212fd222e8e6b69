package psp

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// randomPod is one that a server of 1.24 may be asked to make, as plug-ins see it, with more of what only policies look
// at than Pod Security's own tests have.
func randomPod(seed, number uint64) *corev1.Pod {
	template, d := random.Template(random.NewDice(seed, number, 24)), newDice(seed, number)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", Annotations: template.Annotations}, Spec: template.Spec}
	windows := pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows
	if sc := pod.Spec.SecurityContext; sc != nil {
		sc.AppArmorProfile = nil // no server of 1.24 has the field
		if !windows {
			if d.chance(20) {
				sc.FSGroup = new(one[int64](d, 0, 5, 1000, 2500, 4000))
			}
			sc.SupplementalGroups = some(d, one(d, 0, 2), int64(0), 5, 1000, 2500, 4000)
			if d.chance(15) {
				sc.RunAsUser = new(one[int64](d, 0, 5, 1000, 2500, 4000))
			}
			if d.chance(10) {
				sc.SELinuxOptions = &corev1.SELinuxOptions{Level: one(d, "s0:c2,c1", "s0:c1,c2", "s0", "s0:c1,c1,c2", "s0:c1,c2,c2", "s1:c1,c2"), Type: one(d, "", "container_t")}
			}
			sc.Sysctls = append(sc.Sysctls, some(d, one(d, 0, 0, 2), corev1.Sysctl{Name: "kernel.msgmax", Value: "1"}, corev1.Sysctl{Name: "kernel.msgmnb", Value: "1"}, corev1.Sysctl{Name: "vm.swappiness", Value: "1"})...)
		}
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			randomContainer(d, &list[i], windows)
		}
	}
	randomVolumes(d, pod)
	return psp.WithToken(pod, one(d, nil, new(false)))
}

func randomContainer(d dice, c *corev1.Container, windows bool) {
	c.RestartPolicy = nil
	sc := c.SecurityContext
	if sc == nil {
		return
	}
	sc.AppArmorProfile = nil
	if windows {
		return
	}
	if d.chance(15) {
		sc.RunAsUser = new(one[int64](d, 0, 5, 1000, 2500, 4000))
	}
	if d.chance(15) {
		sc.RunAsGroup = new(one[int64](d, 0, 5, 1000, 2500, 4000))
	}
	if d.chance(10) {
		sc.ReadOnlyRootFilesystem = new(d.chance(50))
	}
	if d.chance(4) {
		sc.ProcMount = new(one(d, corev1.DefaultProcMount, corev1.UnmaskedProcMount))
	}
	if d.chance(10) {
		sc.Capabilities = &corev1.Capabilities{Add: some(d, 2, capabilities()...), Drop: some(d, 2, capabilities()...)}
	}
	if d.chance(5) {
		sc.SELinuxOptions = &corev1.SELinuxOptions{Level: one(d, "s0:c2,c1", "s0", "")}
	}
}

// randomVolumes has paths of the node that lie at the edges of prefixes, mounted one way or the other.
func randomVolumes(d dice, pod *corev1.Pod) {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i].VolumeSource
		if *v == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{} // the API's default
		}
		v.Image = nil // no server of 1.24 has the field
		if v.FlexVolume != nil {
			v.FlexVolume.Driver = one(d, "example.com/a", "b")
		}
		if v.CSI != nil {
			v.CSI.Driver = one(d, "a.example.com", "b")
		}
		if v.HostPath != nil {
			v.HostPath.Path = one(d, "/", "/var/log", "/var/log/", "/var/log/pods", "/var/logs", "/var", "/data/a/b", "/data/", "/data//x", "/dat")
		}
	}
	pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.VolumeSource == (corev1.VolumeSource{}) })
	if d.chance(15) {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "host", VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: one(d, "/var/log/pods", "/data/a", "/etc", "/var/log/")},
		}})
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		for _, v := range pod.Spec.Volumes {
			if d.chance(40) {
				c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: v.Name, MountPath: "/mnt/" + v.Name, ReadOnly: d.chance(50)})
			}
		}
	}
}
