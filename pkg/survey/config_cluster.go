package survey

import (
	"fmt"
	"slices"
	"strings"

	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// missingExempt names what is exempt and not there: whoever makes it has something exempt.
func missingExempt(c *admissionapi.PodSecurityConfiguration, s ConfigSetting) []report.ConfigFinding {
	var findings []report.ConfigFinding
	add := func(list string, all, missing []string, finding report.ConfigFinding) {
		for i, name := range all {
			if slices.Contains(missing, name) {
				finding.Field, finding.Value, finding.Grave = fmt.Sprintf("exemptions.%s[%d]", list, i), name, true
				findings = append(findings, finding)
			}
		}
	}
	add("namespaces", c.Exemptions.Namespaces, s.MissingNamespaces, report.ConfigFinding{
		Reason:  report.ReasonNamespaceMissing,
		Message: "the cluster has no such namespace: whoever may create namespaces can have this one, and be exempt in it",
		Remedy:  "remove the exemption, or create the namespace",
	})
	add("runtimeClasses", c.Exemptions.RuntimeClasses, s.MissingRuntimeClasses, report.ConfigFinding{
		Reason:  report.ReasonRuntimeClassMissing,
		Message: "the cluster has no such runtime class: it exempts nothing, until somebody creates one and every pod that names it is exempt",
		Remedy:  "remove the exemption until the runtime class is there",
	})
	return findings
}

// namedNamespaces is how many namespaces a sentence names.
const namedNamespaces = 3

// refusedByDefault says what would be refused for want of a label, as far as it is known.
func refusedByDefault(c *admissionapi.PodSecurityConfiguration, s ConfigSetting) []report.ConfigFinding {
	if s.Check == nil {
		return nil
	}
	var objects, namespaces []string
	for i := range s.Check.Items {
		item := &s.Check.Items[i]
		if item.Current.Enforce.Source != report.SourceDefault {
			continue
		}
		before := len(objects)
		for k := range item.Workloads {
			if w := &item.Workloads[k]; w.Blocks {
				objects = append(objects, objectName(w.Group, w.Kind, w.Name)+" -n "+item.Namespace)
			}
		}
		if len(objects) > before {
			namespaces = append(namespaces, item.Namespace)
		}
	}
	if len(objects) == 0 {
		return nil
	}
	where := "namespace " + namespaces[0] + ", which has"
	if n := len(namespaces); n > 1 {
		named := strings.Join(namespaces[:min(n, namedNamespaces)], ", ")
		if n > namedNamespaces {
			named += fmt.Sprintf(" and %d more", n-namedNamespaces)
		}
		where = fmt.Sprintf("%d namespaces (%s), which have", n, named)
	}
	what := fmt.Sprintf("%d workloads", len(objects))
	if len(objects) == 1 {
		what = "1 workload"
	}
	return []report.ConfigFinding{{
		Field: "defaults.enforce", Value: c.Defaults.Enforce + ":" + c.Defaults.EnforceVersion, Reason: report.ReasonStricter, Grave: true,
		Message: "refuses the next pods of " + what + " in " + where + " no enforce label",
		Remedy:  "mend them, or label these namespaces by what they can bear before the server starts with the file",
		Command: s.Command,
		Objects: objects,
	}}
}

// objectName is a name as kubectl takes it.
func objectName(group, kind, name string) string {
	if group != "" {
		return strings.ToLower(kind) + "." + group + "/" + name
	}
	return strings.ToLower(kind) + "/" + name
}
