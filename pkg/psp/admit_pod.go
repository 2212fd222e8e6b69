package psp

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// refuse judges a pod after write, in the plug-in's order, paths and words. What the policy insists on is there by now,
// and can only be wrong. Some of the paths lead nowhere in a pod (spec.securityContext.hostPID, pod.metadata…): they are
// what people see in their events.
func (p *Policy) refuse(pod *corev1.Pod) field.ErrorList {
	sc, path := podContext(pod), field.NewPath("spec", "securityContext")
	var fsGroup []int64
	if sc.FSGroup != nil {
		fsGroup = []int64{*sc.FSGroup}
	}
	errs := p.Spec.FSGroup.refuseGroups(path.Child("fsGroup"), fsGroup)
	errs = append(errs, p.Spec.SupplementalGroups.refuseGroups(path.Child("supplementalGroups"), sc.SupplementalGroups)...)
	errs = append(errs, p.refuseSeccomp(corev1.SeccompPodAnnotationKey, seccompOfPod(pod))...)
	errs = append(errs, p.refuseSELinux(path.Child("seLinuxOptions"), sc.SELinuxOptions)...)
	errs = append(errs, p.refuseHost(path, &pod.Spec)...)
	errs = append(errs, p.refuseSysctls(sc.Sysctls)...)
	errs = append(errs, p.refuseVolumes(pod)...)
	errs = append(errs, p.refuseRuntimeClass(pod.Spec.RuntimeClassName)...)
	eachContainer(pod, func(c *corev1.Container, path *field.Path) {
		errs = append(errs, p.refuseContainer(pod, c, path)...)
	})
	return errs
}

func (p *Policy) refuseHost(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	if spec.HostNetwork && !p.Spec.HostNetwork {
		errs = append(errs, field.Invalid(path.Child("hostNetwork"), true, "Host network is not allowed to be used"))
	}
	if spec.HostPID && !p.Spec.HostPID {
		errs = append(errs, field.Invalid(path.Child("hostPID"), true, "Host PID is not allowed to be used"))
	}
	if spec.HostIPC && !p.Spec.HostIPC {
		errs = append(errs, field.Invalid(path.Child("hostIPC"), true, "Host IPC is not allowed to be used"))
	}
	return errs
}

func (ids IDs) has(id int64) bool {
	return slices.ContainsFunc(ids.Ranges, func(r IDRange) bool { return r.Min <= id && id <= r.Max })
}

// ranges are written as the plug-in does.
func (ids IDs) ranges() string {
	texts := make([]string, 0, len(ids.Ranges))
	for _, r := range ids.Ranges {
		texts = append(texts, fmt.Sprintf("{%d %d}", r.Min, r.Max))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func (ids IDs) refuseGroups(path *field.Path, groups []int64) field.ErrorList {
	var errs field.ErrorList
	if ids.Rule == RunAsAny {
		return nil
	}
	if ids.Rule == MustRunAs && len(groups) == 0 {
		errs = append(errs, field.Invalid(path, groups, "unable to validate empty groups against required ranges"))
	}
	for _, group := range groups {
		if !ids.has(group) {
			errs = append(errs, field.Invalid(path, groups, fmt.Sprintf("group %d must be in the ranges: %s", group, ids.ranges())))
		}
	}
	return errs
}

func (p *Policy) refuseSELinux(path *field.Path, options *corev1.SELinuxOptions) field.ErrorList {
	if p.Spec.SELinux.Rule == RunAsAny {
		return nil
	}
	must := p.Spec.SELinux.Options
	var errs field.ErrorList
	if !sameSELinuxLevel(must.Level, options.Level) {
		errs = append(errs, field.Invalid(path.Child("level"), options.Level, "must be "+must.Level))
	}
	for _, part := range []struct{ name, must, is string }{
		{"role", must.Role, options.Role},
		{"type", must.Type, options.Type},
		{"user", must.User, options.User},
	} {
		if part.is != part.must {
			errs = append(errs, field.Invalid(path.Child(part.name), part.is, "must be "+part.must))
		}
	}
	return errs
}

// sameSELinuxLevel compares sensitivity and categories: s0:c6,c0 is s0:c0,c6.
func sameSELinuxLevel(a, b string) bool {
	if a == b {
		return true
	}
	sensitivityA, categoriesA, foundA := strings.Cut(a, ":")
	sensitivityB, categoriesB, foundB := strings.Cut(b, ":")
	return foundA && foundB && sensitivityA == sensitivityB &&
		slices.Equal(slices.Sorted(strings.SplitSeq(categoriesA, ",")), slices.Sorted(strings.SplitSeq(categoriesB, ",")))
}

// refuseSysctls has the list of safe ones that PodSecurityPolicy ended with; Pod Security's has grown since.
func (p *Policy) refuseSysctls(sysctls []corev1.Sysctl) field.ErrorList {
	safe := []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
	}
	var errs field.ErrorList
	for i, sysctl := range sysctls {
		path := field.NewPath("pod", "spec", "securityContext", "sysctls").Index(i)
		switch {
		case matchesSysctl(p.Spec.ForbiddenSysctls, sysctl.Name):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("sysctl %q is not allowed", sysctl.Name)))
		case !slices.Contains(safe, sysctl.Name) && !matchesSysctl(p.Spec.AllowedUnsafeSysctls, sysctl.Name):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("unsafe sysctl %q is not allowed", sysctl.Name)))
		}
	}
	return errs
}

// matchesSysctl knows names and prefixes that end in an asterisk.
func matchesSysctl(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, found := strings.CutSuffix(pattern, "*")
		return found && strings.HasPrefix(name, prefix) || name == pattern
	})
}

// refuseRuntimeClass lets pods without one pass, whatever the list.
func (p *Policy) refuseRuntimeClass(name *string) field.ErrorList {
	if p.Spec.RuntimeClass == nil || name == nil {
		return nil
	}
	allowed := p.Spec.RuntimeClass.AllowedRuntimeClassNames
	if slices.Contains(allowed, All) || slices.Contains(allowed, *name) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec", "runtimeClassName"), *name, "")}
}
