package survey

import (
	"cmp"
	"fmt"
	"slices"

	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// ConfigSetting is what a configuration file is held against.
type ConfigSetting struct {
	// Minor is what "latest" means on the server, Binary the minor of its own release; 0 means Minor.
	Minor, Binary int
	// MissingNamespaces and MissingRuntimeClasses are those that the file exempts and that the cluster lacks.
	MissingNamespaces, MissingRuntimeClasses []string
	// Check is the cluster as it would be judged with the file; nil where none was asked.
	Check *report.CheckReport
	// Command shows what the file's defaults would refuse.
	Command string
}

// ConfigFacts is what a file says.
func ConfigFacts(c *admissionapi.PodSecurityConfiguration) []report.ConfigFact {
	var facts []report.ConfigFact
	add := func(subject, name, value string) {
		facts = append(facts, report.ConfigFact{Subject: subject, Name: name, Value: value, Source: report.SourceConfig})
	}
	add(report.SubjectDefault, "enforce", c.Defaults.Enforce+":"+c.Defaults.EnforceVersion)
	add(report.SubjectDefault, "audit", c.Defaults.Audit+":"+c.Defaults.AuditVersion)
	add(report.SubjectDefault, "warn", c.Defaults.Warn+":"+c.Defaults.WarnVersion)
	for _, exempt := range []struct {
		subject string
		names   []string
	}{
		{report.SubjectExemptNamespace, c.Exemptions.Namespaces},
		{report.SubjectExemptRuntimeClass, c.Exemptions.RuntimeClasses},
		{report.SubjectExemptUser, c.Exemptions.Usernames},
	} {
		for _, name := range exempt.names {
			add(exempt.subject, name, report.ConfigExempt)
		}
	}
	report.SortConfigFacts(facts)
	return facts
}

// ConfigFindings is what is wrong with a file, the gravest first.
func ConfigFindings(f *simulate.ConfigFile, s ConfigSetting) []report.ConfigFinding {
	s.Binary = cmp.Or(s.Binary, s.Minor)
	findings := slices.Concat(
		unknownFormat(f, s.Binary), exemptUsers(f.Config.Exemptions.Usernames), refusedByDefault(f.Config, s), missingExempt(f.Config, s),
		ignoredParts(f), unpinned(f.Config, s.Minor))
	slices.SortStableFunc(findings, func(a, b report.ConfigFinding) int {
		return cmp.Or(weight(&a)-weight(&b), rank(a.Reason)-rank(b.Reason))
	})
	return findings
}

func weight(f *report.ConfigFinding) int {
	if f.Grave {
		return 0
	}
	return 1
}

// rank is the place of a reason among all.
func rank(reason string) int {
	return slices.Index([]string{
		report.ReasonUnsupported, report.ReasonControllerExempt, report.ReasonStricter, report.ReasonNeverMatches, report.ReasonNamespaceMissing,
		report.ReasonRuntimeClassMissing, report.ReasonIgnored, report.ReasonUnpinned, report.ReasonDeprecated,
	}, reason)
}

// configGroup is the API group of the configuration.
const configGroup = "pod-security.admission.config.k8s.io/"

// formatSince is the first release that knows each version of the configuration.
func formatSince() map[string]int { return map[string]int{"v1": 25, "v1beta1": 23, "v1alpha1": 22} }

// unknownFormat says which versions of the file's own format the server does not know, or has a successor for.
func unknownFormat(f *simulate.ConfigFile, binary int) []report.ConfigFinding {
	var findings []report.ConfigFinding
	if f.Wrapped && !simulate.KnownWrapper(f.Wrapper) {
		findings = append(findings, report.ConfigFinding{
			Field: "apiVersion", Value: f.Wrapper, Reason: report.ReasonUnsupported, Grave: true,
			Message: "no API server knows an AdmissionConfiguration of this version, and none starts with it",
			Remedy:  "write apiVersion: apiserver.config.k8s.io/v1",
		})
	}
	since, newest := formatSince(), "v1"
	if binary < since[newest] {
		newest = "v1beta1"
	}
	finding := report.ConfigFinding{
		Field: "apiVersion", Value: configGroup + f.Version, Remedy: "write apiVersion: " + configGroup + newest,
	}
	switch {
	case f.Version == "" || f.Version == newest:
		return findings
	case since[f.Version] > binary:
		finding.Reason, finding.Grave = report.ReasonUnsupported, true
		finding.Message = fmt.Sprintf("known since v1.%d: a server of v1.%d does not start with it", since[f.Version], binary)
	default:
		finding.Reason = report.ReasonDeprecated
		finding.Message = fmt.Sprintf("%s has taken its place since v1.%d, and any release may drop it", newest, since[newest])
	}
	return append(findings, finding)
}

// ignoredParts is what the server takes no notice of.
func ignoredParts(f *simulate.ConfigFile) []report.ConfigFinding {
	var findings []report.ConfigFinding
	for _, part := range f.Ignored {
		finding := report.ConfigFinding{Field: part.Field, Value: part.Value, Reason: report.ReasonIgnored, Grave: part.Meant, Message: part.Why}
		if part.Meant {
			finding.Remedy = "leave it out, or put it where the server reads it"
		}
		findings = append(findings, finding)
	}
	return findings
}

// unpinned names an enforce default whose meaning goes with the server's version.
func unpinned(c *admissionapi.PodSecurityConfiguration, minor int) []report.ConfigFinding {
	version, err := api.ParseVersion(c.Defaults.EnforceVersion)
	if err != nil || c.Defaults.Enforce == string(api.LevelPrivileged) || !version.Latest() && version.Minor() <= minor {
		return nil
	}
	message := "an upgrade of the API server changes what is refused in every namespace without labels"
	if !version.Latest() {
		message = fmt.Sprintf("newer than a server of v1.%d, which judges by its own version: each upgrade up to that changes what is refused "+
			"in every namespace without labels", minor)
	}
	return []report.ConfigFinding{{
		Field: "defaults.enforce-version", Value: c.Defaults.EnforceVersion, Reason: report.ReasonUnpinned, Message: message,
		Remedy: fmt.Sprintf("pin it to what the server knows: enforce-version: v1.%d", minor),
	}}
}
