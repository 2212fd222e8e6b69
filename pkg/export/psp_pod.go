package export

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// sysctls has the list of safe ones that PodSecurityPolicy ended with; Pod Security's has grown since.
func (s policySource) sysctls(spec *psp.Spec, j *judge) demand {
	safe := []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
	}
	allowed, allowedPrefixes := patterns(spec.AllowedUnsafeSysctls)
	forbidden, forbiddenPrefixes := patterns(spec.ForbiddenSysctls)
	r := Rule{
		Name: "allowed-sysctls", Title: "Pods set kernel parameters of a list only",
		Source: s.field("spec.forbiddenSysctls, spec.allowedUnsafeSysctls"),
		Params: []Param{
			{"allowed", append(safe, allowed...)},
			{"allowedPrefixes", allowedPrefixes},
			{"forbidden", forbidden},
			{"forbiddenPrefixes", forbiddenPrefixes},
		},
		Variables: []Variable{{"broken", "object.spec.?securityContext.?sysctls.orValue([]).filter(s, " +
			"!(s.name in variables.allowed || variables.allowedPrefixes.exists(p, s.name.startsWith(p))) || " +
			"s.name.replace('/', '.') in variables.forbidden || " +
			"variables.forbiddenPrefixes.exists(p, s.name.replace('/', '.').startsWith(p)))"}},
		Validations: []Validation{namedValidation("broken", "sysctls", "must not be set in spec.securityContext.sysctls")},
		Notes: []Note{
			{Text: "Names with slashes, which Kubernetes 1.24 did not take, are forbidden as those with dots are."},
		},
	}
	d := demand{rule: r}
	for _, name := range append(j.sysctls, "kernel.msgmax", "vm.swappiness", "a.b") {
		if !matchesPattern(append(safe, spec.AllowedUnsafeSysctls...), name) || matchesPattern(spec.ForbiddenSysctls, name) {
			d.refused = append(d.refused, func(pod *corev1.Pod, _ *corev1.Container) {
				pod.Spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: name, Value: "1"}}
			})
		}
	}
	return d
}

// patterns parts whole names from prefixes, which end in an asterisk.
func patterns(all []string) (names, prefixes []string) {
	names, prefixes = []string{}, []string{}
	for _, pattern := range all {
		if prefix, found := strings.CutSuffix(pattern, "*"); found {
			prefixes = append(prefixes, prefix)
		} else {
			names = append(names, pattern)
		}
	}
	return names, prefixes
}

func matchesPattern(all []string, name string) bool {
	names, prefixes := patterns(all)
	return slices.Contains(names, name) || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func (s policySource) runtimeClasses(spec *psp.Spec) demand {
	if spec.RuntimeClass == nil || slices.Contains(spec.RuntimeClass.AllowedRuntimeClassNames, psp.All) {
		return demand{}
	}
	allowed := append([]string{}, spec.RuntimeClass.AllowedRuntimeClassNames...)
	must := "pods must have " + oneOf(allowed) + " as spec.runtimeClassName, or leave it out"
	if len(allowed) == 0 {
		must = "pods must leave out spec.runtimeClassName"
	}
	return demand{
		rule: Rule{
			Name: "allowed-runtime-classes", Title: "Pods name runtime classes of a list only",
			Source: s.field("spec.runtimeClass.allowedRuntimeClassNames"), Params: []Param{{"allowed", allowed}},
			Validations: []Validation{{
				Expression: "!object.spec.?runtimeClassName.hasValue() || object.spec.runtimeClassName in variables.allowed", Message: must,
			}},
		},
		refused: []change{unchanged},
	}
}

func (s policySource) seLinux(spec *psp.Spec) demand {
	o := spec.SELinux.Options
	if spec.SELinux.Rule != psp.MustRunAs {
		return demand{}
	}
	const pod, container = "object.spec.?securityContext.?seLinuxOptions", "c.?securityContext.?seLinuxOptions"
	must := "must have as securityContext.seLinuxOptions " + strings.TrimPrefix(spec.SELinux.String(), psp.MustRunAs+" ")
	r := Rule{
		Name: "selinux-must-run-as", Title: "Pods have one SELinux label", Source: s.field("spec.seLinux"),
		Params: []Param{{"user", o.User}, {"role", o.Role}, {"type", o.Type}, {"level", o.Level}},
		Notes:  []Note{optionalNote()},
	}
	level := "%.?level.orValue('') == variables.level"
	if sensitivity, categories, found := strings.Cut(o.Level, ":"); found {
		// s0:c6,c0 is s0:c0,c6.
		r.Params = append(r.Params, Param{"sensitivity", sensitivity + ":"}, Param{"categories", strings.Split(categories, ",")})
		const given = "%.?level.orValue('').substring(variables.sensitivity.size()).split(',')"
		level = "(" + level + " || %.?level.orValue('').startsWith(variables.sensitivity) && " +
			given + ".size() == variables.categories.size() && variables.categories.all(m, " +
			given + ".filter(x, x == m).size() == variables.categories.filter(x, x == m).size()))"
	}
	same := func(options string) string {
		return strings.ReplaceAll("%.?user.orValue('') == variables.user && %.?role.orValue('') == variables.role && "+
			"%.?type.orValue('') == variables.type && "+level, "%", options)
	}
	containerRule(&r, true, container+".hasValue() && !("+same(container)+")", must)
	r.Validations = append([]Validation{{
		Expression: "variables.windows || " + same(pod), Message: "pods " + strings.Replace(must, "securityContext", "spec.securityContext", 1),
	}}, r.Validations...)
	label := func(options *corev1.SELinuxOptions) change {
		return func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.SecurityContext.SELinuxOptions = options }
	}
	return demand{rule: r, refused: []change{label(nil)}, admitted: []change{label(o)}}
}
