package report

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KindLabelPlan is the kind that `kubectl pss label` prints, and takes back by -f.
const KindLabelPlan = "LabelPlan"

// LabelPlan says what would become of the Pod Security labels of namespaces, what the API server would do then
// and, once it was carried out, how that ended.
type LabelPlan struct {
	metav1.TypeMeta `json:",inline"`
	// Run names the journal of the run that wrote this plan; empty as long as nothing was written.
	Run string `json:"run,omitempty"`
	// Time is when the cluster was read.
	Time     time.Time `json:"time"`
	Server   Server    `json:"server"`
	Defaults Defaults  `json:"defaults"`
	Asked    Asked     `json:"asked"`
	Items    []Planned `json:"items"`
	Gaps     []Gap     `json:"gaps"`
	// Summary adds the items up.
	Summary PlanSummary `json:"summary"`
}

// Asked is what the command line proposed.
type Asked struct {
	// Enforce, Audit and Warn are LEVEL, LEVEL:VERSION or - (no label); empty where the mode was not named.
	Enforce string `json:"enforce,omitempty"`
	Audit   string `json:"audit,omitempty"`
	Warn    string `json:"warn,omitempty"`
	// Recommend says that levels were chosen namespace by namespace; Pin is the version written for enforce.
	Recommend bool   `json:"recommend,omitempty"`
	Pin       string `json:"pin,omitempty"`
	// Undo is the run that this one takes back.
	Undo string `json:"undo,omitempty"`
}

// Planned is the plan for one namespace.
type Planned struct {
	Namespace string `json:"namespace"`
	// UID tells a namespace from a later one of the same name.
	UID string `json:"uid"`
	// Seen is the resourceVersion that the namespace had when the plan was made; empty in plans that were read from files,
	// where it would make two plans of the same state differ.
	Seen   string `json:"-"`
	Action Action `json:"action"`
	// Reason says why nothing is changed, or what is left as it is; empty for a change that is all that was asked for.
	Reason string `json:"reason,omitempty"`
	// Before are all Pod Security labels that the namespace has (of the six keys), After those it is to have.
	Before map[string]string `json:"before"`
	After  map[string]string `json:"after"`
	// Left are label keys that a rollback leaves alone, because they no longer hold what was written.
	Left []string `json:"left,omitempty"`
	// Direction says what the change does to the effective policy.
	Direction Direction `json:"direction,omitempty"`
	// Current and Candidate are the effective policies of Before and After; nil where nothing was foreseen (rollback).
	Current   *Policy `json:"current,omitempty"`
	Candidate *Policy `json:"candidate,omitempty"`
	// Refused are the workloads whose next pods the server refuses under the candidate, one entry a distinct message.
	Refused []Refused `json:"refused"`
	// Warned are the workloads whose authors are told something new when they create or update them.
	Warned []Warned `json:"warned,omitempty"`
	// LabelChange is the foreseen answer to the change of the labels itself; nil where nothing is changed or foreseen.
	LabelChange *LabelChange `json:"labelChange,omitempty"`
	// Owners are who else has a say in the labels.
	Owners []LabelOwner `json:"owners,omitempty"`
	// Gaps are what of this namespace could not be read; those of the whole cluster are the plan's.
	Gaps []Gap `json:"gaps,omitempty"`
	// Answer is what the server said to a dry run, Result how writing ended; nil before.
	Answer *Answer `json:"answer,omitempty"`
	Result *Result `json:"result,omitempty"`
}

// Action is what a plan does with a namespace.
type Action string

// The actions.
const (
	// ActionChange writes labels.
	ActionChange Action = "change"
	// ActionKeep finds that the labels are already as they should be.
	ActionKeep Action = "keep"
	// ActionSkip leaves a namespace alone; Reason says why.
	ActionSkip Action = "skip"
)

// Direction says what a change does to what is allowed.
type Direction string

// The directions.
const (
	DirectionTightens Direction = "tightens"
	DirectionLoosens  Direction = "loosens"
	// DirectionMixed tightens one mode and loosens another, or cannot be told (another version of the same level).
	DirectionMixed Direction = "mixed"
	// DirectionSame writes labels that say what was true without them.
	DirectionSame Direction = "same"
)

// Refused is a workload whose next pods the server refuses, and in which words.
type Refused struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	// Message is what follows `pods "NAME" is forbidden: `.
	Message string `json:"message"`
	// Checks are the IDs of the checks that deny.
	Checks []string `json:"checks"`
	// Already says that the server refuses them today, so that the change makes no difference.
	Already bool `json:"already,omitempty"`
	// IfUnchanged says that this is what the template alone would meet: the pods that run now were changed on the way (a
	// webhook, an admission policy) and meet something else, or nothing. So it comes true only if nothing changes them
	// any more.
	IfUnchanged bool `json:"ifUnchanged,omitempty"`

	State State `json:"state"`
	Next  Next  `json:"next"`
}

// Warned is a workload whose authors are told something that they are not told today.
type Warned struct {
	Group    string   `json:"group,omitempty"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Warnings []string `json:"warnings"`
}

// LabelOwner is somebody else who writes the labels that a plan changes, or the namespace that they are on.
type LabelOwner struct {
	// Name is the tool: Argo CD, Flux, Helm, Fleet, kubectl apply, OpenShift, or the field manager's own name.
	Name string `json:"name"`
	// Detail is what of the tool: an application, a release, a field manager.
	Detail string `json:"detail,omitempty"`
	// Keys are the labels that are theirs and that the plan changes; without any they own the namespace alone, and will
	// not touch the change.
	Keys []string `json:"keys,omitempty"`
	// Advice says what to do about it.
	Advice string `json:"advice"`
}

// Answer is the server's answer to a dry run of the change.
type Answer struct {
	Allowed  bool     `json:"allowed"`
	Message  string   `json:"message,omitempty"`
	Warnings []string `json:"warnings"`
	// Expected is what was foreseen of it: the warnings of LabelChange, cut as the server cuts what it sends.
	Expected []string `json:"expected"`
	// Differs says that the two are not equal; Exact is false where that was to be expected.
	Differs bool `json:"differs"`
	Exact   bool `json:"exact"`
}

// Result is how the writing of one namespace ended.
type Result struct {
	Outcome Ending `json:"outcome"`
	// Message says what stood in the way, in the server's words where it was the server.
	Message string `json:"message,omitempty"`
	// Reason is the server's word for the kind of its refusal, such as Forbidden. It is empty where it was not the
	// server, or where an earlier attempt may have been carried out.
	Reason string `json:"reason,omitempty"`
	// Warnings are what the server said to the change.
	Warnings []string `json:"warnings,omitempty"`
	// ResourceVersion is the namespace's when it was written, or found as planned. No older state of it is believed.
	ResourceVersion string `json:"resourceVersion,omitempty"`
	// Left are label keys that a rollback did not touch, because they no longer hold what was written.
	Left []string `json:"left,omitempty"`
}

// Ending is how the writing of one namespace ended.
type Ending string

// The endings.
const (
	// EndingWritten: the labels are as planned, and this run wrote them.
	EndingWritten Ending = "written"
	// EndingAlready: the labels were as planned before anything was written.
	EndingAlready Ending = "already"
	// EndingMoved: labels or prediction are not what the plan saw; nothing was written.
	EndingMoved Ending = "moved"
	// EndingGone: the namespace was deleted, or another one has taken its name.
	EndingGone Ending = "gone"
	// EndingFailed: the server refused, or could not be reached.
	EndingFailed Ending = "failed"
	// EndingUntried: the run was interrupted before this namespace.
	EndingUntried Ending = "untried"
)

// PlanSummary adds a plan up.
type PlanSummary struct {
	Namespaces int `json:"namespaces"`
	Change     int `json:"change"`
	Keep       int `json:"keep"`
	Skip       int `json:"skip"`
	// Tighten and Loosen count changes by direction; mixed ones count in both.
	Tighten int `json:"tighten"`
	Loosen  int `json:"loosen"`
	// Refused counts workloads that are refused from then on and are not today, in RefusedNamespaces namespaces.
	Refused           int `json:"refused"`
	RefusedNamespaces int `json:"refusedNamespaces"`
	// Warned counts workloads with new warnings, Owned namespaces with labels that are somebody else's.
	Warned int `json:"warned"`
	Owned  int `json:"owned"`
	// Incomplete counts the namespaces to be changed of which not everything could be read.
	Incomplete int `json:"incomplete"`
	// Outcomes counts results; empty before writing.
	Outcomes map[Ending]int `json:"outcomes,omitempty"`
	// Differences counts dry runs whose answer was another one than foreseen, where it should not have been.
	Differences int `json:"differences,omitempty"`
}

// ChangedKeys are the label keys that the plan changes, sorted.
func (p *Planned) ChangedKeys() []string {
	var keys []string
	for key, before := range p.Before {
		if after, ok := p.After[key]; !ok || after != before {
			keys = append(keys, key)
		}
	}
	for key := range p.After {
		if _, ok := p.Before[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// NewlyRefused are the workloads that are refused because of the change.
func (p *Planned) NewlyRefused() []Refused {
	return slices.DeleteFunc(slices.Clone(p.Refused), func(r Refused) bool { return r.Already })
}

// Owned says whether somebody else set labels that the plan changes.
func (p *Planned) Owned() bool {
	return slices.ContainsFunc(p.Owners, func(o LabelOwner) bool { return len(o.Keys) > 0 })
}
