package export

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

func (s policySource) privileged(spec *psp.Spec) demand {
	if spec.Privileged {
		return demand{}
	}
	r := Rule{Name: "privileged-containers", Title: "No container is privileged", Source: s.field("spec.privileged")}
	containerRule(&r, false, "c.?securityContext.?privileged.orValue(false)", "must not set securityContext.privileged to true")
	return demand{rule: r, refused: []change{func(_ *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.Privileged, c.SecurityContext.AllowPrivilegeEscalation = new(true), nil
	}}}
}

func (s policySource) hostNamespaces(spec *psp.Spec) demand {
	d := demand{rule: Rule{Name: "host-namespaces", Title: "Pods share no such namespaces with their node"}}
	var fields []string
	for _, f := range []struct {
		name   string
		may    bool
		change change
	}{
		{"hostNetwork", spec.HostNetwork, func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostNetwork = true }},
		{"hostPID", spec.HostPID, func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostPID = true }},
		{"hostIPC", spec.HostIPC, func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostIPC = true }},
	} {
		if f.may {
			continue
		}
		fields = append(fields, "spec."+f.name)
		d.refused = append(d.refused, f.change)
		d.rule.Validations = append(d.rule.Validations, Validation{
			Expression: "!object.spec.?" + f.name + ".orValue(false)", Message: "pods must not set spec." + f.name + " to true",
		})
	}
	d.rule.Source = s.field(strings.Join(fields, ", "))
	return d
}

func (s policySource) hostPorts(spec *psp.Spec) demand {
	ranges := make([]Range, 0, len(spec.HostPorts))
	all := false
	for _, r := range spec.HostPorts {
		ranges = append(ranges, Range{int64(r.Min), int64(r.Max)})
		all = all || r.Min <= 1 && r.Max >= 65535
	}
	if all {
		return demand{}
	}
	r := Rule{
		Name: "allowed-host-ports", Title: "Containers use host ports within ranges only", Source: s.field("spec.hostPorts"),
		Params: []Param{{"ranges", ranges}},
	}
	must := "must set ports[*].hostPort to " + within(ranges)
	if len(ranges) == 0 {
		must = "must not set ports[*].hostPort"
	}
	containerRule(&r, false, "c.?ports.orValue([]).exists(p, p.?hostPort.orValue(0) > 0 && "+
		"!variables.ranges.exists(r, r.min <= p.hostPort && p.hostPort <= r.max))", must)
	return demand{rule: r, refused: []change{func(_ *corev1.Pod, c *corev1.Container) {
		c.Ports = []corev1.ContainerPort{{HostPort: 1}}
	}}}
}

// containerDemands are those on the security contexts of containers.
func (s policySource) containerDemands(spec *psp.Spec, j *judge) []demand {
	all := []demand{s.addedCapabilities(spec, j), s.droppedCapabilities(spec)}
	if !allowsEscalation(spec) {
		r := Rule{
			Name: "privilege-escalation", Title: "No container may gain privileges that its parent process has not",
			Source: s.field("spec.allowPrivilegeEscalation"), Notes: []Note{optionalNote()},
		}
		containerRule(&r, true, "c.?securityContext.?allowPrivilegeEscalation.orValue(true)",
			"must set securityContext.allowPrivilegeEscalation to false")
		all = append(all, demand{rule: r, refused: []change{func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.AllowPrivilegeEscalation = nil
		}}})
	}
	if spec.ReadOnlyRootFilesystem {
		r := Rule{
			Name: "read-only-root-filesystem", Title: "The root filesystem of each container is read-only",
			Source: s.field("spec.readOnlyRootFilesystem"), Notes: []Note{optionalNote()},
		}
		containerRule(&r, true, "!c.?securityContext.?readOnlyRootFilesystem.orValue(false)",
			"must set securityContext.readOnlyRootFilesystem to true")
		all = append(all, demand{rule: r, refused: []change{unchanged}})
	}
	return append(all, s.procMounts(spec))
}

// allowsEscalation knows the API's default.
func allowsEscalation(spec *psp.Spec) bool {
	return spec.AllowPrivilegeEscalation == nil || *spec.AllowPrivilegeEscalation
}

func (s policySource) addedCapabilities(spec *psp.Spec, j *judge) demand {
	allowed := texts(slices.Concat(spec.AllowedCapabilities, spec.DefaultAddCapabilities))
	if slices.Contains(spec.AllowedCapabilities, psp.All) {
		return demand{}
	}
	slices.Sort(allowed)
	allowed = slices.Compact(allowed)
	r := Rule{
		Name: "allowed-capabilities", Title: "Containers add capabilities of a list only",
		Source: s.field("spec.allowedCapabilities, spec.defaultAddCapabilities"), Params: []Param{{"allowed", allowed}},
	}
	containerRule(&r, false, "c.?securityContext.?capabilities.?add.orValue([]).exists(n, !(n in variables.allowed))",
		"must add "+oneOf(allowed)+" in securityContext.capabilities.add")
	d := demand{rule: r}
	for _, name := range append(j.capabilities, "ALL") {
		if !slices.Contains(allowed, name) {
			d.refused = append(d.refused, func(_ *corev1.Pod, c *corev1.Container) {
				c.SecurityContext.Capabilities.Add = []corev1.Capability{corev1.Capability(name)}
			})
		}
	}
	return d
}

func (s policySource) droppedCapabilities(spec *psp.Spec) demand {
	required := texts(spec.RequiredDropCapabilities)
	if len(required) == 0 {
		return demand{}
	}
	r := Rule{
		Name: "required-drop-capabilities", Title: "Containers drop capabilities",
		Source: s.field("spec.requiredDropCapabilities"), Params: []Param{{"required", required}},
		Notes: []Note{
			{Text: "The policy wrote these names into containers, and never refused one for them. Here a container that drops neither them nor ALL is refused."},
		},
	}
	const drop = "c.?securityContext.?capabilities.?drop.orValue([])"
	containerRule(&r, true, "!('ALL' in "+drop+") && variables.required.exists(n, !(n in "+drop+"))",
		"must drop "+strings.Join(required, ", ")+" in securityContext.capabilities.drop")
	return demand{rule: r, refused: []change{func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.Capabilities.Drop = nil }}}
}

func (s policySource) procMounts(spec *psp.Spec) demand {
	allowed := texts(spec.AllowedProcMountTypes)
	if len(allowed) == 0 {
		allowed = []string{string(corev1.DefaultProcMount)}
	}
	r := Rule{
		Name: "allowed-proc-mount", Title: "Containers see /proc as the policy allows", Source: s.field("spec.allowedProcMountTypes"),
		Params: []Param{{"allowed", allowed}},
	}
	containerRule(&r, false, "!(c.?securityContext.?procMount.orValue('Default') in variables.allowed)",
		"must have "+oneOf(allowed)+" as securityContext.procMount")
	d := demand{rule: r}
	for _, mount := range []corev1.ProcMountType{corev1.DefaultProcMount, corev1.UnmaskedProcMount} {
		change := func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.ProcMount = &mount }
		if slices.Contains(allowed, string(mount)) {
			d.admitted = append(d.admitted, change)
		} else {
			d.refused = append(d.refused, change)
		}
	}
	return d
}

// texts are names as strings.
func texts[T ~string](names []T) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return all
}

// oneOf names what may be, for a message.
func oneOf(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return "only " + strings.Join(names, ", ")
}
