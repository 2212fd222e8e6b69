package psp

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// userReasons are about users and SELinux labels.
func (p *Policy) userReasons(l *reasonList) {
	s := &p.Spec
	p.seLinuxReason(l)
	switch s.RunAsUser.Rule {
	case MustRunAsNonRoot:
	case MustRunAs:
		text := "a user ID is asked for, but not runAsNonRoot, which restricted demands"
		if holdsRoot(s.RunAsUser.Ranges) {
			text = "containers may run as root"
		}
		l.restricted("spec.runAsUser", s.RunAsUser.String(), text)
	default:
		l.restricted("spec.runAsUser", s.RunAsUser.String(), "containers may run as root")
	}
}

func holdsRoot(ranges []IDRange) bool {
	return slices.ContainsFunc(ranges, func(r IDRange) bool { return r.Min <= 0 && r.Max >= 0 })
}

// seLinuxReason knows the types of the official table. A label that levels forbid is not left aside where the policy writes
// it: Pod Security then refuses every pod, whether its node has SELinux or not.
func (p *Policy) seLinuxReason(l *reasonList) {
	const field = "spec.seLinux"
	s := p.Spec.SELinux
	if s.Rule != MustRunAs || s.Options == nil {
		l.baseline(field, s.String(), "pods may have any SELinux label")
		l.aside()
		return
	}
	var odd []string
	if s.Options.User != "" {
		odd = append(odd, "user "+s.Options.User)
	}
	if s.Options.Role != "" {
		odd = append(odd, "role "+s.Options.Role)
	}
	if !slices.Contains([]string{"", "container_t", "container_init_t", "container_kvm_t"}, s.Options.Type) {
		odd = append(odd, "type "+s.Options.Type)
	}
	if len(odd) > 0 {
		l.baseline(field, s.String(), "pods are given the SELinux "+strings.Join(odd, ", "))
	}
}

// profileReasons are about seccomp and AppArmor, whose absent lists say the opposite of each other: no seccomp profile may
// be set, any AppArmor profile may.
func (p *Policy) profileReasons(l *reasonList) {
	names, found := p.profiles(SeccompAllowedAnnotation)
	value := p.annotation(SeccompAllowedAnnotation)
	switch odd := unconfining(names); {
	case slices.Contains(names, All):
		l.baseline(seccompAllowedField, value, "any seccomp profile may be set, unconfined among them")
	case len(odd) > 0:
		l.baseline(seccompAllowedField, value, "the seccomp profile may be "+strings.Join(odd, ", "))
	case !found || value == `""`:
		l.restricted(seccompAllowedField, value, "no seccomp profile may be set, and restricted demands one")
	case slices.Contains(names, ""):
		l.restricted(seccompAllowedField, value, "the seccomp profile may be left out")
	}

	p.appArmorReason(l)
}

// appArmorReason is left aside: the policy leaves it to pods. One that writes "unconfined" is an exception of the table.
func (p *Policy) appArmorReason(l *reasonList) {
	names, found := p.profiles(AppArmorAllowedAnnotation)
	value := p.annotation(AppArmorAllowedAnnotation)
	switch odd := unconfining(names); {
	case !found:
		l.baseline(appArmorAllowedField, value, "any AppArmor profile may be set, unconfined among them")
	case len(odd) > 0:
		l.baseline(appArmorAllowedField, value, "the AppArmor profile may be "+strings.Join(odd, ", "))
	case slices.Contains(names, ""):
		l.restricted(appArmorAllowedField, value, "an empty entry lets the profile be left out, says the official table")
	default:
		return
	}
	l.aside()
}

// profiles are the entries of a list of profiles; an empty one stands for none.
func (p *Policy) profiles(key string) (names []string, found bool) {
	value, found := p.Annotations[key]
	if !found {
		return nil, false
	}
	return strings.Split(value, ","), true
}

// unconfining are the profiles that no level but privileged allows. docker/default is an older name of runtime/default.
func unconfining(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "" || name == corev1.SeccompProfileRuntimeDefault || name == corev1.DeprecatedSeccompProfileDockerDefault ||
			strings.HasPrefix(name, corev1.SeccompLocalhostProfileNamePrefix)
	})
}
