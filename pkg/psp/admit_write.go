package psp

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// write fills in what a pod leaves open and the policy has a value for. It never changes what a pod does say, and never
// shares memory with the policy.
func (p *Policy) write(pod *corev1.Pod) {
	p.writePod(pod)
	eachContainer(pod, func(c *corev1.Container, _ *field.Path) { p.writeContainer(pod, c) })
}

func (p *Policy) writePod(pod *corev1.Pod) {
	// An empty security context is not none: the pod must not get one that it does not need, or it counts as mutated.
	sc, above := podContext(pod), pod.Spec.SecurityContext
	wrote := false
	if sc.SupplementalGroups == nil && p.Spec.SupplementalGroups.Rule == MustRunAs {
		sc.SupplementalGroups, wrote = []int64{p.Spec.SupplementalGroups.Ranges[0].Min}, true
	}
	if sc.FSGroup == nil && p.Spec.FSGroup.Rule == MustRunAs {
		sc.FSGroup, wrote = new(p.Spec.FSGroup.Ranges[0].Min), true
	}
	if sc.SELinuxOptions == nil && p.Spec.SELinux.Rule == MustRunAs {
		sc.SELinuxOptions, wrote = p.Spec.SELinux.Options.DeepCopy(), true
	}
	if profile := p.seccompFor(pod); profile != "" {
		annotate(pod, corev1.SeccompPodAnnotationKey, profile)
	}
	if wrote && above == nil {
		pod.Spec.SecurityContext = &sc
	} else if wrote {
		*above = sc
	}
	if rc := p.Spec.RuntimeClass; rc != nil && rc.DefaultRuntimeClassName != nil && pod.Spec.RuntimeClassName == nil {
		pod.Spec.RuntimeClassName = new(*rc.DefaultRuntimeClassName)
	}
}

// writeContainer has nothing to say of SELinux: where that is a must, the pod already has it.
func (p *Policy) writeContainer(pod *corev1.Pod, c *corev1.Container) {
	effective := containerContext(pod, c)
	var sc corev1.SecurityContext
	if c.SecurityContext != nil {
		sc = *c.SecurityContext
	}
	wrote := false
	if effective.RunAsUser == nil && p.Spec.RunAsUser.Rule == MustRunAs {
		sc.RunAsUser, wrote = new(p.Spec.RunAsUser.Ranges[0].Min), true
	}
	if effective.RunAsGroup == nil && p.Spec.RunAsGroup != nil && p.Spec.RunAsGroup.Rule == MustRunAs {
		sc.RunAsGroup, wrote = new(p.Spec.RunAsGroup.Ranges[0].Min), true
	}
	if profile := p.Annotations[AppArmorDefaultAnnotation]; profile != "" && appArmorOf(pod, c) == "" {
		annotate(pod, appArmorKey(c), profile)
	}
	if effective.RunAsNonRoot == nil && effective.RunAsUser == nil && p.Spec.RunAsUser.Rule == MustRunAsNonRoot {
		sc.RunAsNonRoot, wrote = new(true), true
	}
	if capabilities := p.capabilitiesFor(sc.Capabilities); capabilities != sc.Capabilities {
		sc.Capabilities, wrote = capabilities, true
	}
	if sc.ReadOnlyRootFilesystem == nil && p.Spec.ReadOnlyRootFilesystem {
		sc.ReadOnlyRootFilesystem, wrote = new(true), true
	}
	if sc.AllowPrivilegeEscalation == nil && p.Spec.DefaultAllowPrivilegeEscalation != nil {
		sc.AllowPrivilegeEscalation, wrote = new(*p.Spec.DefaultAllowPrivilegeEscalation), true
	}
	if sc.AllowPrivilegeEscalation == nil && !p.allowsEscalation() {
		sc.AllowPrivilegeEscalation, wrote = new(false), true
	}
	if wrote {
		c.SecurityContext = &sc
	}
}

// capabilitiesFor adds what the policy adds, unless the container drops that very name, and drops what it must drop.
// It returns what it was given where that is all there already; else the plug-in sorts the lists.
func (p *Policy) capabilitiesFor(own *corev1.Capabilities) *corev1.Capabilities {
	var ownAdd, ownDrop sets.Set[corev1.Capability]
	if own != nil {
		ownAdd, ownDrop = sets.New(own.Add...), sets.New(own.Drop...)
	}
	add := ownAdd.Union(sets.New(p.Spec.DefaultAddCapabilities...).Difference(ownDrop))
	drop := ownDrop.Union(sets.New(p.Spec.RequiredDropCapabilities...))
	if len(add) == len(ownAdd) && len(drop) == len(ownDrop) {
		return own
	}
	return &corev1.Capabilities{Add: sorted(add), Drop: sorted(drop)}
}

func sorted(s sets.Set[corev1.Capability]) []corev1.Capability {
	list := s.UnsortedList()
	slices.Sort(list)
	if len(list) == 0 {
		return nil
	}
	return list
}

func annotate(pod *corev1.Pod, key, value string) {
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[key] = value
}
