package psp

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (p *Policy) refuseContainer(pod *corev1.Pod, c *corev1.Container, path *field.Path) field.ErrorList {
	sc, scPath := containerContext(pod, c), path.Child("securityContext")
	errs := p.refuseUser(scPath, sc)
	if ids := p.Spec.RunAsGroup; ids != nil {
		var group []int64
		if sc.RunAsGroup != nil {
			group = []int64{*sc.RunAsGroup}
		}
		errs = append(errs, ids.refuseGroups(scPath, group)...)
	}
	errs = append(errs, p.refuseSELinux(scPath.Child("seLinuxOptions"), sc.SELinuxOptions)...)
	errs = append(errs, p.refuseAppArmor(pod, c)...)
	errs = append(errs, p.refuseSeccomp(seccompKey(c), seccompOfContainer(pod, c))...)
	if sc.Privileged != nil && *sc.Privileged && !p.Spec.Privileged {
		errs = append(errs, field.Invalid(scPath.Child("privileged"), true, "Privileged containers are not allowed"))
	}
	errs = append(errs, p.refuseProcMount(scPath.Child("procMount"), sc.ProcMount)...)
	errs = append(errs, p.refuseCapabilities(scPath.Child("capabilities"), sc.Capabilities)...)
	errs = append(errs, p.refuseHostPorts(path.Child("hostPort"), c.Ports)...)
	if only := sc.ReadOnlyRootFilesystem; p.Spec.ReadOnlyRootFilesystem && only != nil && !*only {
		errs = append(errs, field.Invalid(scPath.Child("readOnlyRootFilesystem"), false,
			"ReadOnlyRootFilesystem must be set to true"))
	}
	if may := sc.AllowPrivilegeEscalation; !p.allowsEscalation() && may != nil && *may {
		errs = append(errs, field.Invalid(scPath.Child("allowPrivilegeEscalation"), true,
			"Allowing privilege escalation for containers is not allowed"))
	}
	return errs
}

func (p *Policy) refuseUser(path *field.Path, sc corev1.SecurityContext) field.ErrorList {
	user, nonRoot := sc.RunAsUser, sc.RunAsNonRoot
	switch {
	case p.Spec.RunAsUser.Rule == MustRunAs && user != nil && !p.Spec.RunAsUser.has(*user):
		return field.ErrorList{field.Invalid(path.Child("runAsUser"), *user,
			"must be in the ranges: "+p.Spec.RunAsUser.ranges())}
	case p.Spec.RunAsUser.Rule == MustRunAsNonRoot && nonRoot != nil && !*nonRoot:
		return field.ErrorList{field.Invalid(path.Child("runAsNonRoot"), false, "must be true")}
	case p.Spec.RunAsUser.Rule == MustRunAsNonRoot && user != nil && *user == 0:
		return field.ErrorList{field.Invalid(path.Child("runAsUser"), *user, "running with the root UID is forbidden")}
	}
	return nil
}

func appArmorKey(c *corev1.Container) string {
	return corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
}

// appArmorOf is the profile of a container: servers that have PodSecurityPolicy have no field for it.
func appArmorOf(pod *corev1.Pod, c *corev1.Container) string {
	return pod.Annotations[appArmorKey(c)]
}

// refuseAppArmor allows everything where there is no list, and nothing but profiles that are set where there is one:
// an empty entry does not make it voluntary, as it does for seccomp.
func (p *Policy) refuseAppArmor(pod *corev1.Pod, c *corev1.Container) field.ErrorList {
	allowed, found := p.Annotations[AppArmorAllowedAnnotation]
	if !found {
		return nil
	}
	path := field.NewPath("pod", "metadata", "annotations").Key(appArmorKey(c))
	profile := appArmorOf(pod, c)
	if profile == "" {
		return field.ErrorList{field.Forbidden(path, "AppArmor profile must be set")}
	}
	if !slices.Contains(strings.Split(allowed, ","), profile) {
		return field.ErrorList{field.Forbidden(path,
			fmt.Sprintf("%s is not an allowed profile. Allowed values: %q", profile, allowed))}
	}
	return nil
}

func (p *Policy) refuseProcMount(path *field.Path, own *corev1.ProcMountType) field.ErrorList {
	mount, allowed := corev1.DefaultProcMount, p.Spec.AllowedProcMountTypes
	if own != nil {
		mount = *own
	}
	if slices.Contains(allowed, mount) || len(allowed) == 0 && mount == corev1.DefaultProcMount {
		return nil
	}
	return field.ErrorList{field.Invalid(path, mount, "ProcMountType is not allowed")}
}

// refuseCapabilities need not look for what must be dropped: it has been written.
func (p *Policy) refuseCapabilities(path *field.Path, own *corev1.Capabilities) field.ErrorList {
	if own == nil || slices.Contains(p.Spec.AllowedCapabilities, All) {
		return nil
	}
	var errs field.ErrorList
	for _, name := range own.Add {
		if !slices.Contains(p.Spec.DefaultAddCapabilities, name) && !slices.Contains(p.Spec.AllowedCapabilities, name) {
			errs = append(errs, field.Invalid(path.Child("add"), string(name), "capability may not be added"))
		}
	}
	return errs
}

func (p *Policy) refuseHostPorts(path *field.Path, ports []corev1.ContainerPort) field.ErrorList {
	var errs field.ErrorList
	for _, port := range ports {
		in := func(r PortRange) bool { return r.Min <= port.HostPort && port.HostPort <= r.Max }
		if port.HostPort > 0 && !slices.ContainsFunc(p.Spec.HostPorts, in) {
			errs = append(errs, field.Invalid(path, port.HostPort, fmt.Sprintf(
				"Host port %d is not allowed to be used. Allowed ports: [%s]", port.HostPort, portRanges(p.Spec.HostPorts))))
		}
	}
	return errs
}

func portRanges(ranges []PortRange) string {
	texts := make([]string, 0, len(ranges))
	for _, r := range ranges {
		texts = append(texts, r.String())
	}
	return strings.Join(texts, ",")
}
