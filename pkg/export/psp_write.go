package export

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// policyWrite is one thing that a policy writes, and a pod that has it: a level may refuse it.
type policyWrite struct {
	mutation Mutation
	wrote    change
}

// writes are all that a policy writes into new pods.
func writes(p *psp.Policy) []policyWrite {
	from := policySource(p.Name)
	return append(from.podWrites(p), from.containerWrites(p)...)
}

func (s policySource) podWrites(p *psp.Policy) []policyWrite {
	spec := &p.Spec
	var all []policyWrite
	add := func(name, source string, path []string, value any, unless string, wrote change) {
		m := Mutation{Name: name, Source: s.field(source), Path: path, Value: value, Unless: unless}
		all = append(all, policyWrite{m, wrote})
	}
	if spec.SupplementalGroups.Rule == psp.MustRunAs {
		add("default-supplemental-groups", "spec.supplementalGroups", []string{"securityContext", "supplementalGroups"},
			[]int64{spec.SupplementalGroups.Ranges[0].Min}, podIsWindows, unchanged)
	}
	if spec.FSGroup.Rule == psp.MustRunAs {
		add("default-fs-group", "spec.fsGroup", []string{"securityContext", "fsGroup"}, spec.FSGroup.Ranges[0].Min, podIsWindows, unchanged)
	}
	if o := spec.SELinux.Options; spec.SELinux.Rule == psp.MustRunAs {
		label := map[string]any{}
		for name, value := range map[string]string{"user": o.User, "role": o.Role, "type": o.Type, "level": o.Level} {
			if value != "" {
				label[name] = value
			}
		}
		add("default-selinux-options", "spec.seLinux", []string{"securityContext", "seLinuxOptions"}, label, podIsWindows,
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.SecurityContext.SELinuxOptions = o })
	}
	if profile, ok := seccompField(p.Annotations[psp.SeccompDefaultAnnotation]); ok && profile != nil {
		// A field that contradicts an annotation is refused by the server.
		unless := podIsWindows + " || " + literal(corev1.SeccompPodAnnotationKey) + " in object.metadata.?annotations.orValue({})"
		add("default-seccomp-profile", "annotation "+psp.SeccompDefaultAnnotation, []string{"securityContext", "seccompProfile"},
			profileValue(string(profile.Type), profile.LocalhostProfile), unless,
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.SecurityContext.SeccompProfile = profile })
	}
	if rc := spec.RuntimeClass; rc != nil && rc.DefaultRuntimeClassName != nil {
		add("default-runtime-class", "spec.runtimeClass.defaultRuntimeClassName", []string{"runtimeClassName"},
			*rc.DefaultRuntimeClassName, "", unchanged)
	}
	return all
}

func profileValue(kind string, file *string) map[string]any {
	value := map[string]any{"type": kind}
	if file != nil {
		value["localhostProfile"] = *file
	}
	return value
}

// openPod is CEL that is true where a pod says for its containers what they do not say themselves.
func openPod(field string) string { return "object.spec.?securityContext.?" + field + ".hasValue()" }

func (s policySource) containerWrites(p *psp.Policy) []policyWrite {
	spec := &p.Spec
	all := s.capabilityWrites(spec)
	add := func(name, source, field string, value any, unless string, wrote change) {
		m := Mutation{Name: name, Source: s.field(source), Containers: true, Path: []string{"securityContext", field}, Value: value, Unless: unless}
		all = append(all, policyWrite{m, wrote})
	}
	switch spec.RunAsUser.Rule {
	case psp.MustRunAs:
		id := spec.RunAsUser.Ranges[0].Min
		add("default-run-as-user", "spec.runAsUser", "runAsUser", id, podIsWindows+" || "+openPod("runAsUser"),
			func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.RunAsUser = &id })
	case psp.MustRunAsNonRoot:
		add("default-run-as-non-root", "spec.runAsUser", "runAsNonRoot", true,
			openPod("runAsNonRoot")+" || "+openPod("runAsUser")+" || container.?securityContext.?runAsUser.hasValue()", unchanged)
	}
	if ids := spec.RunAsGroup; ids != nil && ids.Rule == psp.MustRunAs {
		add("default-run-as-group", "spec.runAsGroup", "runAsGroup", ids.Ranges[0].Min, podIsWindows+" || "+openPod("runAsGroup"), unchanged)
	}
	if spec.ReadOnlyRootFilesystem {
		add("default-read-only-root-filesystem", "spec.readOnlyRootFilesystem", "readOnlyRootFilesystem", true, podIsWindows, unchanged)
	}
	escalation := func(value bool) change {
		return func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = &value }
	}
	if d := spec.DefaultAllowPrivilegeEscalation; d != nil {
		add("default-allow-privilege-escalation", "spec.defaultAllowPrivilegeEscalation", "allowPrivilegeEscalation", *d, podIsWindows, escalation(*d))
	} else if !allowsEscalation(spec) {
		add("default-allow-privilege-escalation", "spec.allowPrivilegeEscalation", "allowPrivilegeEscalation", false, podIsWindows, escalation(false))
	}
	return append(all, s.appArmorWrite(p)...)
}

// appArmorWrite is the default profile, as a field: an annotation cannot be written for containers whose names are not known.
func (s policySource) appArmorWrite(p *psp.Policy) []policyWrite {
	seccomp, ok := seccompField(p.Annotations[psp.AppArmorDefaultAnnotation])
	if !ok || seccomp == nil {
		return nil
	}
	profile := corev1.AppArmorProfile{Type: corev1.AppArmorProfileType(seccomp.Type), LocalhostProfile: seccomp.LocalhostProfile}
	annotation := literal(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) + " + container.name"
	return []policyWrite{{
		mutation: Mutation{
			Name: "default-apparmor-profile", Source: s.field("annotation " + psp.AppArmorDefaultAnnotation), Containers: true,
			Path:   []string{"securityContext", "appArmorProfile"},
			Value:  profileValue(string(profile.Type), profile.LocalhostProfile),
			Unless: podIsWindows + " || " + openPod("appArmorProfile") + " || object.metadata.?annotations[?" + annotation + "].orValue('') != ''",
			Notes:  []Note{{Text: "The policy wrote an annotation, which servers before 1.30 need: they have no such field."}},
		},
		wrote: func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.AppArmorProfile = &profile },
	}}
}

// capabilityWrites are one for each name: whether one is added depends on whether that very one is dropped.
func (s policySource) capabilityWrites(spec *psp.Spec) []policyWrite {
	var all []policyWrite
	add := func(verb, source string, name corev1.Capability, unless string, wrote change) {
		all = append(all, policyWrite{Mutation{
			Name: verb + "-capability-" + capabilityLabel(name), Source: s.field(source),
			Containers: true, Path: []string{"securityContext", "capabilities", verb}, Value: []string{string(name)}, Add: true, Unless: unless,
		}, wrote})
	}
	for _, name := range distinct(spec.DefaultAddCapabilities) {
		add("add", "spec.defaultAddCapabilities", name,
			podIsWindows+" || "+literal(string(name))+" in container.?securityContext.?capabilities.?drop.orValue([])",
			func(_ *corev1.Pod, c *corev1.Container) {
				c.SecurityContext.Capabilities.Add = []corev1.Capability{name}
			})
	}
	for _, name := range distinct(spec.RequiredDropCapabilities) {
		add("drop", "spec.requiredDropCapabilities", name, podIsWindows, unchanged)
	}
	return all
}

// capabilityLabel is a capability as a part of a DNS label. Policies compare names to the letter, and take any.
func capabilityLabel(name corev1.Capability) string {
	label := strings.ReplaceAll(strings.ToLower(string(name)), "_", "-")
	if strings.Trim(string(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || strings.Trim(label, "-") != label {
		return digest(string(name))
	}
	return label
}

// distinct leaves out what was there before.
func distinct[T ~string](names []T) []T {
	var kept []T
	for _, name := range names {
		if !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	return kept
}
