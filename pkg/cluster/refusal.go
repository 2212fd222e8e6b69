package cluster

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Reasons of the events with which controllers tell how an attempt to make a pod went. They are API in practice.
const (
	failedCreate     = "FailedCreate"
	successfulCreate = "SuccessfulCreate"
)

// RefusalOptions say where refusals are looked for.
type RefusalOptions struct {
	// Namespaces are the namespaces in question; none means all.
	Namespaces []string
	// ChunkSize and OnPage are as in Options.
	ChunkSize int64
	OnPage    func(resource string, items int, remaining int64)
}

// Refusals returns the objects that Pod Security refused pods, as far as events and conditions remember: also those
// that have their pods meanwhile, so that whoever looks twice can tell old words from new ones. Which of them it
// refuses right now is said by Current. Only controllers that Kubernetes brings along are known.
func (c *Client) Refusals(ctx context.Context, o RefusalOptions) ([]workload.Refusal, []workload.Gap, error) {
	source, err := NewSource(c, Options{ChunkSize: o.ChunkSize, OnPage: o.OnPage})
	if err != nil {
		return nil, nil, err
	}
	h := &hearing{
		reading: &reading{Source: source}, namespaces: o.Namespaces, wanted: sets.New(o.Namespaces...), makers: sets.Set[schema.GroupKind]{},
		known: map[types.UID]*workload.Refusal{}, lately: map[types.UID]workload.Word{},
	}
	for _, k := range makers() {
		h.makers.Insert(k.GroupKind())
	}
	if err := h.listen(ctx); err != nil {
		return nil, nil, err
	}
	gaps, err := h.result()
	if err != nil {
		return nil, nil, err
	}
	return h.refusals(), distinct(gaps), nil
}

// distinct leaves out what other gaps say already: events are asked for twice.
func distinct(gaps []workload.Gap) []workload.Gap {
	said := sets.New[string]()
	return slices.DeleteFunc(gaps, func(g workload.Gap) bool { // sorted: the whole cluster comes first
		if g.Namespace == "" {
			again := said.Has(g.Resource)
			said.Insert(g.Resource)
			return again
		}
		again := said.Has(g.Resource) || said.Has(g.Namespace+"/"+g.Resource)
		said.Insert(g.Namespace + "/" + g.Resource)
		return again
	})
}

// hearing is one Refusals under way.
type hearing struct {
	*reading
	namespaces []string
	wanted     sets.Set[string]
	makers     sets.Set[schema.GroupKind]

	mu sync.Mutex
	// known are the objects that lack pods, or of which a refusal is known.
	known map[types.UID]*workload.Refusal
	// lately is the newest word on each object that is no refusal.
	lately map[types.UID]workload.Word
}

// makers are the kinds whose controllers make pods.
func makers() []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool {
		return slices.Contains([]string{"Pod", "Deployment", "CronJob", "PodTemplate"}, k.Kind)
	})
}

// listen reads first what failed. What worked, of which there is much more, is asked only where something is refused:
// later, so that no success is missed that followed a failure.
func (h *hearing) listen(ctx context.Context) error {
	group, grouped := errgroup.WithContext(ctx)
	group.Go(func() error { return h.events(grouped, failedCreate, h.namespaces) })
	for _, k := range makers() {
		group.Go(func() error { return h.objects(grouped, k, h.namespaces) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := h.deployments(ctx); err != nil {
		return err
	}
	refused := h.refused()
	if len(refused) == 0 {
		return nil
	}
	return h.events(ctx, successfulCreate, refused)
}

// refused are the namespaces of what seems to be refused right now.
func (h *hearing) refused() []string {
	found := sets.New[string]()
	for _, r := range h.refusals() {
		if _, now := r.Current(); now {
			found.Insert(r.Namespace)
		}
	}
	return sets.List(found)
}

// deployments stand in where ReplicaSets could not be read: their conditions repeat those of their ReplicaSets.
func (h *hearing) deployments(ctx context.Context) error {
	namespaces, some := h.unread("replicasets.apps")
	if !some {
		return nil
	}
	k, _ := kindOf("apps", "Deployment")
	if err := h.objects(ctx, k, namespaces); err != nil {
		return err
	}
	for _, r := range h.known {
		if r.Kind == "ReplicaSet" && r.Owner != nil && len(r.Words) > 0 {
			delete(h.known, r.Owner.UID) // it was read before its list broke off, and knows better
		}
	}
	return nil
}

// unread says whether there is a gap in a resource, and in which namespaces; none where it is all those in question.
func (h *hearing) unread(resource string) (namespaces []string, some bool) {
	for _, g := range h.gaps {
		switch {
		case g.Resource != resource:
		case g.Namespace == "":
			return h.namespaces, true
		default:
			namespaces, some = append(namespaces, g.Namespace), true
		}
	}
	return namespaces, some
}

// each reads a list in each of the namespaces, all of them where none are given, or everywhere and then what of it
// is wanted. Whoever may not read everywhere reads them one by one after all.
func (h *hearing) each(ctx context.Context, l listing, namespaces []string, handle func(runtime.Object)) error {
	read := func(namespace string) (failure, stop error) {
		l.namespace = namespace
		return h.stream(ctx, l, func(page runtime.Object) error {
			h.note(l, nil)
			handle(page)
			return nil
		})
	}
	if len(namespaces) == 0 || len(namespaces) > fewNamespaces {
		failure, err := read("")
		if err != nil {
			return err
		}
		if len(namespaces) == 0 || !apierrors.IsForbidden(failure) {
			h.note(l, failure)
			return nil
		}
	}
	for _, namespace := range namespaces {
		failure, err := read(namespace)
		if err != nil {
			return err
		}
		h.note(l, failure)
	}
	return nil
}

func (h *hearing) inScope(namespace string) bool {
	return len(h.wanted) == 0 || h.wanted.Has(namespace)
}

func eventKind() kind {
	return newKind[corev1.Event, corev1.EventList](corev1.SchemeGroupVersion, "Event", "events")
}

// events hears the events of one reason.
func (h *hearing) events(ctx context.Context, reason string, namespaces []string) error {
	l := listing{kind: eventKind(), options: metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("reason", reason).String(),
	}}
	return h.each(ctx, l, namespaces, func(page runtime.Object) {
		list, ok := page.(*corev1.EventList)
		if !ok {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		for i := range list.Items {
			if e := &list.Items[i]; e.Reason == reason && h.inScope(e.InvolvedObject.Namespace) {
				h.hear(e)
			}
		}
	})
}
