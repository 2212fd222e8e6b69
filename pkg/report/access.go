package report

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccessReport says who may do what.
type AccessReport struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server `json:"server"`
	// Question is what was asked: relabel, or use of the PodSecurityPolicy Policy.
	Question string `json:"question"`
	Policy   string `json:"policy,omitempty"`
	// Namespace is where the ways hold, if only one namespace was asked about.
	Namespace string `json:"namespace,omitempty"`
	// Makers are the controllers that may use the policy themselves: what they make, they make with it, for everybody.
	Makers []string `json:"makers,omitempty"`
	Items  []Access `json:"items"`
	Gaps   []Gap    `json:"gaps"`
}

// Questions of an AccessReport.
const (
	QuestionRelabel = "relabel"
	QuestionUse     = "use"
)

// Groups of an Access. Admins may everything, the system are Kubernetes' own components; the groups that everybody is in
// are subjects like any other.
const (
	AccessAdmin   = "admin"
	AccessSystem  = "system"
	AccessSubject = "subject"
)

// Access is one subject with all the ways in which it may. Only the group system:masters needs none.
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
	// BindingNamespace is where a RoleBinding lies.
	BindingNamespace string `json:"bindingNamespace,omitempty"`
	Role             string `json:"role"`
}
