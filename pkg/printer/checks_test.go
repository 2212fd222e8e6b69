package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func violation(check, level, reason, detail string, fields ...report.Field) report.Violation {
	return report.Violation{Check: check, Level: level, Version: latest, Reason: reason, Detail: detail, Fields: fields}
}

func secured(container, name string, v any) report.Field {
	return report.Field{Path: "spec.containers[0].securityContext." + name, Container: container, Value: v}
}

// both is a violation of baseline, which is one of restricted too.
func both(check, reason, detail string, fields ...report.Field) []report.Violation {
	return []report.Violation{
		violation(check, levelBaseline, reason, detail, fields...), violation(check, levelRestricted, reason, detail, fields...),
	}
}

// unset is what a workload that says nothing violates: all that restricted wants to be said.
func unset(containers ...string) []report.Violation {
	who := "container "
	if len(containers) > 1 {
		who = "containers "
	}
	who += `"` + strings.Join(containers, `", "`) + `"`
	missing := func(check, reason, detail, field string) report.Violation {
		v := violation(check, levelRestricted, reason, fmt.Sprintf(detail, who))
		for i, c := range containers {
			v.Fields = append(v.Fields, report.Field{Path: fmt.Sprintf("spec.containers[%d].securityContext.%s", i, field), Container: c})
		}
		return v
	}
	return []report.Violation{
		missing("allowPrivilegeEscalation", "allowPrivilegeEscalation != false",
			"%s must set securityContext.allowPrivilegeEscalation=false", "allowPrivilegeEscalation"),
		missing("capabilities_restricted", "unrestricted capabilities",
			`%s must set securityContext.capabilities.drop=["ALL"]`, "capabilities.drop"),
		missing("runAsNonRoot", "runAsNonRoot != true",
			"pod or %s must set securityContext.runAsNonRoot=true", "runAsNonRoot"),
		missing("seccompProfile_restricted", "seccompProfile",
			`pod or %s must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`, "seccompProfile.type"),
	}
}

// root is a workload that lacks one thing only.
func root(container string) []report.Violation {
	return []report.Violation{violation("runAsUser", levelRestricted, "runAsUser=0",
		fmt.Sprintf("container %q must not set runAsUser=0", container), secured(container, "runAsUser", int64(0)))}
}

// hostPath mounts the node's file system.
func hostPath(paths ...string) []report.Violation {
	var baseline, restricted []report.Field
	for i, path := range paths {
		f := report.Field{Path: fmt.Sprintf("spec.volumes[%d].hostPath", i), Value: path}
		if path == "/var/log" {
			f.Exposes = "logs of every pod and of the node; who can write there can make the kubelet serve any file of the node"
		}
		baseline, restricted = append(baseline, f), append(restricted, f)
	}
	return []report.Violation{
		violation("hostPathVolumes", levelBaseline, "hostPath volumes", `volumes "varlog", "containers"`, baseline...),
		violation("restrictedVolumes", levelRestricted, "restricted volume types",
			`volumes "varlog", "containers" use restricted volume type "hostPath"`, restricted...),
	}
}

// hostNetwork joins the node's network.
func hostNetwork() []report.Violation {
	return both("hostNamespaces", "host namespaces", "hostNetwork=true", report.Field{Path: "spec.hostNetwork", Value: true})
}

func netAdmin(container string) []report.Violation {
	return []report.Violation{
		violation("capabilities_baseline", levelBaseline, "non-default capabilities",
			fmt.Sprintf(`container %q must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add`, container),
			report.Field{Path: "spec.initContainers[0].securityContext.capabilities.add[0]", Container: container, Value: "NET_ADMIN"},
			report.Field{Path: "spec.initContainers[0].securityContext.capabilities.add[1]", Container: container, Value: "NET_RAW"}),
		violation("capabilities_restricted", levelRestricted, "unrestricted capabilities",
			fmt.Sprintf(`container %q must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add`, container),
			report.Field{Path: "spec.initContainers[0].securityContext.capabilities.add[0]", Container: container, Value: "NET_ADMIN"},
			report.Field{Path: "spec.initContainers[0].securityContext.capabilities.add[1]", Container: container, Value: "NET_RAW"}),
	}
}

func all(lists ...[]report.Violation) []report.Violation {
	joined := slices.Concat(lists...)
	slices.SortStableFunc(joined, func(a, b report.Violation) int { // as the survey has it: baseline, then restricted
		return btoi(a.Level == levelRestricted) - btoi(b.Level == levelRestricted)
	})
	return joined
}
