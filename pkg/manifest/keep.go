package manifest

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// keep hands an object on as the server would store it. What a server that had it before wrote into it counts for
// nothing when it is made anew: that it is finished, or being deleted.
func (c *decoder) keep(out *decoded, path string, o object) {
	o.SetDeletionTimestamp(nil)
	switch o := o.(type) {
	case *corev1.Pod:
		o.Status = corev1.PodStatus{}
		if len(o.Spec.Containers) == 0 {
			out.warn(path, "has no containers: the API server refuses it")
		}
		workload.Normalise(o, c.minor)
		out.pods = append(out.pods, *o)
		return
	case *batchv1.Job:
		o.Status.Conditions = nil
	}
	w := workload.From(o, time.Time{})
	location := out.document.location()
	w.Location = &location
	w.Next.At = nil // counted from when it is applied, which nobody knows
	switch {
	case w.Template != nil:
		if len(w.Template.Spec.Containers) == 0 {
			out.warn(path, "its pod template has no containers: the API server refuses it")
		}
		workload.NormaliseTemplate(w.Template, c.minor)
	case w.Kind == "ReplicationController":
		out.warn(path, "has no pod template: the API server refuses it")
	}
	out.objects = append(out.objects, w)
}
