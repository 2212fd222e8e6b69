package psp

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// Harden writes into a copy of a template what policies make of its pods, so that the pods come out the same once no
// policy writes any more. Containers that after alone has are none of the template's business, and neither are fields that
// no policy writes. Seccomp ends up in fields, and its annotations, which newer servers do not read, go where a field says
// the same; AppArmor stays in annotations: servers before 1.30 have no field for it, and later ones read both.
func Harden(template *corev1.PodTemplateSpec, after *corev1.Pod) (out *corev1.PodTemplateSpec) {
	out, after = template.DeepCopy(), after.DeepCopy()
	out.Spec.RuntimeClassName = either(after.Spec.RuntimeClassName, out.Spec.RuntimeClassName)
	hardenPod(out, after)
	hardenContainers(out, out.Spec.InitContainers, after, after.Spec.InitContainers)
	hardenContainers(out, out.Spec.Containers, after, after.Spec.Containers)
	if len(out.Annotations) == 0 && len(template.Annotations) > 0 {
		out.Annotations = nil
	}
	return out
}

func hardenPod(out *corev1.PodTemplateSpec, after *corev1.Pod) {
	from, sc := podContext(after), &corev1.PodSecurityContext{}
	if out.Spec.SecurityContext != nil {
		sc = out.Spec.SecurityContext
	}
	sc.FSGroup = either(from.FSGroup, sc.FSGroup)
	if len(from.SupplementalGroups) > 0 {
		sc.SupplementalGroups = from.SupplementalGroups
	}
	sc.SELinuxOptions = either(from.SELinuxOptions, sc.SELinuxOptions)
	sc.SeccompProfile = moveSeccomp(out, corev1.SeccompPodAnnotationKey, after, either(from.SeccompProfile, sc.SeccompProfile))
	if !equality.Semantic.DeepEqual(sc, &corev1.PodSecurityContext{}) {
		out.Spec.SecurityContext = sc
	}
}

// hardenContainers goes by name.
func hardenContainers(out *corev1.PodTemplateSpec, own []corev1.Container, after *corev1.Pod, theirs []corev1.Container) {
	for i := range own {
		j := slices.IndexFunc(theirs, func(c corev1.Container) bool { return c.Name == own[i].Name })
		if j < 0 {
			continue
		}
		hardenContainer(out, &own[i], after, &theirs[j])
		key := appArmorKey(&own[i])
		if profile := appArmorOf(after, &own[i]); profile != "" && out.Annotations[key] == "" && !appArmorField(out, &own[i]) {
			setAnnotation(out, key, profile)
		}
	}
}

func hardenContainer(out *corev1.PodTemplateSpec, own *corev1.Container, after *corev1.Pod, theirs *corev1.Container) {
	from, sc := ownContext(theirs), &corev1.SecurityContext{}
	if own.SecurityContext != nil {
		sc = own.SecurityContext
	}
	sc.AllowPrivilegeEscalation = either(from.AllowPrivilegeEscalation, sc.AllowPrivilegeEscalation)
	was, is := ownCapabilities(*sc), ownCapabilities(from)
	if from.Capabilities != nil && !(sameSet(was.Add, is.Add) && sameSet(was.Drop, is.Drop)) {
		sc.Capabilities = from.Capabilities
	}
	sc.ReadOnlyRootFilesystem = either(from.ReadOnlyRootFilesystem, sc.ReadOnlyRootFilesystem)
	sc.RunAsGroup = either(from.RunAsGroup, sc.RunAsGroup)
	sc.RunAsNonRoot = either(from.RunAsNonRoot, sc.RunAsNonRoot)
	sc.RunAsUser = either(from.RunAsUser, sc.RunAsUser)
	sc.SELinuxOptions = either(from.SELinuxOptions, sc.SELinuxOptions)
	sc.SeccompProfile = moveSeccomp(out, seccompKey(own), after, either(from.SeccompProfile, sc.SeccompProfile))
	if !equality.Semantic.DeepEqual(sc, &corev1.SecurityContext{}) {
		own.SecurityContext = sc
	}
}

// either is the first value that is there.
func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}

// moveSeccomp is the profile that belongs into the field: the field's, or the one of the pod's annotation. The template
// loses its annotation where the field says the same.
func moveSeccomp(out *corev1.PodTemplateSpec, key string, after *corev1.Pod, field *corev1.SeccompProfile) *corev1.SeccompProfile {
	if field == nil {
		field = profileOf(after.Annotations[key])
	}
	if own := out.Annotations[key]; own != "" && sameProfile(profileOf(own), field) {
		delete(out.Annotations, key)
	}
	return field
}

// appArmorField says whether a template has the field that newer servers turn into an annotation.
func appArmorField(t *corev1.PodTemplateSpec, c *corev1.Container) bool {
	return c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil ||
		t.Spec.SecurityContext != nil && t.Spec.SecurityContext.AppArmorProfile != nil
}

func setAnnotation(t *corev1.PodTemplateSpec, key, value string) {
	if t.Annotations == nil {
		t.Annotations = map[string]string{}
	}
	t.Annotations[key] = value
}
