package psp

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Under what condition a policy writes.
const (
	whenNotSet       = "where it is not set"
	whenNobodySets   = "where neither pod nor container sets it"
	whenNotDropped   = "where the container does not drop it"
	whenDropMissing  = "where the container does not drop it already"
	whenUserOpen     = "where neither runAsUser nor runAsNonRoot is set"
	whenSeccompOpen  = "where the pod names no profile"
	whenAppArmorOpen = "where the container has none"
)

// writes are the fields of pods that the policy fills in when they are made, [*] for each container and init container.
func (p *Policy) writes() []report.PSPWrite {
	const container = "spec.containers[*].securityContext."
	all := []report.PSPWrite{}
	add := func(field, path, value, when string) {
		all = append(all, report.PSPWrite{Field: field, Path: path, Value: value, When: when})
	}
	s := &p.Spec
	if len(s.DefaultAddCapabilities) > 0 {
		add("spec.defaultAddCapabilities", container+"capabilities.add", list(s.DefaultAddCapabilities), whenNotDropped)
	}
	if len(s.RequiredDropCapabilities) > 0 {
		add("spec.requiredDropCapabilities", container+"capabilities.drop", list(s.RequiredDropCapabilities), whenDropMissing)
	}
	if s.SELinux.Rule == MustRunAs && s.SELinux.Options != nil {
		add("spec.seLinux", "spec.securityContext.seLinuxOptions", seLinuxLabel(s.SELinux.Options), whenNotSet)
	}
	if s.RunAsUser.Rule == MustRunAsNonRoot {
		add("spec.runAsUser", container+"runAsNonRoot", "true", whenUserOpen)
	}
	if id, must := s.RunAsUser.first(); must {
		add("spec.runAsUser", container+"runAsUser", id, whenNobodySets)
	}
	if s.RunAsGroup != nil {
		if id, must := s.RunAsGroup.first(); must {
			add("spec.runAsGroup", container+"runAsGroup", id, whenNobodySets)
		}
	}
	if id, must := s.SupplementalGroups.first(); must {
		add("spec.supplementalGroups", "spec.securityContext.supplementalGroups", "["+id+"]", whenNotSet)
	}
	if id, must := s.FSGroup.first(); must {
		add("spec.fsGroup", "spec.securityContext.fsGroup", id, whenNotSet)
	}
	if s.ReadOnlyRootFilesystem {
		add("spec.readOnlyRootFilesystem", container+"readOnlyRootFilesystem", "true", whenNotSet)
	}
	// The default is asked first, and leaves nothing for the other field to fill in.
	if escalation := container + "allowPrivilegeEscalation"; s.DefaultAllowPrivilegeEscalation != nil {
		add("spec.defaultAllowPrivilegeEscalation", escalation, boolean(s.DefaultAllowPrivilegeEscalation), whenNotSet)
	} else if !p.allowsEscalation() {
		add("spec.allowPrivilegeEscalation", escalation, "false", whenNotSet)
	}
	if s.RuntimeClass != nil && s.RuntimeClass.DefaultRuntimeClassName != nil {
		add("spec.runtimeClass.defaultRuntimeClassName", "spec.runtimeClassName", *s.RuntimeClass.DefaultRuntimeClassName, whenNotSet)
	}
	return append(all, p.profileWrites()...)
}

// profileWrites are the default profiles. The server keeps seccomp's annotation and field in line, so that both appear.
func (p *Policy) profileWrites() []report.PSPWrite {
	var list []report.PSPWrite
	if name := p.Annotations[SeccompDefaultAnnotation]; name != "" {
		list = append(list, report.PSPWrite{
			Field: seccompDefaultField, Path: "metadata.annotations[" + corev1.SeccompPodAnnotationKey + "]", Value: name, When: whenSeccompOpen,
		})
		if profile := profileOf(name); profile != nil {
			value := string(profile.Type)
			if profile.LocalhostProfile != nil {
				value += " " + *profile.LocalhostProfile
			}
			list = append(list, report.PSPWrite{
				Field: seccompDefaultField, Path: "spec.securityContext.seccompProfile", Value: value, When: whenSeccompOpen,
			})
		}
	}
	if name := p.Annotations[AppArmorDefaultAnnotation]; name != "" {
		list = append(list, report.PSPWrite{
			Field: appArmorDefaultField, Path: "metadata.annotations[" + corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "*]",
			Value: name, When: whenAppArmorOpen,
		})
	}
	return list
}

// first is the ID that MustRunAs writes.
func (i IDs) first() (id string, must bool) {
	if i.Rule != MustRunAs || len(i.Ranges) == 0 {
		return "", false
	}
	return strconv.FormatInt(i.Ranges[0].Min, 10), true
}
