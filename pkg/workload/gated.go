package workload

import corev1 "k8s.io/api/core/v1"

// dropGated takes out of a spec as written what a server of that minor does not know, or drops because the feature
// is off unless somebody asked for it: AppArmor fields, procMount (case 26) and image volumes (case 38).
func dropGated(spec *corev1.PodSpec, minor int) {
	if minor < imageVolumesMinor {
		for i := range spec.Volumes {
			// Servers from 1.31 on take out the whole volume. An emptyDir in its place, which is what older ones make
			// of it, passes every check too, and paths to the volumes after it stay right.
			spec.Volumes[i].Image = nil
		}
	}
	if minor < appArmorFieldsMinor && spec.SecurityContext != nil {
		spec.SecurityContext.AppArmorProfile = nil
	}
	for i := range spec.InitContainers {
		dropGatedContext(spec.InitContainers[i].SecurityContext, minor)
	}
	for i := range spec.Containers {
		dropGatedContext(spec.Containers[i].SecurityContext, minor)
	}
	for i := range spec.EphemeralContainers {
		dropGatedContext(spec.EphemeralContainers[i].SecurityContext, minor)
	}
}

func dropGatedContext(c *corev1.SecurityContext, minor int) {
	if c == nil {
		return
	}
	if minor < appArmorFieldsMinor {
		c.AppArmorProfile = nil
	}
	if minor < procMountMinor && c.ProcMount != nil {
		masked := corev1.DefaultProcMount
		c.ProcMount = &masked
	}
}
