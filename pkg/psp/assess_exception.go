package psp

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// exception says what the mapping overlooks in this policy. The mapping goes field by field; what pods get through depends
// on what the server itself refuses, on fields that it drops, and on what Pod Security learned later.
func (p *Policy) exception() string {
	if why := p.admitsNothing(); why != "" {
		return why + ": it admits no pod at all."
	}
	level := strictest(p.reasons(), false)
	said := []string{}
	real := p.withoutEffect(&said)
	actual := strictest(real.reasons(), false)
	if actual == level {
		said = nil // what has no effect does not matter either: another field says the same
	}
	if actual == api.LevelRestricted {
		said = append(said, "MustRunAsNonRoot admits pods that set a runAsUser but not runAsNonRoot: true, and containers that "+
			"override runAsNonRoot: false or runAsUser: 0 of their pod, all of which restricted refuses.")
		actual = api.LevelBaseline
	}
	if actual != level {
		said = append(said, fmt.Sprintf("What it lets through amounts to %s.", actual))
	}
	if later := real.laterSysctls(actual); later != "" {
		said = append(said, later)
	}
	if o := p.Spec.SELinux.Options; p.Spec.SELinux.Rule == MustRunAs && o != nil && o.Type == containerEngine && o.User == "" && o.Role == "" {
		said = append(said, "Pod Security allows the SELinux type "+containerEngine+" from v1.31 on; the official table does not say so.")
	}
	return strings.Join(said, " ")
}

// containerEngine is a SELinux type that the official table does not know.
const containerEngine = "container_engine_t"

// admitsNothing is why no pod can satisfy a policy that the API takes all the same.
func (p *Policy) admitsNothing() string {
	if errs := p.Ignored(); len(errs) > 0 {
		return "The plug-in leaves the policy out (" + errs[0].Error() + ")"
	}
	names, _ := p.profiles(SeccompAllowedAnnotation)
	if p.Annotations[SeccompDefaultAnnotation] != "" && len(without(names, []string{""})) == 0 {
		return "The policy writes a seccomp profile and allows none"
	}
	if names, found := p.profiles(AppArmorAllowedAnnotation); found && len(without(names, []string{""})) == 0 {
		return "The policy demands an AppArmor profile and allows none"
	}
	return ""
}

// withoutEffect is a copy without what looks looser than it is, and says what that was.
func (p *Policy) withoutEffect(said *[]string) *Policy {
	c := *p
	if !p.allowsEscalation() {
		if c.Spec.Privileged {
			c.Spec.Privileged = false
			*said = append(*said, "Servers refuse privileged containers with allowPrivilegeEscalation: false, which the policy demands.")
		}
		// The server knows the capability by this name only, SYS_ADMIN gets through.
		admin := []corev1.Capability{"CAP_SYS_ADMIN"}
		added, allowed := without(p.Spec.DefaultAddCapabilities, admin), without(p.Spec.AllowedCapabilities, admin)
		if len(added) < len(p.Spec.DefaultAddCapabilities) || len(allowed) < len(p.Spec.AllowedCapabilities) {
			c.Spec.DefaultAddCapabilities, c.Spec.AllowedCapabilities = added, allowed
			*said = append(*said, "Servers refuse CAP_SYS_ADMIN with allowPrivilegeEscalation: false, which the policy demands.")
		}
	}
	c.Spec.HostPorts = slices.DeleteFunc(slices.Clone(p.Spec.HostPorts), func(r PortRange) bool { return max(r.Min, 1) > min(r.Max, 65535) })
	if len(c.Spec.HostPorts) < len(p.Spec.HostPorts) {
		*said = append(*said, "No port is in some of spec.hostPorts.")
	}
	c.Spec.AllowedUnsafeSysctls = slices.DeleteFunc(slices.Clone(p.Spec.AllowedUnsafeSysctls), func(name string) bool {
		return sysctlSince(name) == oldest()
	})
	if len(c.Spec.AllowedUnsafeSysctls) < len(p.Spec.AllowedUnsafeSysctls) {
		*said = append(*said, "Kernel parameters that are safe are among spec.allowedUnsafeSysctls.")
	}
	if len(p.Spec.AllowedProcMountTypes) > 0 {
		c.Spec.AllowedProcMountTypes = nil
		*said = append(*said, "Servers whose alpha gate ProcMountType is off drop spec.allowedProcMountTypes.")
	}
	return &c
}

// laterSysctls is what becomes of the policy where Pod Security takes all of its sysctls to be safe.
func (p *Policy) laterSysctls(now api.Level) string {
	since := oldest()
	for _, name := range p.Spec.AllowedUnsafeSysctls {
		allowed := sysctlSince(name)
		if allowed == api.LatestVersion() {
			return ""
		}
		if since.Older(allowed) {
			since = allowed
		}
	}
	c := *p
	c.Spec.AllowedUnsafeSysctls = nil
	then := strictest(c.reasons(), false)
	if then == api.LevelRestricted {
		then = api.LevelBaseline // for the sake of MustRunAsNonRoot
	}
	if then == now || len(p.Spec.AllowedUnsafeSysctls) == 0 {
		return ""
	}
	return fmt.Sprintf("From %s on every level allows %s, and the policy amounts to %s there.", since, words(p.Spec.AllowedUnsafeSysctls), then)
}

// oldest is the version of checks that have always been as they are.
func oldest() api.Version { return api.MajorMinorVersion(1, 0) }

// sysctlSince is the version from which on Pod Security takes a sysctl to be safe; latest where it never does. Upstream's
// own check is asked.
func sysctlSince(name string) api.Version {
	spec := &corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: name}}}}
	for _, v := range policy.CheckSysctls().Versions {
		if v.CheckPod(&metav1.ObjectMeta{}, spec).Allowed {
			return v.MinimumVersion
		}
	}
	return api.LatestVersion()
}
