package cluster

import (
	"cmp"
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// hear keeps what an event says of an object that makes pods: every refusal, and the newest of all other words. The
// caller holds the lock.
func (h *hearing) hear(e *corev1.Event) {
	on := &e.InvolvedObject
	gv, err := schema.ParseGroupVersion(on.APIVersion)
	if err != nil || on.UID == "" || !h.makers.Has(schema.GroupKind{Group: gv.Group, Kind: on.Kind}) {
		return
	}
	w := wordOf(e)
	if w.Message == "" {
		if last, ok := h.lately[on.UID]; !ok || w.After(&last) {
			h.lately[on.UID] = w
		}
		return
	}
	r := h.known[on.UID]
	if r == nil {
		ref := workload.Ref{Group: gv.Group, Kind: on.Kind, Name: strings.Clone(on.Name)}
		r = &workload.Refusal{Object: &workload.Object{Ref: ref, Namespace: on.Namespace, UID: on.UID}}
		h.known[on.UID] = r
	}
	r.Words = append(r.Words, w)
}

// wordOf is what an event says, in either of the forms that events have: with a count and two times, or with a time
// and a series.
func wordOf(e *corev1.Event) workload.Word {
	w := workload.Word{
		First: e.FirstTimestamp.Time, Last: e.LastTimestamp.Time, Order: e.ResourceVersion,
		Source: workload.FromEvent, Message: strings.Clone(workload.RefusalIn(e.Message)),
	}
	if w.First.IsZero() {
		w.First = e.EventTime.Time
	}
	if e.Series != nil {
		w.Last = e.Series.LastObservedTime.Time
	}
	if w.First.IsZero() {
		w.First = e.CreationTimestamp.Time
	}
	if w.Last.Before(w.First) {
		w.Last = w.First
	}
	return w
}

// objects reads the objects of a kind and keeps those that lack pods, or whose condition tells of a refusal.
func (h *hearing) objects(ctx context.Context, k kind, namespaces []string) error {
	return h.each(ctx, listing{kind: k}, namespaces, func(page runtime.Object) {
		// What is kept of an object must not keep the page: each is copied out of it.
		_ = meta.EachListItemWithAlloc(page, func(obj runtime.Object) error { // the function returns no error
			h.keep(obj)
			return nil
		})
	})
}

func (h *hearing) keep(obj runtime.Object) {
	m, err := meta.Accessor(obj)
	if err != nil || !h.inScope(m.GetNamespace()) {
		return
	}
	wanted, missing := workload.Replicas(obj)
	condition, failing := conditionOf(obj)
	if missing == 0 && condition.Message == "" {
		return
	}
	o := h.options.Convert(obj)
	if o == nil {
		return
	}
	if missing == 0 {
		o.Template = nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &workload.Refusal{Object: o, Wanted: wanted, Missing: missing}
	if known := h.known[o.UID]; known != nil {
		// From its events, or from a list that had to start again.
		r.Words = slices.DeleteFunc(known.Words, func(w workload.Word) bool { return w.Source == workload.FromCondition })
	}
	if failing {
		r.Words = append(r.Words, condition)
	}
	h.known[o.UID] = r
}

// conditionOf is what an object's ReplicaFailure condition says, false where it has none. The controller writes its
// message when making pods begins to fail and leaves it as it is as long as that goes on, whatever the reason is then.
func conditionOf(obj runtime.Object) (workload.Word, bool) {
	var at metav1.Time
	var message string
	found := false
	take := func(kind string, status corev1.ConditionStatus, since metav1.Time, text string) {
		if kind == string(appsv1.ReplicaSetReplicaFailure) && status == corev1.ConditionTrue {
			at, message, found = since, text, true
		}
	}
	switch o := obj.(type) {
	case *appsv1.ReplicaSet:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	case *appsv1.Deployment:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	case *corev1.ReplicationController:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	}
	return workload.Word{
		First: at.Time, Last: at.Time, Source: workload.FromCondition, Message: strings.Clone(workload.RefusalIn(message)),
	}, found
}

// refusals are the objects with a refusal, each with the newest other word as well, sorted.
func (h *hearing) refusals() []workload.Refusal {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []workload.Refusal
	for uid, known := range h.known {
		r := *known
		if !slices.ContainsFunc(r.Words, func(w workload.Word) bool { return w.Message != "" }) {
			continue
		}
		r.Words = slices.Clone(r.Words)
		if w, ok := h.lately[uid]; ok {
			r.Words = append(r.Words, w)
		}
		slices.SortFunc(r.Words, func(a, b workload.Word) int {
			return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Order, b.Order))
		})
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b workload.Refusal) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
	})
	return list
}
