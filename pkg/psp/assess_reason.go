package psp

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// reasons are the fields for which the policy is not restricted. Each stands against the loosest level that forbids it.
func (p *Policy) reasons() []report.PSPReason {
	l := reasonList{}
	p.privilegeReasons(&l)
	p.hostReasons(&l)
	p.userReasons(&l)
	p.profileReasons(&l)
	return l
}

type reasonList []report.PSPReason

// baseline notes what baseline forbids, and restricted with it.
func (l *reasonList) baseline(field, value, text string) {
	l.add(api.LevelBaseline, field, value, text)
}

// restricted notes what only restricted forbids.
func (l *reasonList) restricted(field, value, text string) {
	l.add(api.LevelRestricted, field, value, text)
}

func (l *reasonList) add(against api.Level, field, value, text string) {
	*l = append(*l, report.PSPReason{Field: field, Value: value, Against: string(against), Text: text})
}

// aside marks the last reason as one that matters only to nodes with SELinux or AppArmor.
func (l reasonList) aside() { l[len(l)-1].Aside = true }

// privilegeReasons are about privileged containers and capabilities.
func (p *Policy) privilegeReasons(l *reasonList) {
	s := &p.Spec
	if s.Privileged {
		l.baseline("spec.privileged", "true", "containers may be privileged, which is root on the node")
	}
	capabilityReason(l, "spec.defaultAddCapabilities", s.DefaultAddCapabilities, "containers are given ")
	if !slices.Contains(s.RequiredDropCapabilities, allCapabilities) {
		l.restricted("spec.requiredDropCapabilities", listed(s.RequiredDropCapabilities), "containers need not drop ALL capabilities")
	}
	capabilityReason(l, "spec.allowedCapabilities", s.AllowedCapabilities, "containers may add ")
	if p.allowsEscalation() {
		l.restricted("spec.allowPrivilegeEscalation", boolean(s.AllowPrivilegeEscalation),
			"containers may gain privileges that their parent process has not")
	}
}

// allCapabilities is what restricted wants dropped, to the letter.
const allCapabilities corev1.Capability = "ALL"

// netBindService is the one capability that restricted lets containers add.
const netBindService corev1.Capability = "NET_BIND_SERVICE"

// baselineCapabilities are those that baseline lets containers add: what a container runtime gives anyway, without NET_RAW.
func baselineCapabilities() []corev1.Capability {
	return []corev1.Capability{
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", netBindService, "SETFCAP", "SETGID",
		"SETPCAP", "SETUID", "SYS_CHROOT",
	}
}

func capabilityReason(l *reasonList, field string, all []corev1.Capability, what string) {
	if slices.Contains(all, All) {
		l.baseline(field, list(all), what+"any capability")
	} else if beyond := without(all, baselineCapabilities()); len(beyond) > 0 {
		l.baseline(field, list(all), what+words(beyond))
	} else if beyond := without(all, []corev1.Capability{netBindService}); len(beyond) > 0 {
		l.restricted(field, list(all), what+words(beyond))
	}
}

// hostReasons are about what pods share with the node.
func (p *Policy) hostReasons(l *reasonList) {
	s := &p.Spec
	p.volumeReason(l)
	if s.HostNetwork {
		l.baseline("spec.hostNetwork", "true", "pods may use the node's network")
	}
	if len(s.HostPorts) > 0 {
		l.baseline("spec.hostPorts", each(s.HostPorts, PortRange.String), "containers may listen on ports of the node")
	}
	if s.HostPID {
		l.baseline("spec.hostPID", "true", "pods may see the node's processes")
	}
	if s.HostIPC {
		l.baseline("spec.hostIPC", "true", "pods may use the node's shared memory")
	}
	if len(s.AllowedUnsafeSysctls) > 0 {
		l.baseline("spec.allowedUnsafeSysctls", list(s.AllowedUnsafeSysctls), "pods may set kernel parameters beyond the safe ones")
	}
	if masked := []corev1.ProcMountType{corev1.DefaultProcMount}; len(without(s.AllowedProcMountTypes, masked)) > 0 {
		l.baseline("spec.allowedProcMountTypes", list(s.AllowedProcMountTypes), "containers may see /proc unmasked")
	}
}

// hostPathVolume is the type of volumes that baseline forbids.
const hostPathVolume = "hostPath"

// restrictedVolumes are the types that restricted allows, those that a policy can name.
func restrictedVolumes() []string {
	return []string{"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
}

func (p *Policy) volumeReason(l *reasonList) {
	const field = "spec.volumes"
	volumes := p.Spec.Volumes
	if slices.Contains(volumes, All) {
		l.baseline(field, list(volumes), "pods may use any type of volume, hostPath among them")
	} else if slices.Contains(volumes, hostPathVolume) {
		l.baseline(field, list(volumes), "pods may mount files of the node (hostPath)")
	} else if beyond := without(volumes, restrictedVolumes()); len(beyond) > 0 {
		l.restricted(field, list(volumes), "pods may use volumes of type "+words(beyond))
	}
}

// without are the items that are not among others, in their order.
func without[T comparable](items, others []T) []T {
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool { return slices.Contains(others, item) })
}
