package report

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Kinds of the documents about PodSecurityPolicies.
const (
	// KindPSPList is what `kubectl pss psp list` and `psp explain` print.
	KindPSPList = "PodSecurityPolicyReport"
	// KindPSPCheck is what `kubectl pss psp check` prints.
	KindPSPCheck = "PodSecurityPolicyCheck"
	// KindMigrationPlan is what `kubectl pss psp plan` prints.
	KindMigrationPlan = "MigrationPlan"
	// KindAccessReport is what `kubectl pss who-can` prints.
	KindAccessReport = "AccessReport"
)

// PSPList says what PodSecurityPolicies amount to.
type PSPList struct {
	metav1.TypeMeta `json:",inline"`
	// Server is the cluster that was asked; nil for files.
	Server *Server `json:"server,omitempty"`
	// Served says whether the cluster has the PodSecurityPolicy API at all; false from 1.25 on, where nothing was found.
	Served bool  `json:"served"`
	Items  []PSP `json:"items"`
	Gaps   []Gap `json:"gaps"`
}

// PSP is what one policy amounts to.
type PSP struct {
	Name     string    `json:"name"`
	Location *Location `json:"location,omitempty"`
	// Invalid are the rules that the policy breaks, as the API of 1.24 words them. Nothing else is said of it then.
	Invalid []string `json:"invalid,omitempty"`
	// Table is the strictest level that the official mapping gives the policy to the letter, Level the one with SELinux
	// and AppArmor left aside as far as the policy leaves them to pods, which is what a cluster without them sees.
	Table string `json:"table"`
	Level string `json:"level"`
	// Reasons are why it is not stricter, Exception what the mapping overlooks in this very policy.
	Reasons   []PSPReason `json:"reasons"`
	Exception string      `json:"exception,omitempty"`
	// Writes are the fields of pods that it writes, Beyond what no level can say.
	Writes []PSPWrite  `json:"writes"`
	Beyond []PSPBeyond `json:"beyond"`
	// Users may use it, UsedBy do. Both are nil where no cluster was asked.
	Users  []PSPUser `json:"users,omitempty"`
	UsedBy []PSPUse  `json:"usedBy,omitempty"`
}

// PSPReason is why a policy is not stricter than it is.
type PSPReason struct {
	// Field and Value are the policy's; Against is the loosest level that forbids it.
	Field   string `json:"field"`
	Value   string `json:"value"`
	Against string `json:"against"`
	// Aside is true for SELinux and AppArmor where the policy leaves them to pods. A label that it writes itself counts.
	Aside bool   `json:"aside,omitempty"`
	Text  string `json:"text"`
}

// PSPWrite is a field of pods that a policy writes.
type PSPWrite struct {
	// Field is the policy's, Path the pod's ([*] for each container), Value what is written, When under what condition.
	Field string `json:"field"`
	Path  string `json:"path"`
	Value string `json:"value"`
	When  string `json:"when,omitempty"`
}

// PSPBeyond is a demand of a policy that no level can make.
type PSPBeyond struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Text  string `json:"text"`
}

// PSPUser is a subject that may use a policy.
type PSPUser struct {
	// Kind is ServiceAccount, Group or User; SubjectNamespace is a service account's.
	Kind             string `json:"kind"`
	SubjectNamespace string `json:"subjectNamespace,omitempty"`
	Name             string `json:"name"`
	// Namespace is where the pods may be; empty is everywhere.
	Namespace string `json:"namespace,omitempty"`
	Binding   string `json:"binding"`
	Role      string `json:"role"`
	APIGroup  string `json:"apiGroup"`
}

// How it was found out which policy a pod is under.
const (
	// PSPByAnnotation is what the server wrote on the pod; pods keep it after an upgrade, so that it may be old.
	PSPByAnnotation = "annotation"
	// PSPByAuthorisation is what the server would choose, from rights and rules.
	PSPByAuthorisation = "authorisation"
)

// PSPUse is a workload that a policy admits.
type PSPUse struct {
	Namespace string `json:"namespace"`
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// Pods counts those that carry the annotation; Source is annotation or authorisation.
	Pods   int    `json:"pods"`
	Source string `json:"source"`
}
