package standard

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Annotations that held seccomp profiles before v1.19.
const (
	seccompPodAnnotation             = "seccomp.security.alpha.kubernetes.io/pod"
	seccompContainerAnnotationPrefix = "container.seccomp.security.alpha.kubernetes.io/"
)

// annotation is a field of the pod's annotations that concerns a container, or the pod where that is empty.
func annotation(key, container string, value any) Field {
	return Field{Path: field.NewPath("metadata", "annotations").Key(key).String(), Container: container, Value: value}
}

// appArmorProfile: pod and containers may set RuntimeDefault or Localhost; so may every AppArmor annotation, whether
// the container that it names exists or not. Servers that know no fields go by annotations alone.
func appArmorProfile(p pod) []Field {
	var found []Field
	if p.server >= appArmorFieldsSince {
		found = located(p.setters(), "appArmorProfile.type", appArmorType)
	}
	for _, key := range slices.Sorted(maps.Keys(p.meta.Annotations)) {
		container, isAppArmor := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		value := p.meta.Annotations[key]
		if isAppArmor && value != "" && value != corev1.DeprecatedAppArmorBetaProfileRuntimeDefault &&
			!strings.HasPrefix(value, corev1.DeprecatedAppArmorBetaProfileNamePrefix) {
			found = append(found, annotation(key, container, value))
		}
	}
	return found
}

// appArmorType is the type of the profile that is set in a place, and whether it is bad.
func appArmorType(s setter) (value any, bad bool) {
	profile := s.context.AppArmorProfile
	if profile == nil {
		return nil, false
	}
	return orNil(profile.Type), profile.Type != corev1.AppArmorProfileTypeRuntimeDefault &&
		profile.Type != corev1.AppArmorProfileTypeLocalhost
}

// seccompAnnotations: the pod's annotation and those of its own containers must name a profile; empty is none.
func seccompAnnotations(p pod) []Field {
	var found []Field
	look := func(key, container string) {
		value, set := p.meta.Annotations[key]
		if !set || value == corev1.SeccompProfileRuntimeDefault || value == corev1.DeprecatedSeccompProfileDockerDefault ||
			strings.HasPrefix(value, corev1.SeccompLocalhostProfileNamePrefix) {
			return
		}
		// Containers of one name, which only a file can hold, share one annotation.
		if f := annotation(key, container, value); !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	look(seccompPodAnnotation, "")
	for _, s := range p.containers() {
		look(seccompContainerAnnotationPrefix+s.container.Name, s.container.Name)
	}
	return found
}

// badSeccompProfiles: pod and containers may set RuntimeDefault or Localhost.
func badSeccompProfiles(p pod) []Field {
	return located(p.setters(), "seccompProfile.type", seccompProfile)
}

// requiredSeccompProfile: as before, and each container that sets none needs a pod that does. Upstream names those
// containers only when no profile is bad; they are found all the same, unless the pod's own bad profile is what they
// would inherit.
func requiredSeccompProfile(p pod) []Field {
	inherited := podSetter(p.spec).context.SeccompProfile
	return located(p.setters(), "seccompProfile.type", func(s setter) (any, bool) {
		if s.context.SeccompProfile == nil {
			return nil, s.container != nil && inherited == nil
		}
		return seccompProfile(s)
	})
}

// seccompProfile is the type of the profile that is set in a place, and whether it is bad.
func seccompProfile(s setter) (value any, bad bool) {
	profile := s.context.SeccompProfile
	if profile == nil {
		return nil, false
	}
	return orNil(profile.Type), profile.Type != corev1.SeccompProfileTypeRuntimeDefault &&
		profile.Type != corev1.SeccompProfileTypeLocalhost
}

// seLinuxOptions: pod and containers may set one of a few types, and neither user nor role. A revision allows the
// types that were known by then.
func seLinuxOptions(revision int) locator {
	types := []string{"", "container_t", "container_init_t", "container_kvm_t"}
	if revision >= 31 {
		types = append(types, "container_engine_t")
	}
	return func(p pod) []Field {
		var found []Field
		for _, s := range p.setters() {
			o := s.context.SELinuxOptions
			if o == nil {
				continue
			}
			if !slices.Contains(types, o.Type) {
				found = append(found, s.secured("seLinuxOptions.type", o.Type))
			}
			if o.User != "" {
				found = append(found, s.secured("seLinuxOptions.user", o.User))
			}
			if o.Role != "" {
				found = append(found, s.secured("seLinuxOptions.role", o.Role))
			}
		}
		return found
	}
}
