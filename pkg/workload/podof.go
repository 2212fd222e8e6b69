package workload

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// appArmorFieldsMinor is the first server minor that has AppArmor fields and syncs annotations into them.
const appArmorFieldsMinor = 30

// appArmorToAnnotationMinor is the first server minor that no longer writes AppArmor fields back to annotations.
const appArmorToAnnotationMinor = 34

// PodOf returns the pod that a workload's controller would create from its template on a server of that minor,
// as Pod Security sees it there: after the controller's own changes and after the defaulting and syncing that
// the server does for pods but not for templates. It is nil for an object without a template.
//
// What a controller adds without bearing on any check (tokens, tolerations, labels, requests) is left out, and
// so is what webhooks and policies do: only a dry run shows that.
func PodOf(o *Object, minor int) *corev1.Pod {
	if o.Template == nil {
		return nil
	}
	t := o.Template.DeepCopy()
	pod := &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	pod.Namespace = o.Namespace
	pod.Name = o.Name
	claimVolumes(&pod.Spec, o.Claims)
	hostPorts(&pod.Spec)
	if minor >= appArmorFieldsMinor {
		syncAppArmor(pod, minor)
	}
	return pod
}

// claimVolumes puts a StatefulSet's claims in place of template volumes of the same name (case 48).
func claimVolumes(spec *corev1.PodSpec, claims []string) {
	if len(claims) == 0 {
		return
	}
	taken := make(map[string]bool, len(claims))
	volumes := make([]corev1.Volume, 0, len(claims)+len(spec.Volumes))
	for _, claim := range claims {
		taken[claim] = true
		volumes = append(volumes, corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}})
	}
	for i := range spec.Volumes {
		if !taken[spec.Volumes[i].Name] {
			volumes = append(volumes, spec.Volumes[i])
		}
	}
	spec.Volumes = volumes
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

// syncAppArmor does what the server's pod strategy does with AppArmor annotations and fields on create
// (applyAppArmorVersionSkew; case 21). Windows pods are left alone.
func syncAppArmor(pod *corev1.Pod, minor int) {
	if pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows {
		return
	}
	var podProfile *corev1.AppArmorProfile
	if sc := pod.Spec.SecurityContext; sc != nil {
		podProfile = sc.AppArmorProfile
	}
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			syncContainer(pod, &containers[i], podProfile, minor < appArmorToAnnotationMinor)
		}
	}
}

func syncContainer(pod *corev1.Pod, c *corev1.Container, podProfile *corev1.AppArmorProfile, toAnnotation bool) {
	var profile *corev1.AppArmorProfile
	if c.SecurityContext != nil {
		profile = c.SecurityContext.AppArmorProfile
	}
	key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
	annotation, annotated := pod.Annotations[key]
	switch {
	case profile == nil && annotated:
		fromAnnotation := profileOf(annotation)
		if fromAnnotation == nil || sameProfile(fromAnnotation, podProfile) {
			return
		}
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		c.SecurityContext.AppArmorProfile = fromAnnotation
	case toAnnotation && !annotated && (profile != nil || podProfile != nil):
		if profile == nil {
			profile = podProfile
		}
		if value := annotationOf(profile); value != "" {
			if pod.Annotations == nil {
				pod.Annotations = map[string]string{}
			}
			pod.Annotations[key] = value
		}
	}
}

func profileOf(annotation string) *corev1.AppArmorProfile {
	switch {
	case annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	case annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	case strings.HasPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix):
		name := strings.TrimPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
		if name == "" {
			return nil
		}
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &name}
	default:
		return nil
	}
}

func annotationOf(p *corev1.AppArmorProfile) string {
	switch p.Type {
	case corev1.AppArmorProfileTypeUnconfined:
		return corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	case corev1.AppArmorProfileTypeRuntimeDefault:
		return corev1.DeprecatedAppArmorBetaProfileRuntimeDefault
	case corev1.AppArmorProfileTypeLocalhost:
		if p.LocalhostProfile != nil {
			return corev1.DeprecatedAppArmorBetaProfileNamePrefix + *p.LocalhostProfile
		}
	}
	return ""
}

func sameProfile(a, b *corev1.AppArmorProfile) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Type != b.Type || (a.LocalhostProfile == nil) != (b.LocalhostProfile == nil) {
		return false
	}
	return a.LocalhostProfile == nil || *a.LocalhostProfile == *b.LocalhostProfile
}
