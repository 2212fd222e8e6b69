package report

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PSPCheck says what PodSecurityPolicies do for workloads, and what becomes of these without.
type PSPCheck struct {
	metav1.TypeMeta `json:",inline"`
	Server          Server         `json:"server"`
	Served          bool           `json:"served"`
	Items           []PSPNamespace `json:"items"`
	Gaps            []Gap          `json:"gaps"`
	Summary         PSPSummary     `json:"summary"`
}

// PSPSummary adds a PSPCheck up.
type PSPSummary struct {
	// Verdict is violates where counted workloads are trapped, incomplete with gaps, else complies.
	Verdict    Verdict `json:"verdict"`
	Namespaces int     `json:"namespaces"`
	Workloads  int     `json:"workloads"`
	// Trapped are refused once their policy is gone and its level is enforced; Repaired of them pass with their patch.
	Trapped  int `json:"trapped"`
	Repaired int `json:"repaired"`
}

// PSPNamespace is one item of a PSPCheck.
type PSPNamespace struct {
	Namespace string `json:"namespace"`
	Counted   bool   `json:"counted"`
	// Policies are those in use here, by name.
	Policies []string `json:"policies"`
	// Current is the policy that its labels make today, each mode as level:version.
	Current PSPModes `json:"current"`
	// Recommended is what can be set now, AfterPatches what can be once the patches are in: levels. They are empty where
	// something could not be read that may need more.
	Recommended  PSPModes      `json:"recommended"`
	AfterPatches PSPModes      `json:"afterPatches"`
	Workloads    []PSPWorkload `json:"workloads"`
	Gaps         []Gap         `json:"gaps,omitempty"`
}

// PSPModes are the three modes.
type PSPModes struct {
	Enforce string `json:"enforce"`
	Audit   string `json:"audit"`
	Warn    string `json:"warn"`
}

// PSPWorkload is what policies do for one workload.
type PSPWorkload struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Owner *Owner `json:"owner,omitempty"`
	State string `json:"state"`
	// Policies are those that admit its pods, Refused why none does.
	Policies []PSPAdmission `json:"policies"`
	Refused  []string       `json:"refused,omitempty"`
	// Written are the fields in which pods differ from their template because a policy wrote them, Others those that
	// differ for another reason (a webhook, a limit range, a hand).
	Written []PSPDifference `json:"written"`
	Others  []PSPDifference `json:"others,omitempty"`
	// NoTemplate says that a policy that writes admitted its pods, and that no template is known to hold them against:
	// what it wrote cannot be told, and Without is that of pods as they are.
	NoTemplate bool `json:"noTemplate,omitempty"`
	// WithPolicy is the strictest level that its pods pass today, Without the one once no policy writes any more. Where a
	// policy that admitted them is not known, Without is that of pods without any of Others: the policy may have written it.
	WithPolicy string `json:"withPolicy"`
	Without    string `json:"without"`
	// Trap is what happens to the next pod after the policy is gone; nil where nothing does.
	Trap *PSPTrap `json:"trap,omitempty"`
	// Patch is a strategic merge patch of the workload that writes down what the policy wrote, Undo the way back.
	Patch json.RawMessage `json:"patch,omitempty"`
	Undo  json.RawMessage `json:"undo,omitempty"`
	// Fixed says why the patch cannot be made where the workload is, but only in its manifest; empty where it can.
	Fixed string `json:"fixed,omitempty"`
	// Patched is the strictest level that the patched template passes.
	Patched string `json:"patched,omitempty"`
}

// PSPAdmission is a policy that admits pods of a workload.
type PSPAdmission struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Pods   int    `json:"pods"`
}

// PSPDifference is a field in which pods and template differ.
type PSPDifference struct {
	// Path is below the pod; Template and Pod are its values as JSON, absent where there is none.
	Path     string          `json:"path"`
	Template json.RawMessage `json:"template,omitempty"`
	Pod      json.RawMessage `json:"pod,omitempty"`
	// Policy wrote it; empty where no policy did.
	Policy string `json:"policy,omitempty"`
}

// PSPTrap is a refusal that waits until a policy is gone.
type PSPTrap struct {
	// Policy is what the workload passes by today, Enforce the level:version under which it is then refused, Message the
	// server's words.
	Policy  string `json:"policy"`
	Enforce string `json:"enforce"`
	Message string `json:"message"`
	// Repaired says that the template can be patched where it is, and passes Enforce then.
	Repaired bool `json:"repaired"`
}
