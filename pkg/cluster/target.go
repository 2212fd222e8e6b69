package cluster

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// maxOwners bounds the way up from an object: owner references are user data and may run in a circle.
const maxOwners = 5

// target reads a single object, the controllers above it and what they made below it. That the object cannot be
// read is the server's own error; anything else missing is a gap.
func (r *reading) target(ctx context.Context, t Target) ([]workload.Gap, error) {
	k, ok := kindOf(t.Group, t.Kind)
	if !ok {
		return nil, fmt.Errorf("kind %q in group %q is not one that is read", t.Kind, t.Group)
	}
	obj := k.one()
	if err := r.client.get(ctx, k, t.Namespace, t.Name, obj); err != nil {
		return nil, err
	}
	m, err := r.handOne(ctx, obj)
	if err != nil {
		return nil, err
	}
	if err := r.climb(ctx, m); err != nil {
		return nil, err
	}
	if err := r.descend(ctx, k, m, selectorOf(obj)); err != nil {
		return nil, err
	}
	return r.result()
}

// handOne gives a single object to the sink.
func (r *reading) handOne(ctx context.Context, obj runtime.Object) (metav1.Object, error) {
	r.note(listing{}, nil)
	m, err := meta.Accessor(obj)
	if err != nil {
		return nil, err
	}
	if pod, ok := obj.(*corev1.Pod); ok {
		return m, r.sink.Pods(ctx, []corev1.Pod{*pod})
	}
	if o := r.options.Convert(obj); o != nil {
		err = r.sink.Objects(ctx, []*workload.Object{o})
	}
	return m, err
}

// climb follows controller references upwards, as far as they lead to kinds that are read. A controller that
// is gone, or whose name another object has taken, ends the way.
func (r *reading) climb(ctx context.Context, m metav1.Object) error {
	for range maxOwners {
		ref := metav1.GetControllerOfNoCopy(m)
		if ref == nil {
			return nil
		}
		gv, err := schema.ParseGroupVersion(ref.APIVersion)
		k, ok := kindOf(gv.Group, ref.Kind)
		if err != nil || !ok {
			return nil
		}
		obj := k.one()
		err = r.client.get(ctx, k, m.GetNamespace(), ref.Name, obj)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			r.note(listing{kind: k, namespace: m.GetNamespace()}, err)
			return nil
		}
		above, err := meta.Accessor(obj)
		if err != nil || above.GetUID() != ref.UID {
			return err
		}
		if m, err = r.handOne(ctx, obj); err != nil {
			return err
		}
	}
	return nil
}

// descend reads the controllers that the target made, if it makes any, and the pods of all of them.
func (r *reading) descend(ctx context.Context, k kind, m metav1.Object, selector string) error {
	if k.Kind == "Pod" || k.Kind == "PodTemplate" {
		return nil
	}
	makers := sets.New(m.GetUID())
	l := listing{namespace: m.GetNamespace(), options: metav1.ListOptions{LabelSelector: selector}}
	if between, ok := madeBy(k); ok {
		l.kind = between
		found := sets.New[types.UID]()
		err := r.list(ctx, l, func(c metav1.Object) bool {
			mine := controlledBy(c, makers)
			if mine {
				found.Insert(c.GetUID())
			}
			return mine
		})
		if err != nil || len(found) == 0 {
			return err
		}
		makers = found
	}
	l.kind = podKind()
	return r.list(ctx, l, func(p metav1.Object) bool { return controlledBy(p, makers) })
}

// madeBy is the kind that stands between a kind and its pods.
func madeBy(k kind) (kind, bool) {
	switch k.Kind {
	case "Deployment":
		return kindOf("apps", "ReplicaSet")
	case "CronJob":
		return kindOf("batch", "Job")
	default:
		return kind{}, false
	}
}

func controlledBy(m metav1.Object, controllers sets.Set[types.UID]) bool {
	c := metav1.GetControllerOfNoCopy(m)
	return c != nil && controllers.Has(c.UID)
}

// selectorOf is the selector of a controller's pods, which its ReplicaSets carry as well; empty where there is
// none. A controller lets go of pods that no longer match, so that nothing it controls is missed.
func selectorOf(obj runtime.Object) string {
	var s *metav1.LabelSelector
	switch o := obj.(type) {
	case *appsv1.Deployment:
		s = o.Spec.Selector
	case *appsv1.ReplicaSet:
		s = o.Spec.Selector
	case *appsv1.StatefulSet:
		s = o.Spec.Selector
	case *appsv1.DaemonSet:
		s = o.Spec.Selector
	case *batchv1.Job:
		s = o.Spec.Selector
	case *corev1.ReplicationController:
		return labels.SelectorFromSet(o.Spec.Selector).String()
	}
	if s == nil {
		return ""
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return ""
	}
	return selector.String()
}
