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
	if p.unconfines() {
		if level == api.LevelPrivileged {
			return ""
		}
		return "The policy gives containers the AppArmor profile unconfined. What it lets through amounts to privileged."
	}
	plain, said := p.withoutEffect()
	looks, actual := strictest(plain.reasons(), false), plain.lets()
	if looks == level {
		said = nil // another field says the same
	}
	if looks != actual {
		said = append(said, "MustRunAsNonRoot admits pods that set a runAsUser but not runAsNonRoot: true, and containers that "+
			"override runAsNonRoot: false or runAsUser: 0 of their pod, all of which restricted refuses.")
	}
	if actual != level {
		said = append(said, fmt.Sprintf("What it lets through amounts to %s.", actual))
	}
	said = append(said, plain.elsewhere(actual)...)
	return strings.Join(said, " ")
}

// containerEngine is a SELinux type that the official table does not know, and the checks of newer versions do.
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

// unconfines says whether containers that name no AppArmor profile, or all, end up as unconfined.
func (p *Policy) unconfines() bool {
	names, found := p.profiles(AppArmorAllowedAnnotation)
	unconfined := corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	if found && len(without(names, []string{"", unconfined})) == 0 {
		return true
	}
	return p.Annotations[AppArmorDefaultAnnotation] == unconfined && (!found || slices.Contains(names, unconfined))
}

// withoutEffect is a copy without what looks looser than it is, and says what that was.
func (p *Policy) withoutEffect() (plain *Policy, said []string) {
	c := *p
	if !p.allowsEscalation() {
		if c.Spec.Privileged {
			c.Spec.Privileged = false
			said = append(said, "Servers refuse privileged containers with allowPrivilegeEscalation: false, which the policy demands.")
		}
		// They look for this name alone: SYS_ADMIN gets through.
		admin := []corev1.Capability{"CAP_SYS_ADMIN"}
		added, allowed := without(p.Spec.DefaultAddCapabilities, admin), without(p.Spec.AllowedCapabilities, admin)
		if len(added) < len(p.Spec.DefaultAddCapabilities) || len(allowed) < len(p.Spec.AllowedCapabilities) {
			c.Spec.DefaultAddCapabilities, c.Spec.AllowedCapabilities = added, allowed
			said = append(said, "Servers refuse CAP_SYS_ADMIN with allowPrivilegeEscalation: false, which the policy demands.")
		}
	}
	c.Spec.HostPorts = slices.DeleteFunc(slices.Clone(p.Spec.HostPorts), func(r PortRange) bool { return max(r.Min, 1) > min(r.Max, 65535) })
	if len(c.Spec.HostPorts) < len(p.Spec.HostPorts) {
		said = append(said, "No port is in some of spec.hostPorts.")
	}
	c.Spec.AllowedUnsafeSysctls = slices.DeleteFunc(slices.Clone(p.Spec.AllowedUnsafeSysctls), func(name string) bool {
		return sysctlSince(name) == oldest()
	})
	if len(c.Spec.AllowedUnsafeSysctls) < len(p.Spec.AllowedUnsafeSysctls) {
		said = append(said, "Kernel parameters that are safe are among spec.allowedUnsafeSysctls.")
	}
	return &c, said
}

// elsewhere is what becomes of the policy on servers that are not like all others, given what it lets through on most.
func (p *Policy) elsewhere(most api.Level) []string {
	var said []string
	if len(p.Spec.AllowedProcMountTypes) > 0 {
		c := *p
		c.Spec.AllowedProcMountTypes = nil
		if there := c.lets(); there != most {
			said = append(said, fmt.Sprintf("Servers whose alpha gate ProcMountType is off drop spec.allowedProcMountTypes, "+
				"and the policy amounts to %s there.", there))
		}
	}
	c, since, things := *p, oldest(), []string{}
	later := func(allowed api.Version, thing string) {
		things = append(things, thing)
		if since.Older(allowed) {
			since = allowed
		}
	}
	if o := p.Spec.SELinux.Options; p.Spec.SELinux.Rule == MustRunAs && o.Type == containerEngine {
		label := *o
		label.Type = ""
		c.Spec.SELinux.Options = &label
		later(api.MajorMinorVersion(1, 31), "the SELinux type "+containerEngine)
	}
	c.Spec.AllowedUnsafeSysctls = nil
	for _, name := range p.Spec.AllowedUnsafeSysctls {
		later(sysctlSince(name), name)
	}
	if there := c.lets(); since != api.LatestVersion() && there != most {
		said = append(said, fmt.Sprintf("From %s on every level allows %s, and the policy amounts to %s there.",
			since, strings.Join(things, ", "), there))
	}
	return said
}

// lets is the level that a policy without anything that has no effect really amounts to: no policy is restricted, because
// MustRunAsNonRoot is not.
func (p *Policy) lets() api.Level {
	level := strictest(p.reasons(), false)
	if level == api.LevelRestricted {
		return api.LevelBaseline
	}
	return level
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
