package psp

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

type beyondList []report.PSPBeyond

func (l *beyondList) add(field, value, text string) {
	*l = append(*l, report.PSPBeyond{Field: field, Value: value, Text: text})
}

// beyond are the demands that get lost with the policy, whatever level takes its place. That a policy allows fewer of the
// capabilities or volume types than its level does is not among them: it is so for nearly all of them.
func (p *Policy) beyond() []report.PSPBeyond {
	l := beyondList{}
	p.capabilitiesBeyond(&l)
	p.hostBeyond(&l)
	p.userBeyond(&l)
	p.profilesBeyond(&l)
	return l
}

func (p *Policy) capabilitiesBeyond(l *beyondList) {
	s := &p.Spec
	if allowed := s.AllowedCapabilities; !slices.Contains(allowed, All) && len(without(allowed, baselineCapabilities())) > 0 {
		l.add("spec.allowedCapabilities", list(allowed), "of the capabilities that baseline forbids only these; privileged allows all")
	}
	if odd := without(s.RequiredDropCapabilities, []corev1.Capability{allCapabilities}); len(odd) > 0 {
		l.add("spec.requiredDropCapabilities", list(s.RequiredDropCapabilities), "dropping "+words(odd)+" by name: a level knows ALL or nothing")
	}
	if s.ReadOnlyRootFilesystem {
		l.add("spec.readOnlyRootFilesystem", "true", "root filesystems that cannot be written: no level asks for them")
	}
}

func (p *Policy) hostBeyond(l *beyondList) {
	s := &p.Spec
	if len(s.Volumes) == 0 {
		l.add("spec.volumes", listed(s.Volumes), "no volumes at all, not even the one of a service account's token")
	}
	if len(s.HostPorts) > 0 {
		l.add("spec.hostPorts", each(s.HostPorts, PortRange.String), "these ports of the node only: a level allows all or none")
	}
	// These lists say nothing where the type of volume is not allowed.
	may := func(volume string) bool { return slices.Contains(s.Volumes, volume) || slices.Contains(s.Volumes, All) }
	if len(s.AllowedHostPaths) > 0 && may(hostPathVolume) {
		l.add("spec.allowedHostPaths", each(s.AllowedHostPaths, HostPath.String), "these paths of the node only: a level allows all or none")
	}
	if len(s.AllowedFlexVolumes) > 0 && may("flexVolume") {
		l.add("spec.allowedFlexVolumes", each(s.AllowedFlexVolumes, flexDriver),
			"these drivers only: a level allows all or none")
	}
	if len(s.AllowedCSIDrivers) > 0 && may("csi") {
		l.add("spec.allowedCSIDrivers", each(s.AllowedCSIDrivers, csiDriver),
			"these drivers of inline volumes only: every level allows all")
	}
	if unsafe := s.AllowedUnsafeSysctls; len(unsafe) > 0 && !slices.Contains(unsafe, All) {
		l.add("spec.allowedUnsafeSysctls", list(unsafe), "these kernel parameters only: a level allows all or the safe ones")
	}
	if len(s.ForbiddenSysctls) > 0 {
		l.add("spec.forbiddenSysctls", list(s.ForbiddenSysctls), "kernel parameters that are refused although they may be safe ones")
	}
	if rc := s.RuntimeClass; rc != nil && !slices.Contains(rc.AllowedRuntimeClassNames, All) {
		l.add("spec.runtimeClass.allowedRuntimeClassNames", list(rc.AllowedRuntimeClassNames), "these runtime classes only: no level looks at them")
	}
}

func (p *Policy) userBeyond(l *beyondList) {
	s := &p.Spec
	if s.SELinux.Rule == MustRunAs && s.SELinux.Options != nil {
		l.add("spec.seLinux", s.SELinux.String(), "this very SELinux label: a level only knows types, users and roles that are wrong")
	}
	if s.RunAsUser.Rule == MustRunAs {
		l.add("spec.runAsUser", s.RunAsUser.String(), "user IDs within ranges: a level knows root and others")
	}
	groups := []struct {
		field string
		ids   *IDs
	}{{"spec.runAsGroup", s.RunAsGroup}, {"spec.supplementalGroups", &s.SupplementalGroups}, {"spec.fsGroup", &s.FSGroup}}
	for _, g := range groups {
		if g.ids != nil && (g.ids.Rule == MustRunAs || g.ids.Rule == MayRunAs) {
			l.add(g.field, g.ids.String(), "group IDs within ranges: no level looks at them")
		}
	}
}

func (p *Policy) profilesBeyond(l *beyondList) {
	names, found := p.profiles(SeccompAllowedAnnotation)
	if value := p.annotation(SeccompAllowedAnnotation); !found || value == `""` {
		l.add(seccompAllowedField, value, "no seccomp profile, not even RuntimeDefault: every level allows that one")
	} else if localhost(names) && !slices.Contains(names, All) {
		l.add(seccompAllowedField, value, "these seccomp profiles of the node only: every level allows all")
	}
	if names, found := p.profiles(AppArmorAllowedAnnotation); found {
		text := "an AppArmor profile on every container: no level asks for one"
		if localhost(names) {
			text = "one of these AppArmor profiles on every container: a level asks for none and allows all of the node"
		}
		l.add(appArmorAllowedField, p.annotation(AppArmorAllowedAnnotation), text)
	}
}

// localhost says whether profiles of the node are among those.
func localhost(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return strings.HasPrefix(name, corev1.SeccompLocalhostProfileNamePrefix)
	})
}
