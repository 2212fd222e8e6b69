package psp

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// seccompFor is the annotation that a pod is given: its own, its field's or the policy's.
func (p *Policy) seccompFor(pod *corev1.Pod) string {
	if own := seccompOfPod(pod); own != "" || podContext(pod).SeccompProfile != nil {
		return own
	}
	return p.Annotations[SeccompDefaultAnnotation]
}

func seccompOfPod(pod *corev1.Pod) string {
	if own := pod.Annotations[corev1.SeccompPodAnnotationKey]; own != "" {
		return own
	}
	return profileName(podContext(pod).SeccompProfile)
}

// seccompOfContainer asks fields before annotations on each storey, unlike seccompOfPod: so does the plug-in.
func seccompOfContainer(pod *corev1.Pod, c *corev1.Container) string {
	if c.SecurityContext != nil && c.SecurityContext.SeccompProfile != nil {
		return profileName(c.SecurityContext.SeccompProfile)
	}
	if own, found := pod.Annotations[seccompKey(c)]; found {
		return own
	}
	if above := podContext(pod).SeccompProfile; above != nil {
		return profileName(above)
	}
	return pod.Annotations[corev1.SeccompPodAnnotationKey]
}

// refuseSeccomp judges one profile. Unlike AppArmor's, an absent list of allowed profiles allows no profile at all.
func (p *Policy) refuseSeccomp(key, profile string) field.ErrorList {
	allowed := p.Annotations[SeccompAllowedAnnotation]
	names := map[string]bool{}
	if _, found := p.Annotations[SeccompAllowedAnnotation]; found {
		for name := range strings.SplitSeq(allowed, ",") {
			names[name] = true
		}
	}
	if names[All] || names[profile] || len(names) == 0 && profile == "" {
		return nil
	}
	if (profile == corev1.SeccompProfileRuntimeDefault || profile == corev1.DeprecatedSeccompProfileDockerDefault) && (names[corev1.SeccompProfileRuntimeDefault] || names[corev1.DeprecatedSeccompProfileDockerDefault]) {
		return nil
	}
	path := field.NewPath("pod", "metadata", "annotations").Key(key)
	if len(names) == 0 {
		return field.ErrorList{field.Forbidden(path, "seccomp may not be set")}
	}
	return field.ErrorList{field.Forbidden(path,
		fmt.Sprintf("%s is not an allowed seccomp profile. Valid values are %v", profile, allowed))}
}

// syncSeccomp is what the server of 1.24 does to every new pod after the plug-ins have written: it says by annotations
// what is said by fields, and the other way round.
func syncSeccomp(pod *corev1.Pod) {
	annotation, annotated := pod.Annotations[corev1.SeccompPodAnnotationKey]
	if own := podContext(pod).SeccompProfile; own != nil && !annotated {
		annotateProfile(pod, corev1.SeccompPodAnnotationKey, own)
	} else if profile := profileOf(annotation); own == nil && profile != nil {
		if pod.Spec.SecurityContext == nil {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
		}
		pod.Spec.SecurityContext.SeccompProfile = profile
	}
	eachContainer(pod, func(c *corev1.Container, _ *field.Path) {
		var own *corev1.SeccompProfile
		if c.SecurityContext != nil {
			own = c.SecurityContext.SeccompProfile
		}
		annotation, annotated := pod.Annotations[seccompKey(c)]
		if own != nil && !annotated {
			annotateProfile(pod, seccompKey(c), own)
		} else if profile := profileOf(annotation); own == nil && profile != nil {
			if c.SecurityContext == nil {
				c.SecurityContext = &corev1.SecurityContext{}
			}
			c.SecurityContext.SeccompProfile = profile
		}
	})
}

func annotateProfile(pod *corev1.Pod, key string, profile *corev1.SeccompProfile) {
	if name := profileName(profile); name != "" {
		annotate(pod, key, name)
	}
}

func seccompKey(c *corev1.Container) string {
	return corev1.SeccompContainerAnnotationKeyPrefix + c.Name
}

// profileName is a field as an annotation; empty for what annotations cannot say.
func profileName(profile *corev1.SeccompProfile) string {
	switch {
	case profile == nil:
		return ""
	case profile.Type == corev1.SeccompProfileTypeUnconfined:
		return corev1.SeccompProfileNameUnconfined
	case profile.Type == corev1.SeccompProfileTypeRuntimeDefault:
		return corev1.SeccompProfileRuntimeDefault
	case profile.Type == corev1.SeccompProfileTypeLocalhost && profile.LocalhostProfile != nil:
		return corev1.SeccompLocalhostProfileNamePrefix + *profile.LocalhostProfile
	default:
		return ""
	}
}

// profileOf is an annotation as a field; nil for what fields cannot say.
func profileOf(name string) *corev1.SeccompProfile {
	switch {
	case name == corev1.SeccompProfileNameUnconfined:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	case name == corev1.SeccompProfileRuntimeDefault, name == corev1.DeprecatedSeccompProfileDockerDefault:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	case strings.HasPrefix(name, corev1.SeccompLocalhostProfileNamePrefix) && name != corev1.SeccompLocalhostProfileNamePrefix:
		file := strings.TrimPrefix(name, corev1.SeccompLocalhostProfileNamePrefix)
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &file}
	default:
		return nil
	}
}
