// Package report holds the versioned types that `kubectl pss -o json|yaml` prints (pss.dev/v1alpha1),
// the verdict that they add up to, and their order. It is the last stage before a printer and knows
// nothing of clusters, files or terminals.
package report

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// APIVersion is the version of every document in this package. Within v1alpha1 fields are only added.
	APIVersion = "pss.dev/v1alpha1"
	// KindCheckReport is the kind that `kubectl pss check` prints.
	KindCheckReport = "CheckReport"
)

// CheckReport says what the API server does with everything that was read, namespace by namespace.
type CheckReport struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server   `json:"server"`
	Defaults        Defaults `json:"defaults"`
	// Judged are the modes that decide the verdict: those named on the command line, else enforce.
	Judged []string `json:"judged,omitempty"`
	// Object is the one workload or pod that was asked for, nil for namespaces. The items then speak of it alone:
	// nothing is said of a namespace's other pods, nor of what the server answers to a change of its labels.
	Object *Owner `json:"object,omitempty"`
	// DryRuns says how evidence of source admission was asked for; nil where it was not.
	DryRuns *DryRuns    `json:"dryRuns,omitempty"`
	Items   []Namespace `json:"items"`
	Gaps    []Gap       `json:"gaps"`
	Summary Summary     `json:"summary"`
	// Upgrade is how a server of another release would judge the same; nil where nobody asked.
	Upgrade *Upgrade `json:"upgrade,omitempty"`
	// Beyond adds up the controls that the Standards lack; nil where nobody asked.
	Beyond *Beyond `json:"beyond,omitempty"`
}

// DryRuns are the creations of pods that the server was asked about.
type DryRuns struct {
	// Asked is how many were sent, Shown how many were answered with a pod.
	Asked int `json:"asked"`
	Shown int `json:"shown"`
	// AsOneself is how many were asked as whoever ran the command and not as the controller, Why the reason: exemptions,
	// PodSecurityPolicies and webhooks that go by user may answer a controller otherwise.
	AsOneself int    `json:"asOneself,omitempty"`
	Why       string `json:"why,omitempty"`
}

// Server is what is known of the API server whose behaviour the report predicts.
type Server struct {
	// Version is the server's git version, such as v1.36.3; empty when no server was asked.
	Version string `json:"version,omitempty"`
	// PolicyVersion is what the policy version "latest" means there, such as v1.36.
	PolicyVersion string `json:"policyVersion"`
	// Exact is false when this build cannot promise the server's own verdicts and texts; Inexact says why.
	Exact       bool     `json:"exact"`
	Inexact     []string `json:"inexact,omitempty"`
	Context     string   `json:"context,omitempty"`
	ClusterUID  string   `json:"clusterUID,omitempty"`
	PodSecurity Fact     `json:"podSecurity"`
}

// Fact is something about the server together with how it was learned.
type Fact struct {
	// Value is active, inactive or unknown.
	Value  string `json:"value"`
	Source Source `json:"source"`
	// Reason says what the value rests on, in one clause.
	Reason string `json:"reason,omitempty"`
}

// Values of Server.PodSecurity.
const (
	PodSecurityActive   = "active"
	PodSecurityInactive = "inactive"
	PodSecurityUnknown  = "unknown"
)

// Source says how a fact was learned. Nothing assumed may be shown as known.
type Source string

// The sources of facts.
const (
	SourceLabel   Source = "label"
	SourceDefault Source = "default"
	SourceImplied Source = "implied"
	SourceInvalid Source = "invalid"
	SourceConfig  Source = "config"
	SourceProbed  Source = "probed"
	SourceAssumed Source = "assumed"
)

// Defaults are the levels of a namespace without labels, each as level:version.
type Defaults struct {
	Enforce string `json:"enforce"`
	Audit   string `json:"audit"`
	Warn    string `json:"warn"`
	Source  Source `json:"source"`
	// Assumed are the modes whose default is assumed all the same: dry runs told the others.
	Assumed []string `json:"assumed,omitempty"`
}

// Namespace is one item of a CheckReport.
type Namespace struct {
	Namespace string  `json:"namespace"`
	Verdict   Verdict `json:"verdict"`
	// Counted is false for system namespaces that were not named: shown, but without a say in the exit code.
	Counted bool `json:"counted"`
	// LabelErrors is upstream's text for labels that it cannot parse.
	LabelErrors []string `json:"labelErrors,omitempty"`
	// Current is the effective policy now, Candidate the one after the proposed labels (nil without a proposal).
	Current   Policy  `json:"current"`
	Candidate *Policy `json:"candidate,omitempty"`
	Exempt    Exempt  `json:"exempt"`
	// Strictest is the strictest level, at latest, that nothing here violates.
	Strictest Strictest `json:"strictest"`
	Pods      Pods      `json:"pods"`
	// LabelChange is the server's answer to the label update itself; nil without a proposal.
	LabelChange *LabelChange `json:"labelChange,omitempty"`
	Workloads   []Workload   `json:"workloads"`
	Gaps        []Gap        `json:"gaps,omitempty"`
	// Upgrade is what changes here on a server of another release; nil where nothing does.
	Upgrade *NamespaceUpgrade `json:"upgrade,omitempty"`
	// Split says which few workloads to take out so that all others reach a higher level; nil where that is no few, or
	// where not everything is known.
	Split *Split `json:"split,omitempty"`
	// Beyond counts for each control that the Standards lack the workloads that break it; nil where nobody asked.
	Beyond map[string]int `json:"beyond,omitempty"`
}

// Policy is the level and version of each mode.
type Policy struct {
	Enforce Mode `json:"enforce"`
	Audit   Mode `json:"audit"`
	Warn    Mode `json:"warn"`
}

// Mode is one mode of a policy.
type Mode struct {
	Level string `json:"level"`
	// Version is as written (latest or v1.N), EvaluatedAs the version that the server makes of it.
	Version     string `json:"version"`
	EvaluatedAs string `json:"evaluatedAs"`
	Source      Source `json:"source"`
}

// String is level:version, as the server prints it.
func (m Mode) String() string { return m.Level + ":" + m.Version }

// Exempt says whether Pod Security skips an object, and by which kind of exemption.
type Exempt struct {
	// By is none, namespace, runtimeClass or user.
	By     string `json:"by"`
	Source Source `json:"source"`
}

// Values of Exempt.By.
const (
	ExemptNone         = "none"
	ExemptNamespace    = "namespace"
	ExemptRuntimeClass = "runtimeClass"
	ExemptUser         = "user"
)

// Strictest is the strictest level, at policy version Version, that nothing violates.
type Strictest struct {
	Level   string `json:"level"`
	Version string `json:"version"`
	// Complete is false where gaps make Level an upper bound.
	Complete bool `json:"complete"`
	// Blocking counts the workloads that violate each level, finished ones aside.
	Blocking Blocking `json:"blocking"`
}

// Blocking counts the workloads that stand in the way of a level.
type Blocking struct {
	Baseline   int `json:"baseline"`
	Restricted int `json:"restricted"`
}

// Pods counts pods; Finished ones are in Total too.
type Pods struct {
	Total    int `json:"total"`
	Finished int `json:"finished"`
}

// LabelChange is the server's answer to the update of a namespace's labels.
type LabelChange struct {
	Allowed  bool     `json:"allowed"`
	Message  string   `json:"message,omitempty"`
	Warnings []string `json:"warnings"`
	// Exact is false where the server's answer depends on chance (it samples above 3,000 pods).
	Exact bool `json:"exact"`
}

// Gap is something that could not be read. It never counts as "no violation".
type Gap struct {
	// Resource is as in RBAC: plural.group, such as cronjobs.batch.
	Resource string `json:"resource"`
	// Namespace is empty for a gap of the whole cluster.
	Namespace string `json:"namespace,omitempty"`
	// Name is the one object that the gap is about: a dry run did not tell what the server would create for it.
	Name string `json:"name,omitempty"`
	// Reason is one word (forbidden, timeout, notFound…), Message the server's own text.
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// Summary adds the report up.
type Summary struct {
	Verdict    Verdict `json:"verdict"`
	Namespaces int     `json:"namespaces"`
	Counted    int     `json:"counted"`
	Workloads  int     `json:"workloads"`
	// Blocking counts workloads of counted namespaces that block under the modes judged.
	Blocking int `json:"blocking"`
	Pods     int `json:"pods"`
	// Checks counts, per check, the workloads of counted namespaces that it stands against: under the
	// candidate, else under restricted at latest.
	Checks map[string]int `json:"checks"`
	// Repairs are the workloads whose repair alone would lift namespaces to a level, most namespaces first.
	Repairs []Repair `json:"repairs,omitempty"`
	// Splits are the items' splits, the biggest win first: most other workloads gained for each that is taken out.
	Splits []SplitGain `json:"splits,omitempty"`
}

// Repair is a workload (the same name in several namespaces is one: a chart installed many times) that is
// the only one between Namespaces and Level.
type Repair struct {
	Group      string   `json:"group,omitempty"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Level      string   `json:"level"`
	Namespaces []string `json:"namespaces"`
}
