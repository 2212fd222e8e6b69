package report

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccessReport says who may do what.
type AccessReport struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server `json:"server"`
	// Question is what was asked: relabel, or use of the PodSecurityPolicy Policy.
	Question string   `json:"question"`
	Policy   string   `json:"policy,omitempty"`
	Items    []Access `json:"items"`
	Gaps     []Gap    `json:"gaps"`
}

// Groups of an Access.
const (
	AccessAdmin   = "admin"
	AccessSystem  = "system"
	AccessSubject = "subject"
)

// Access is one subject with all the ways in which it may.
type Access struct {
	// Is is admin, system or subject.
	Is               string      `json:"is"`
	Kind             string      `json:"kind"`
	SubjectNamespace string      `json:"subjectNamespace,omitempty"`
	Name             string      `json:"name"`
	Via              []AccessVia `json:"via"`
}

// AccessVia is one way.
type AccessVia struct {
	Verbs []string `json:"verbs"`
	// Resource is as in RBAC, with the subresource; Namespaces are those that a rule or binding confines it to.
	Resource   string   `json:"resource"`
	Namespaces []string `json:"namespaces,omitempty"`
	Binding    string   `json:"binding"`
	Role       string   `json:"role"`
}
