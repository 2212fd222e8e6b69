package relabel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// writing is the change of one namespace under way: read, compare with the plan, patch; and after a conflict or an
// answer that did not come, once more from the beginning.
type writing struct {
	*API
	item  *report.Planned
	begin func(namespace string) error
	// transient and conflict are what is left of the patience with each kind of failure.
	transient, conflict wait.Backoff
	begun               bool
	// arrived says that a patch may have been carried out although we were not told so.
	arrived bool
	// refusals says that an attempt at a patch was refused otherwise than by a conflict.
	refusals bool
	// failure is how the last patch ended.
	failure error
}

func (w *writing) run(ctx context.Context) report.Result {
	if ctx.Err() != nil {
		return report.Result{Outcome: report.EndingUntried}
	}
	attempts := ctx
	if w.timeout > 0 {
		var cancel context.CancelFunc
		attempts, cancel = context.WithTimeout(ctx, w.timeout)
		defer cancel()
	}
	live, err := w.Get(attempts, w.item.Namespace, w.item.Seen)
	for again := true; err == nil; live, err = w.look(ctx) {
		if result := w.compare(live); result.Outcome != "" {
			return result
		}
		if !again || ctx.Err() != nil {
			return w.givenUp(ctx)
		}
		if result := w.beginOnce(ctx); result.Outcome != "" {
			return result
		}
		var answer *corev1.Namespace
		var warned []string
		if answer, warned, w.failure = w.send(attempts, live); w.failure == nil {
			return w.done(report.EndingWritten, answer, warned)
		}
		switch {
		case w.refused() && ctx.Err() != nil && errors.Is(w.failure, context.Canceled):
			return report.Result{Outcome: report.EndingUntried} // the server had asked to come again later
		case w.refused():
			return w.denied(ctx, warned)
		}
		again = w.pause(attempts)
	}
	return w.unread(ctx, err)
}

// compare says how the namespace ended, if the labels that it has now say so; no outcome where they are as the plan
// saw them.
func (w *writing) compare(live *corev1.Namespace) report.Result {
	switch {
	case string(live.UID) != w.item.UID:
		return report.Result{
			Outcome: report.EndingGone,
			Message: fmt.Sprintf("deleted and created again: the plan saw UID %s, now it is %s", w.item.UID, live.UID),
		}
	case equal(live.Labels, w.item.After) && (w.arrived || w.refusals && w.ours(live)):
		return w.done(report.EndingWritten, live, nil)
	case equal(live.Labels, w.item.After):
		return w.done(report.EndingAlready, live, nil)
	case equal(live.Labels, w.item.Before):
		return report.Result{}
	case w.arrived:
		return report.Result{
			Outcome: report.EndingFailed,
			Message: "whether the labels were written is not known, for they have moved since: " + w.moved(live),
		}
	default:
		return report.Result{Outcome: report.EndingMoved, Message: w.moved(live)}
	}
}

// moved says which labels are not what the plan saw.
func (w *writing) moved(live *corev1.Namespace) string {
	return strings.Join(MovedLabels(w.item.Before, live.Labels), "; ")
}

// beginOnce makes sure that the change stands in the journal before the first patch leaves.
func (w *writing) beginOnce(ctx context.Context) report.Result {
	if !w.begun && w.begin != nil {
		if err := w.begin(w.item.Namespace); err != nil {
			return report.Result{Outcome: report.EndingFailed, Message: err.Error()}
		}
	}
	w.begun = true
	if ctx.Err() != nil {
		return report.Result{Outcome: report.EndingUntried}
	}
	return report.Result{}
}

// send sends the changed labels, on condition that the namespace is the one that was read and has not changed since.
func (w *writing) send(ctx context.Context, live *corev1.Namespace) (*corev1.Namespace, []string, error) {
	body, err := json.Marshal(patchBody{Metadata: patchMeta{
		UID:             string(live.UID),
		ResourceVersion: live.ResourceVersion,
		Labels:          changed(w.item.Before, w.item.After),
	}})
	if err != nil {
		return nil, nil, err
	}
	ctx, release := outlive(ctx, w.grace)
	defer release()
	ctx, d := watchDelivery(ctx)
	answer, warned, err := w.patch(ctx, w.item.Namespace, body)
	w.arrived = w.arrived || d.arrived && !w.dryRun
	w.refusals = w.refusals || d.denied && !w.dryRun
	if err == nil && !w.shows(answer, live) {
		err = errUnshown()
	}
	return answer, warned, err
}

// done is the end of a namespace that has the labels of the plan.
func (w *writing) done(outcome report.Ending, live *corev1.Namespace, warned []string) report.Result {
	r := report.Result{Outcome: outcome, Warnings: warned}
	if !w.dryRun { // which leaves no state behind
		r.ResourceVersion = live.ResourceVersion
	}
	return r
}

// refused says that the last patch was not carried out and that there is nothing to be gained by another one.
func (w *writing) refused() bool {
	return !w.arrived && !apierrors.IsConflict(w.failure) && !passesForPatch(w.failure)
}

// pause waits before another attempt, and says whether there is to be one.
func (w *writing) pause(ctx context.Context) bool {
	backoff := &w.transient
	switch {
	case apierrors.IsConflict(w.failure):
		backoff = &w.conflict
	case !passesForPatch(w.failure):
		return false
	}
	return backoff.Steps > 0 && patience.Sleep(ctx, backoff.Step())
}

// look reads the namespace again after a patch. It does so in an interrupted run too, for the sake of what is said
// of the patch in the end.
func (w *writing) look(ctx context.Context) (*corev1.Namespace, error) {
	ctx, release := outlive(ctx, lookGrace)
	defer release()
	return w.Get(ctx, w.item.Namespace, w.item.Seen)
}

// givenUp is how a namespace ends that still has its old labels.
func (w *writing) givenUp(ctx context.Context) report.Result {
	switch {
	case ctx.Err() == nil:
		return w.ended(w.failure, nil)
	case w.arrived:
		return report.Result{
			Outcome: report.EndingFailed,
			Message: "interrupted before the server had answered; the labels were unchanged still",
		}
	default:
		return report.Result{Outcome: report.EndingUntried}
	}
}

// unread is how a namespace ends that cannot be read.
func (w *writing) unread(ctx context.Context, err error) report.Result {
	switch {
	case apierrors.IsNotFound(err):
		return w.ended(err, nil)
	case w.arrived:
		return w.unknown(err)
	case ctx.Err() != nil:
		return report.Result{Outcome: report.EndingUntried}
	default:
		return w.ended(err, nil)
	}
}

// unknown is how a namespace ends that cannot be read after its patch has failed. There is no reason of the server's:
// a rollback has to look.
func (w *writing) unknown(err error) report.Result {
	return report.Result{
		Outcome: report.EndingFailed,
		Message: fmt.Sprintf("whether the labels were written is not known: %s; and then: %s", w.messageOf(w.failure), w.messageOf(err)),
	}
}

// ended is the end by an error, in the server's words where it is the server's.
func (w *writing) ended(err error, warned []string) report.Result {
	outcome := report.EndingFailed
	if apierrors.IsNotFound(err) {
		outcome = report.EndingGone
	}
	r := report.Result{Outcome: outcome, Message: w.messageOf(err), Warnings: warned}
	if reason := apierrors.ReasonForError(err); reason != metav1.StatusReasonUnknown && !w.arrived {
		r.Reason = string(reason)
	}
	return r
}

// outlive returns a context that goes on for a while when ctx is cancelled, but not past its deadline. What it
// starts has ended when release returns.
func outlive(ctx context.Context, grace time.Duration) (longer context.Context, release func()) {
	longer = context.WithoutCancel(ctx)
	var cancel context.CancelFunc
	if deadline, ok := ctx.Deadline(); ok {
		longer, cancel = context.WithDeadline(longer, deadline)
	} else {
		longer, cancel = context.WithCancel(longer)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-longer.Done():
		case <-ctx.Done():
			patience.Sleep(longer, grace)
			cancel()
		}
	}()
	return longer, func() {
		cancel()
		<-done
	}
}
