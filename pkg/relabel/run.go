package relabel

import (
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Run is what a journal says of one run of label or rollback.
type Run struct {
	ID      string
	Started time.Time
	// Command is what was typed, Host the API server that it went to.
	Command string
	Host    string
	// ClusterUID is the cluster's identity; empty where it could not be read.
	ClusterUID string
	// Allowed are the flags by which the user accepted consequences, so that a continued run need not ask again.
	Allowed []string
	// Plan is what the run was to do, never nil.
	Plan *report.LabelPlan
	// Damaged says why the journal cannot be used; of the other fields only ID and Started are set then.
	Damaged string
	// Writing says that a process was writing the journal when it was read.
	Writing bool

	ended bool
	// trails has an entry for each namespace that the plan changes, and no other.
	trails map[string]*trail
}

// trail is what a journal says of one namespace.
type trail struct {
	// begun says that a patch was about to leave at some time.
	begun bool
	// open says that one was, and nothing is known of its end.
	open bool
	// wrote says that one was carried out, or may have been.
	wrote  bool
	result *report.Result
	// known is the namespace's resourceVersion when it was last seen as planned, empty for none.
	known string
}

// Tried says that a patch for the namespace has left, or was about to when the run was cut off.
func (r *Run) Tried(namespace string) bool {
	t := r.trails[namespace]
	return t != nil && t.begun
}

// Result is how the namespace ended; false for one that was not reached, or was under way when the run was cut off.
func (r *Run) Result(namespace string) (report.Result, bool) {
	t := r.trails[namespace]
	if t == nil || t.result == nil {
		return report.Result{}, false
	}
	return *t.result, true
}

// Known is the resourceVersion that a namespace had when the run wrote it or found it as planned. It is empty where it did
// neither, or was killed before it could say so.
func (r *Run) Known(namespace string) string {
	if t := r.trails[namespace]; t != nil {
		return t.known
	}
	return ""
}

// Ended says that the run came to its end, well or not.
func (r *Run) Ended() bool { return r.ended }

// Interrupted says that the run was cut off, so that some of its namespaces may be changed and others not.
func (r *Run) Interrupted() bool { return !r.ended && !r.Writing && r.Damaged == "" }

// mayHaveWritten says whether labels of the namespace may be this run's. A namespace that was refused, or found as
// planned, has not been written; one whose patch has no known end may have been.
func (r *Run) mayHaveWritten(namespace string) bool {
	t := r.trails[namespace]
	return t != nil && (t.wrote || t.open)
}

func (r *Run) noteBegin(namespace string) {
	t := r.trails[namespace]
	t.begun, t.open, t.result = true, true, nil
}

func (r *Run) noteDone(namespace string, result *report.Result) {
	t := r.trails[namespace]
	// A failure without a reason of the server's may be an answer that was lost.
	if result.Outcome == report.EndingWritten || t.open && result.Outcome == report.EndingFailed && result.Reason == "" {
		t.wrote = true
	}
	t.open, t.result = false, result
	if result.ResourceVersion != "" {
		t.known = result.ResourceVersion
	}
}

// noteResume closes what the process before left open: what becomes known from now on is not known of its patches.
func (r *Run) noteResume() {
	r.ended = false
	for _, t := range r.trails {
		t.wrote, t.open = t.wrote || t.open, false
	}
}
