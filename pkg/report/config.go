package report

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// Reason is one word for scripts: controllerExempt, namespaceMissing, runtimeClassMissing, unpinned, stricter,
	// neverMatches or deprecated.
	Reason string `json:"reason"`
	// Message says what follows from it, Remedy what to do.
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	// Objects are those that it concerns, named as kubectl names them: a default's refused workloads.
	Objects []string `json:"objects,omitempty"`
}
