package workload

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	// seccompAnnotationMinor is the last server minor that copies seccomp annotations of pods into fields.
	seccompAnnotationMinor = 26
	// seccompTwoWayMinor is the last one that also copies fields into annotations.
	seccompTwoWayMinor = 24
	// seccompDockerDefault is an older spelling of runtime/default.
	seccompDockerDefault = "docker/default"
)

// syncSeccomp does what the pod strategy of servers up to 1.26 does with seccomp annotations and fields on create
// (applySeccompVersionSkew; case 56).
func syncSeccomp(pod *corev1.Pod, minor int) {
	var field *corev1.SeccompProfile
	if sc := pod.Spec.SecurityContext; sc != nil {
		field = sc.SeccompProfile
	}
	if profile := syncSeccompKey(pod, corev1.SeccompPodAnnotationKey, field, minor); profile != nil {
		if pod.Spec.SecurityContext == nil {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
		}
		pod.Spec.SecurityContext.SeccompProfile = profile
	}
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			c := &containers[i]
			field = nil
			if c.SecurityContext != nil {
				field = c.SecurityContext.SeccompProfile
			}
			profile := syncSeccompKey(pod, corev1.SeccompContainerAnnotationKeyPrefix+c.Name, field, minor)
			if profile == nil {
				continue
			}
			if c.SecurityContext == nil {
				c.SecurityContext = &corev1.SecurityContext{}
			}
			c.SecurityContext.SeccompProfile = profile
		}
	}
}

// syncSeccompKey writes a field's annotation where only the field is set, and returns the field to set where only the
// annotation is.
func syncSeccompKey(pod *corev1.Pod, key string, field *corev1.SeccompProfile, minor int) *corev1.SeccompProfile {
	annotation, annotated := pod.Annotations[key]
	switch {
	case field == nil && annotated:
		return seccompOf(annotation)
	case field != nil && !annotated && minor <= seccompTwoWayMinor:
		if value := seccompAnnotation(field); value != "" {
			if pod.Annotations == nil {
				pod.Annotations = map[string]string{}
			}
			pod.Annotations[key] = value
		}
	}
	return nil
}

func seccompOf(annotation string) *corev1.SeccompProfile {
	switch annotation {
	case corev1.SeccompProfileNameUnconfined:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	case corev1.SeccompProfileRuntimeDefault, seccompDockerDefault:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	if name, ok := strings.CutPrefix(annotation, corev1.SeccompLocalhostProfileNamePrefix); ok && name != "" {
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &name}
	}
	return nil
}

func seccompAnnotation(p *corev1.SeccompProfile) string {
	switch p.Type {
	case corev1.SeccompProfileTypeUnconfined:
		return corev1.SeccompProfileNameUnconfined
	case corev1.SeccompProfileTypeRuntimeDefault:
		return corev1.SeccompProfileRuntimeDefault
	case corev1.SeccompProfileTypeLocalhost:
		if p.LocalhostProfile != nil {
			return corev1.SeccompLocalhostProfileNamePrefix + *p.LocalhostProfile
		}
	}
	return ""
}
