package report

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// KindConfigReport is the kind that `kubectl pss config` prints.
const KindConfigReport = "ConfigReport"

// ConfigReport says what is known of Pod Security's own configuration: that of a server, which no API shows and which
// is found out by dry runs, or that of a file, with what hollows it out. Of either there may be none.
type ConfigReport struct {
	metav1.TypeMeta `json:",inline"`
	// Server is nil where no server was asked.
	Server *Server `json:"server,omitempty"`
	// File is the path of the AdmissionConfiguration that was checked, empty for none.
	File string `json:"file,omitempty"`
	// Release is that of the server which File was checked for, such as v1.37; empty without File.
	Release string `json:"release,omitempty"`
	// Asked is how many dry runs were sent.
	Asked int `json:"asked"`
	// Facts are sorted by subject, then by name; those of File where there is one, else those of Server.
	Facts []ConfigFact `json:"facts"`
	// Findings are what to mend in File, the gravest first.
	Findings []ConfigFinding `json:"findings,omitempty"`
	// Gaps is what could not be read of the cluster that File is compared with.
	Gaps []Gap `json:"gaps"`
}

// Subjects of a ConfigFact, in their order.
const (
	SubjectPodSecurity        = "podSecurity"        // active or inactive; no name
	SubjectDefault            = "default"            // LEVEL:VERSION; named by the mode
	SubjectExemptNamespace    = "exemptNamespace"    // exempt or notExempt; named by the namespace
	SubjectExemptRuntimeClass = "exemptRuntimeClass" // the same, named by the runtime class
	SubjectExemptUser         = "exemptUser"         // the same, named by the user
	SubjectFeatureGate        = "featureGate"        // enabled or disabled; named by the gate
)

// Values of a ConfigFact, beside levels with versions and those of Server.PodSecurity.
const (
	ConfigExempt    = "exempt"
	ConfigNotExempt = "notExempt"
	ConfigEnabled   = "enabled"
	ConfigDisabled  = "disabled"
	// ConfigUnknown is the value of whatever the API did not tell; How then says why.
	ConfigUnknown = "unknown"
)

// ConfigFact is one thing known of the configuration, or not known.
type ConfigFact struct {
	Subject string `json:"subject"`
	Name    string `json:"name,omitempty"`
	Value   string `json:"value"`
	// Source is config for a file, probed for what the server told, assumed for what is not known.
	Source Source `json:"source"`
	// How says in one clause which request told it, or why none could.
	How string `json:"how,omitempty"`
	// Needs is the right that was used or, for an unknown value, the one that would tell it: "create namespaces".
	Needs string `json:"needs,omitempty"`
}

// ConfigFinding is something in a file that does not do what its author will have meant, or does more.
type ConfigFinding struct {
	// Field is where in the configuration: exemptions.usernames[2].
	Field string `json:"field"`
	Value string `json:"value,omitempty"`
	// Reason is one of the constants below, for scripts.
	Reason string `json:"reason"`
	// Grave says that the file does something else than it says, or lets somebody past; the exit code goes by it.
	Grave bool `json:"grave"`
	// Message says what follows from it, Remedy what to do.
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	// Command shows more of it.
	Command string `json:"command,omitempty"`
	// Objects are those that it concerns, named as kubectl names them: a default's refused workloads.
	Objects []string `json:"objects,omitempty"`
}

// Reasons of a ConfigFinding, the gravest first.
const (
	// ReasonUnsupported: the server does not know this version of the file's format, and does not start with it.
	ReasonUnsupported = "unsupported"
	// ReasonControllerExempt: whoever can create a workload is past Pod Security with it.
	ReasonControllerExempt = "controllerExempt"
	// ReasonStricter: a default refuses what runs today.
	ReasonStricter = "stricter"
	// ReasonNeverMatches: no request has such a user, for one.
	ReasonNeverMatches = "neverMatches"
	// ReasonNamespaceMissing, ReasonRuntimeClassMissing: exempt, but not there.
	ReasonNamespaceMissing    = "namespaceMissing"
	ReasonRuntimeClassMissing = "runtimeClassMissing"
	// ReasonIgnored: the server takes no notice of this part of the file.
	ReasonIgnored = "ignored"
	// ReasonUnpinned: an upgrade of the server changes what the default refuses.
	ReasonUnpinned = "unpinned"
	// ReasonDeprecated: a version of the format that has a successor.
	ReasonDeprecated = "deprecated"
)

// DeepCopyObject makes the report a runtime.Object; the copy shares the facts.
func (r *ConfigReport) DeepCopyObject() runtime.Object {
	c := *r
	c.Facts, c.Findings, c.Gaps = slices.Clone(r.Facts), slices.Clone(r.Findings), slices.Clone(r.Gaps)
	return &c
}

// GetObjectKind returns the report's kind and version.
func (r *ConfigReport) GetObjectKind() schema.ObjectKind { return &r.TypeMeta }

// SortConfigFacts puts facts in the order of a report: by subject, then by name; modes as enforce, audit, warn.
func SortConfigFacts(facts []ConfigFact) {
	subjects := []string{
		SubjectPodSecurity, SubjectDefault, SubjectExemptNamespace, SubjectExemptRuntimeClass, SubjectExemptUser, SubjectFeatureGate,
	}
	modes := []string{"enforce", "audit", "warn"}
	slices.SortStableFunc(facts, func(a, b ConfigFact) int {
		return cmp.Or(
			cmp.Compare(slices.Index(subjects, a.Subject), slices.Index(subjects, b.Subject)),
			cmp.Compare(slices.Index(modes, a.Name), slices.Index(modes, b.Name)),
			cmp.Compare(a.Name, b.Name),
		)
	})
}
