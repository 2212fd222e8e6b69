package relabel

import (
	"context"
	"errors"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// delivery is what the gate sees become of the attempts at one patch. client-go's own retries hide all but the last.
type delivery struct {
	// arrived says that one may have been carried out, denied that the server, or something before it, said no to one.
	arrived, denied bool
}

// deliveryKey is the key of the context value in which the gate notes it.
type deliveryKey struct{}

// watchDelivery returns a context for one patch.
func watchDelivery(ctx context.Context) (context.Context, *delivery) {
	d := &delivery{}
	return context.WithValue(ctx, deliveryKey{}, d), d
}

// note takes down an attempt. A conflict is the server's own business, and says what it does.
func (d *delivery) note(response *http.Response, err error) {
	d.arrived = d.arrived || mayHaveArrived(response, err)
	d.denied = d.denied || err == nil && !mayHaveArrived(response, nil) && response.StatusCode != http.StatusConflict
}

// denied is how a namespace ends whose patch was refused. Proxies have been seen to refuse what the server had done: where
// the labels are ours all the same, or nobody can tell, the journal has to say so, or they could not be taken back.
func (w *writing) denied(ctx context.Context, warned []string) report.Result {
	if status, ok := errors.AsType[*apierrors.StatusError](w.failure); ok && !w.dryRun && !apierrors.IsNotFound(status) {
		switch live, err := w.look(ctx); {
		case apierrors.IsNotFound(err):
		case err != nil:
			return w.unknown(err)
		case string(live.UID) == w.item.UID && equal(live.Labels, w.item.After) && w.ours(live):
			return w.done(report.EndingWritten, live, warned)
		}
	}
	return w.ended(w.failure, warned)
}

// ours says whether the labels may have been written by this program: not where the server has taken down that others did
// so alone, who want the same. Labels that were removed are nobody's, and some namespaces have no managed fields at all.
func (w *writing) ours(live *corev1.Namespace) bool {
	managers := managersOf(live)
	for key := range changed(w.item.Before, w.item.After) {
		owners := slices.DeleteFunc(slices.Clone(managers), func(m manager) bool {
			return !m.fields.Has(fieldpath.MakePathOrDie("metadata", "labels", key))
		})
		if len(owners) > 0 && !slices.ContainsFunc(owners, func(m manager) bool { return m.name == w.manager }) {
			return false
		}
	}
	return true
}

// errUnshown is the failure of a patch whose answer is not what was asked for: an older state, or nothing but a beginning.
func errUnshown() error {
	return errors.New("the server's answer does not show the labels that it was sent")
}

// shows says whether the answer to a patch has what the patch brings. What is no newer than what was patched is no answer
// to it: before a run that is taken back the labels were just as they are to be.
func (w *writing) shows(answer, patched *corev1.Namespace) bool {
	if order, err := resourceversion.CompareResourceVersion(answer.ResourceVersion, patched.ResourceVersion); err == nil && order <= 0 && !w.dryRun {
		return false
	}
	return answer.Name == w.item.Namespace && equal(answer.Labels, w.item.After)
}
