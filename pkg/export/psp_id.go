package export

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// idDemands are those on the IDs of users and groups, which no level looks at but for root's.
func (s policySource) idDemands(spec *psp.Spec) []demand {
	all := []demand{s.user(&spec.RunAsUser)}
	if spec.RunAsGroup != nil {
		all = append(all, s.containerID("run-as-group-ranges", "runAsGroup", spec.RunAsGroup))
	}
	return append(all, s.supplementalGroups(&spec.SupplementalGroups), s.fsGroup(&spec.FSGroup))
}

func (s policySource) user(ids *psp.IDs) demand {
	if ids.Rule != psp.MustRunAsNonRoot {
		return s.containerID("run-as-user-ranges", "runAsUser", ids)
	}
	r := Rule{
		Name: "run-as-non-root", Title: "No container runs as root", Source: s.field("spec.runAsUser"), Notes: []Note{optionalNote()},
		Variables: []Variable{
			podID("runAsUser"),
			{"mayBeRoot", "!object.spec.?securityContext.?runAsNonRoot.orValue(true)"},
			{"mustNotBeRoot", "object.spec.?securityContext.?runAsNonRoot.orValue(false)"},
		},
	}
	containerRule(&r, false, "!c.?securityContext.?runAsNonRoot.orValue(!variables.mayBeRoot) || "+containerID("runAsUser")+" == 0 || "+
		containerID("runAsUser")+" == -1 && !c.?securityContext.?runAsNonRoot.orValue(variables.mustNotBeRoot)",
		"must set securityContext.runAsNonRoot to true or runAsUser to something else than 0, themselves or by their pod")
	user := func(nonRoot *bool, id *int64) change {
		return func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.SecurityContext.RunAsNonRoot, pod.Spec.SecurityContext.RunAsUser = nonRoot, id
		}
	}
	return demand{rule: r, refused: []change{user(nil, nil), user(new(false), nil), user(new(true), new(int64(0)))}}
}

// podID is a variable for an ID of the pod, which containers have unless they have one of their own; -1 is none.
func podID(field string) Variable {
	return Variable{"podID", "object.spec.?securityContext.?" + field + ".orValue(-1)"}
}

// containerID is CEL for the ID that container c runs as.
func containerID(field string) string {
	return "c.?securityContext.?" + field + ".orValue(variables.podID)"
}

// containerID is the demand on an ID that containers have from their pod or themselves.
func (s policySource) containerID(name, field string, ids *psp.IDs) demand {
	if ids.Rule == psp.RunAsAny {
		return demand{}
	}
	ranges := idRanges(ids)
	r := Rule{
		Name: name, Title: "Containers have a " + field + " within ranges", Source: s.field("spec." + field),
		Params: []Param{{"ranges", ranges}}, Variables: []Variable{podID(field)},
	}
	id := containerID(field)
	broken := "!variables.ranges.exists(r, r.min <= " + id + " && " + id + " <= r.max)"
	must := "must set securityContext." + field + " to " + within(ranges) + ", themselves or by their pod"
	if ids.Rule == psp.MayRunAs {
		broken = id + " != -1 && " + broken
	} else {
		r.Notes = append(r.Notes, optionalNote())
	}
	containerRule(&r, ids.Rule == psp.MustRunAs, broken, must)
	return demand{rule: r, refused: []change{unchanged}}
}

func (s policySource) supplementalGroups(ids *psp.IDs) demand {
	return s.podIDs("supplemental-groups-ranges", "supplementalGroups", ids,
		"object.spec.?securityContext.?supplementalGroups.orValue([])")
}

func (s policySource) fsGroup(ids *psp.IDs) demand {
	return s.podIDs("fs-group-ranges", "fsGroup", ids,
		"object.spec.?securityContext.?fsGroup.hasValue() ? [object.spec.securityContext.fsGroup] : []")
}

// podIDs is the demand on IDs that only pods have.
func (s policySource) podIDs(name, field string, ids *psp.IDs, groups string) demand {
	if ids.Rule == psp.RunAsAny {
		return demand{}
	}
	ranges := idRanges(ids)
	r := Rule{
		Name: name, Title: "Pods have " + field + " within ranges", Source: s.field("spec." + field),
		Params: []Param{{"ranges", ranges}}, Variables: []Variable{{"groups", groups}},
	}
	inRange := "variables.groups.all(g, variables.ranges.exists(r, r.min <= g && g <= r.max))"
	must := "pods must set spec.securityContext." + field + " to " + within(ranges)
	if ids.Rule == psp.MustRunAs {
		r.Variables = append(r.Variables, Variable{"windows", podIsWindows})
		inRange = "variables.windows || variables.groups.size() > 0 && " + inRange
		r.Notes = append(r.Notes, optionalNote(), windowsNote())
	} else {
		must += ", or leave it out"
	}
	r.Validations = []Validation{{Expression: inRange, Message: must}}
	return demand{rule: r, refused: []change{unchanged}}
}

func idRanges(ids *psp.IDs) []Range {
	ranges := make([]Range, len(ids.Ranges))
	for i, r := range ids.Ranges {
		ranges[i] = Range(r)
	}
	return ranges
}

// within names ranges for a message.
func within(ranges []Range) string {
	all := make([]string, len(ranges))
	for i, r := range ranges {
		all[i] = strconv.FormatInt(r.Min, 10)
		if r.Max != r.Min {
			all[i] += "-" + strconv.FormatInt(r.Max, 10)
		}
	}
	return strings.Join(all, ", ")
}
