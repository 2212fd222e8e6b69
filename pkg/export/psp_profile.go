package export

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// Profiles as annotations name them; "" is none.
const (
	runtimeDefault = corev1.SeccompProfileRuntimeDefault
	unconfined     = corev1.SeccompProfileNameUnconfined
	localhost      = corev1.SeccompLocalhostProfileNamePrefix
)

// profileName is CEL for the field of a profile as annotations name it.
func profileName(field string) string {
	kind := field + ".?type.orValue('')"
	return "(" + kind + " == 'RuntimeDefault' ? 'runtime/default' : " + kind + " == 'Unconfined' ? 'unconfined' : " +
		kind + " == 'Localhost' ? 'localhost/' + " + field + ".?localhostProfile.orValue('') : '')"
}

// seccomp is the demand on profiles. Without a list none may be set; an empty entry of the list means that none need be.
func (s policySource) seccomp(p *psp.Policy) demand {
	allowed := profileNames(p.Annotations[psp.SeccompAllowedAnnotation])
	if slices.Contains(allowed, psp.All) {
		return demand{}
	}
	const field = "?securityContext.?seccompProfile"
	r := Rule{
		Name: "allowed-seccomp-profiles", Title: "Pods and containers have seccomp profiles of a list only",
		Source: s.field("annotation " + psp.SeccompAllowedAnnotation), Params: []Param{{"allowed", allowed}},
		Variables: []Variable{{"podProfile", profileName("object.spec." + field)}},
		Notes: []Note{
			{Text: "Only fields count: servers from 1.27 on do not read seccomp annotations any more."},
		},
	}
	if _, found := p.Annotations[psp.SeccompAllowedAnnotation]; !found {
		r.Notes = append(r.Notes, Note{Text: "The policy has no list, and so allowed no profile to be set, not even RuntimeDefault. " +
			"Leave this rule out where pods are to have one: the level restricted demands it."})
	}
	containerRule(&r, !slices.Contains(allowed, ""),
		"!((c."+field+".hasValue() ? "+profileName("c."+field)+" : variables.podProfile) in variables.allowed)",
		"must have "+profiles(allowed)+" as securityContext.seccompProfile")
	podValid := "variables.podProfile in variables.allowed"
	if !slices.Contains(allowed, "") {
		podValid = "variables.windows || " + podValid
	}
	r.Validations = append([]Validation{{
		Expression: podValid, Message: "pods must have " + profiles(allowed) + " as spec.securityContext.seccompProfile",
	}}, r.Validations...)
	d := demand{rule: r}
	for _, name := range append([]string{"", runtimeDefault, unconfined, localhost + "x"}, allowed...) {
		profile, ok := seccompField(name)
		changes := []change{
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.SecurityContext.SeccompProfile = profile },
			func(pod *corev1.Pod, c *corev1.Container) {
				pod.Spec.SecurityContext.SeccompProfile, c.SecurityContext.SeccompProfile = profile, &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
			},
		}
		switch {
		case !ok:
		case slices.Contains(allowed, name):
			d.admitted = append(d.admitted, changes[0])
		default:
			d.refused = append(d.refused, changes...)
		}
	}
	return d
}

// profileNames are the entries of an annotation, with the one name that runtimes' default goes by today. No annotation
// is like an empty one.
func profileNames(annotation string) []string {
	names := strings.Split(annotation, ",")
	for i, name := range names {
		if name == corev1.DeprecatedSeccompProfileDockerDefault {
			names[i] = runtimeDefault
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// profiles names what may be, for a message.
func profiles(allowed []string) string {
	names := slices.DeleteFunc(slices.Clone(allowed), func(name string) bool { return name == "" })
	switch {
	case len(names) == 0:
		return "none"
	case len(names) < len(allowed):
		return "none or " + strings.Join(names, ", ")
	default:
		return strings.Join(names, ", ")
	}
}

// seccompField is the field that says what an annotation said; ok is false for what fields cannot say.
func seccompField(name string) (profile *corev1.SeccompProfile, ok bool) {
	file, found := strings.CutPrefix(name, localhost)
	switch {
	case name == "":
		return nil, true
	case name == runtimeDefault || name == corev1.DeprecatedSeccompProfileDockerDefault:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}, true
	case name == unconfined:
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}, true
	case found && file != "":
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &file}, true
	default:
		return nil, false
	}
}

// appArmor is the demand on AppArmor profiles: where there is a list, each container must have one of it.
func (s policySource) appArmor(p *psp.Policy) demand {
	annotation, found := p.Annotations[psp.AppArmorAllowedAnnotation]
	if !found {
		return demand{}
	}
	allowed := slices.DeleteFunc(strings.Split(annotation, ","), func(name string) bool { return name == "" })
	const field = "?securityContext.?appArmorProfile"
	r := Rule{
		Name: "allowed-apparmor-profiles", Title: "Containers have AppArmor profiles of a list",
		Source: s.field("annotation " + psp.AppArmorAllowedAnnotation), Params: []Param{{"allowed", allowed}},
		Variables: []Variable{{"podProfile", profileName("object.spec." + field)}},
		Notes: []Note{
			{Text: "The policy knew annotations only; the fields that servers have since 1.30 count as well, and before them."}, optionalNote(),
		},
	}
	containerRule(&r, true, "!((c."+field+".hasValue() ? "+profileName("c."+field)+" : object.metadata.?annotations[?"+
		literal(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)+" + c.name].orValue(variables.podProfile)) in variables.allowed)",
		"must have "+profiles(allowed)+" as securityContext.appArmorProfile")
	d := demand{rule: r, refused: []change{unchanged}}
	for _, name := range allowed {
		d.admitted = append(d.admitted, func(pod *corev1.Pod, c *corev1.Container) {
			pod.Annotations = map[string]string{corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name: name}
		})
	}
	return d
}
