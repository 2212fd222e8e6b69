package workload

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	// appArmorFieldsMinor is the first server minor that has AppArmor fields and syncs annotations into them.
	appArmorFieldsMinor = 30
	// appArmorOneWayMinor is the first server minor that no longer writes AppArmor fields back to annotations.
	appArmorOneWayMinor = 34
)

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
			syncContainer(pod, &containers[i], podProfile, minor < appArmorOneWayMinor)
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
		if name == "" || name != strings.TrimSpace(name) {
			return nil // the server copies no name that its validation would refuse
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
