package report

import "time"

// Workload is one workload of a namespace: the topmost built-in owner of pods, a PodTemplate or a bare pod.
type Workload struct {
	Group    string    `json:"group,omitempty"`
	Kind     string    `json:"kind"`
	Name     string    `json:"name"`
	Owner    *Owner    `json:"owner,omitempty"`
	Location *Location `json:"location,omitempty"`
	State    State     `json:"state"`
	// Blocks says that it violates (under the candidate, else the current enforce policy) and that its pods
	// will be made again.
	Blocks bool `json:"blocks"`
	Next   Next `json:"next"`
	// Strictest is the strictest level at latest that none of its evidence violates.
	Strictest string  `json:"strictest"`
	Drift     []Drift `json:"drift,omitempty"`
	// MayBeChangedBy names the mutating webhooks and policies that match its pods, their conditions aside: where pods
	// differ from their template, and where nothing shows what becomes of the next pod on its way.
	MayBeChangedBy []string   `json:"mayBeChangedBy,omitempty"`
	Evidence       []Evidence `json:"evidence"`
	// Upgrade is what changes on a server of another release; nil where nothing does.
	Upgrade *WorkloadUpgrade `json:"upgrade,omitempty"`
	// Beyond names the controls that the Standards lack and that its next pods are going to break.
	Beyond []string `json:"beyond,omitempty"`
}

// Owner names an object: a custom controller above a workload, or what a check was asked about.
type Owner struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// Location is where in a set of files an object stands; Document counts from 1.
type Location struct {
	File     string `json:"file"`
	Document int    `json:"document"`
}

// State is what a workload is doing.
type State string

// The states of a workload.
const (
	StateActive      State = "active"
	StateIdle        State = "idle"
	StateSuspended   State = "suspended"
	StateFinished    State = "finished"
	StateTerminating State = "terminating"
)

// Next is when the workload's pods will be made again.
type Next struct {
	Event Event `json:"event"`
	// At is known for a CronJob's next run only.
	At *time.Time `json:"at,omitempty"`
}

// Event is what makes a workload's pods again.
type Event string

// The events that make pods again.
const (
	EventReschedule Event = "reschedule"
	EventRollout    Event = "rollout"
	EventNewNode    Event = "newNode"
	EventSchedule   Event = "schedule"
	EventRetry      Event = "retry"
	EventApply      Event = "apply" // a bare pod in a file
	EventNever      Event = "never"
)

// Drift says how pods differ from their own template.
type Drift string

// The kinds of drift.
const (
	// DriftMutated: pods pass a check that their template fails, because something changed them.
	DriftMutated Drift = "mutated"
	// DriftInjected: pods fail a check that their template passes, because something was put in.
	DriftInjected Drift = "injected"
	// DriftOtherRevision: pods of an older revision differ from the current template.
	DriftOtherRevision Drift = "otherRevision"
	// DriftMutatedSince: pods that run fail a check which the server's answer to a dry run passes.
	DriftMutatedSince Drift = "mutatedSince"
	// DriftInjectedSince: pods that run pass a check which the server's answer to a dry run fails.
	DriftInjectedSince Drift = "injectedSince"
)

// Evidence is one distinct outcome and what it was found on.
type Evidence struct {
	// Source is template, pod or admission.
	Source string `json:"source"`
	// Revision is current, old or unknown.
	Revision string `json:"revision"`
	Finished bool   `json:"finished"`
	// Count is how many pods this stands for; a template stands for none.
	Count int `json:"count"`
	// Pods are the names of violating pods.
	Pods       []string    `json:"pods,omitempty"`
	Exempt     Exempt      `json:"exempt"`
	Violations []Violation `json:"violations"`
	// Blocks says that this is evidence for which the workload blocks.
	Blocks bool `json:"blocks,omitempty"`
	// Answered says that a dry run has told what becomes of new pods of this template, so that evidence of source
	// admission decides that and no longer this.
	Answered bool `json:"answered,omitempty"`
	// Admission says more of evidence of that source.
	Admission *Admission `json:"admission,omitempty"`
	// Outcome is what the server would do under the candidate, else under the current policy.
	Outcome Outcome `json:"outcome"`
	// Now is what it does under the current policy; nil without a candidate, or where that is the same.
	Now *Outcome `json:"now,omitempty"`
	// Upgraded is what a server of another release does; nil where nobody asked, or where that is the same.
	Upgraded *Outcome `json:"upgraded,omitempty"`
	// Updates says which changes of these pods, which run, are refused; nil where none is.
	Updates *Updates `json:"updates,omitempty"`
	// Beyond is where the evidence breaks a control that the Standards lack. Pod Security says nothing of it.
	Beyond []BeyondFinding `json:"beyond,omitempty"`
}

// Admission is more about the server's answer to the dry run of a pod.
type Admission struct {
	// User is the controller that was impersonated; empty where whoever ran the command asked.
	User string `json:"user,omitempty"`
	// PodSecurityPolicy is the policy that admitted the pod, and may have changed it.
	PodSecurityPolicy string `json:"podSecurityPolicy,omitempty"`
	// Refused is what Pod Security says now in place of showing the pod. Violations are then those of the template.
	Refused string `json:"refused,omitempty"`
	// Unenforced says that the server admits what the policy enforced now denies: Pod Security is not active there, or
	// an exemption that is not known covers it.
	Unenforced bool `json:"unenforced,omitempty"`
}

// Shown says whether anything shows what becomes of the workload's next pods on their way: pods that are not of an older
// revision, or the server's answer to a dry run.
func (w *Workload) Shown() bool {
	for i := range w.Evidence {
		e := &w.Evidence[i]
		hidden := e.Admission != nil && e.Admission.Refused != ""
		if e.Source != EvidenceTemplate && e.Revision != RevisionOld && !hidden {
			return true
		}
	}
	return false
}

// Foretells says whether evidence shows what a workload's next pods will meet. What has finished does not, but for the
// last runs of a CronJob: the pods of the next one come from the same template and the same way.
func (w *Workload) Foretells(e *Evidence) bool {
	return !e.Finished || w.Kind == "CronJob" && e.Source == EvidencePod && e.Revision == RevisionCurrent
}

// Values of Evidence.Source and Evidence.Revision.
const (
	EvidenceTemplate  = "template"
	EvidencePod       = "pod"
	EvidenceAdmission = "admission"

	RevisionCurrent = "current"
	RevisionOld     = "old"
	RevisionUnknown = "unknown"
)

// Violation is one check that denies the evidence under one policy. The list of a policy is the server's own,
// in its order: filter by Level and Version to read it.
type Violation struct {
	Check string `json:"check"`
	// Level and Version are the policy judged, not the level that the check belongs to.
	Level   string `json:"level"`
	Version string `json:"version"`
	// Reason and Detail are the server's texts.
	Reason string  `json:"reason"`
	Detail string  `json:"detail,omitempty"`
	Fields []Field `json:"fields,omitempty"`
}

// Field is where in the pod (or pod template) the violation stands, and what stands there.
type Field struct {
	// Path is relative to the pod, such as spec.containers[0].securityContext.privileged.
	Path string `json:"path"`
	// Container is the name of the container concerned, empty for the pod as a whole.
	Container string `json:"container,omitempty"`
	// Value is nil where the field is unset.
	Value any `json:"value"`
	// Exposes says what a path of the node opens to whoever controls the pod, where that is known.
	Exposes string `json:"exposes,omitempty"`
}

// Outcome is what the server does with the evidence.
type Outcome struct {
	// Pod is the answer to creating the pod.
	Pod PodOutcome `json:"pod"`
	// Workload is the answer to creating or updating the workload object; templates only.
	Workload *WorkloadOutcome `json:"workload,omitempty"`
}

// PodOutcome is the server's answer to a pod create.
type PodOutcome struct {
	Allowed bool `json:"allowed"`
	// Message is the denial after `pods "NAME" is forbidden: `.
	Message  string   `json:"message,omitempty"`
	Warnings []string `json:"warnings"`
	// Audit is the audit-violations annotation.
	Audit string `json:"audit,omitempty"`
}

// WorkloadOutcome is the server's answer to the workload object; it is never denied.
type WorkloadOutcome struct {
	Warnings []string `json:"warnings"`
	Audit    string   `json:"audit,omitempty"`
}
