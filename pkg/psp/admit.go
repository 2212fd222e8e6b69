package psp

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Admit returns what a policy makes of a new pod, and what it has against the result, in the words of the plug-in of
// 1.24. The pod is one as plug-ins see it: with the API's defaults and the volume of its token (WithToken); it is left
// as it is. What comes back is the pod as it is stored, with seccomp told both by fields and by annotations, but for
// Annotation. A refused pod comes back as it was when it was refused.
func (p *Policy) Admit(pod *corev1.Pod) (after *corev1.Pod, errs field.ErrorList) {
	after, _, errs = p.admit(pod)
	return after, errs
}

// admit also says whether the policy itself wrote anything: seccomp's fields and annotations are brought into line by
// the server, whatever the policy.
func (p *Policy) admit(pod *corev1.Pod) (after *corev1.Pod, mutated bool, errs field.ErrorList) {
	after = pod.DeepCopy()
	if errs := p.Ignored(); len(errs) > 0 {
		return after, false, errs
	}
	p.write(after)
	if errs := p.refuse(after); len(errs) > 0 {
		return after, false, errs
	}
	mutated = !equality.Semantic.DeepEqual(pod, after)
	syncSeccomp(after)
	return after, mutated, nil
}

// Ignored says why the plug-in never considers a policy that the API has taken all the same: MustRunAs without anything
// that pods must run as.
func (p *Policy) Ignored() field.ErrorList {
	spec := field.NewPath("spec")
	errs := rangesMissing(spec.Child("runAsUser"), p.Spec.RunAsUser, MustRunAs, RunAsAny, MustRunAsNonRoot)
	if p.Spec.RunAsGroup != nil {
		errs = append(errs, rangesMissing(spec.Child("runAsGroup"), *p.Spec.RunAsGroup, MustRunAs, RunAsAny, MayRunAs)...)
	}
	switch path := spec.Child("seLinux"); {
	case p.Spec.SELinux.Rule == MustRunAs && p.Spec.SELinux.Options == nil:
		errs = append(errs, field.Required(path.Child("seLinuxOptions"), "MustRunAs needs the options that are a must"))
	case p.Spec.SELinux.Rule != MustRunAs && p.Spec.SELinux.Rule != RunAsAny:
		errs = append(errs, field.NotSupported(path.Child("rule"), p.Spec.SELinux.Rule, []string{MustRunAs, RunAsAny}))
	}
	errs = append(errs, rangesMissing(spec.Child("fsGroup"), p.Spec.FSGroup, MustRunAs, RunAsAny, MayRunAs)...)
	return append(errs, rangesMissing(spec.Child("supplementalGroups"), p.Spec.SupplementalGroups,
		MustRunAs, RunAsAny, MayRunAs)...)
}

// rangesMissing is why a strategy for IDs cannot work.
func rangesMissing(path *field.Path, ids IDs, rules ...string) field.ErrorList {
	for _, rule := range rules {
		if ids.Rule != rule {
			continue
		}
		if (rule == MustRunAs || rule == MayRunAs) && len(ids.Ranges) == 0 {
			return field.ErrorList{field.Required(path.Child("ranges"), rule+" needs at least one range")}
		}
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("rule"), ids.Rule, rules)}
}

// allowsEscalation knows the API's default.
func (p *Policy) allowsEscalation() bool {
	return p.Spec.AllowPrivilegeEscalation == nil || *p.Spec.AllowPrivilegeEscalation
}

// eachContainer visits the containers of a pod of all three kinds, in the plug-in's order.
func eachContainer(pod *corev1.Pod, visit func(c *corev1.Container, path *field.Path)) {
	spec := field.NewPath("spec")
	for i := range pod.Spec.InitContainers {
		visit(&pod.Spec.InitContainers[i], spec.Child("initContainers").Index(i))
	}
	for i := range pod.Spec.Containers {
		visit(&pod.Spec.Containers[i], spec.Child("containers").Index(i))
	}
	for i := range pod.Spec.EphemeralContainers {
		c := (*corev1.Container)(&pod.Spec.EphemeralContainers[i].EphemeralContainerCommon)
		visit(c, spec.Child("ephemeralContainers").Index(i))
	}
}

// podContext reads the security context of a pod, which may have none.
func podContext(pod *corev1.Pod) corev1.PodSecurityContext {
	if pod.Spec.SecurityContext == nil {
		return corev1.PodSecurityContext{}
	}
	return *pod.Spec.SecurityContext
}

// containerContext reads the security context of a container with what it has from its pod.
func containerContext(pod *corev1.Pod, c *corev1.Container) corev1.SecurityContext {
	var sc corev1.SecurityContext
	if c.SecurityContext != nil {
		sc = *c.SecurityContext
	}
	above := podContext(pod)
	if sc.SELinuxOptions == nil {
		sc.SELinuxOptions = above.SELinuxOptions
	}
	if sc.RunAsUser == nil {
		sc.RunAsUser = above.RunAsUser
	}
	if sc.RunAsGroup == nil {
		sc.RunAsGroup = above.RunAsGroup
	}
	if sc.RunAsNonRoot == nil {
		sc.RunAsNonRoot = above.RunAsNonRoot
	}
	return sc
}
