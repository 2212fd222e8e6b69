//go:build e2e

package e2e

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// foresight finds in a report what it predicts of a live object.
type foresight struct {
	items map[string]*report.Namespace
	// pods are the names of violating pods by namespace; pods that no evidence names violate nothing.
	pods map[string]map[string]found
}

// found is evidence and its workload.
type found struct {
	workload *report.Workload
	evidence *report.Evidence
}

func foresee(r *report.CheckReport) *foresight {
	f := &foresight{items: map[string]*report.Namespace{}, pods: map[string]map[string]found{}}
	for i := range r.Items {
		item := &r.Items[i]
		names := map[string]found{}
		for j := range item.Workloads {
			w := &item.Workloads[j]
			for k := range w.Evidence {
				for _, name := range w.Evidence[k].Pods {
					names[name] = found{w, &w.Evidence[k]}
				}
			}
		}
		f.items[item.Namespace], f.pods[item.Namespace] = item, names
	}
	return f
}

// ref names an object as a report does.
type ref struct{ kind, name string }

// top is the workload that a pod or an object is folded into, and whether that is a custom kind.
func (k *stock) top(o object) ref {
	for {
		owner := metav1.GetControllerOfNoCopy(o)
		if owner == nil || owner.Kind == "Node" {
			return ref{kindOf(o), o.GetName()}
		}
		above, known := k.byUID[owner.UID]
		if !known && kindOf(o) == "Pod" {
			return ref{owner.Kind, owner.Name} // nothing built in between
		}
		if !known {
			return ref{kindOf(o), o.GetName()}
		}
		o = above
	}
}

func kindOf(o object) string {
	switch o.(type) {
	case *corev1.Pod:
		return "Pod"
	case *corev1.PodTemplate:
		return "PodTemplate"
	case *corev1.ReplicationController:
		return "ReplicationController"
	case *appsv1.Deployment:
		return "Deployment"
	case *appsv1.ReplicaSet:
		return "ReplicaSet"
	case *appsv1.StatefulSet:
		return "StatefulSet"
	case *appsv1.DaemonSet:
		return "DaemonSet"
	case *batchv1.Job:
		return "Job"
	default:
		return "CronJob"
	}
}

// ofPod is what is predicted of a live pod.
func (f *foresight) ofPod(k *stock, pod *corev1.Pod) (verdict, error) {
	have, ok := f.pods[pod.Namespace][pod.Name]
	if !ok {
		return verdict{Allowed: true}, nil
	}
	if is, want := (ref{have.workload.Kind, have.workload.Name}), k.top(pod); is != want {
		return verdict{}, fmt.Errorf("pod %s/%s is shown under %v, but it is %v that owns it", pod.Namespace, pod.Name, is, want)
	}
	return ofPod(have.evidence.Outcome.Pod), nil
}

// declared are the predictions for a live object's template: one for today's, any number for those of old revisions.
// None means that the object is no evidence: nobody will make pods of it.
func (f *foresight) declared(k *stock, o object) ([]*report.Evidence, error) {
	revision, counts := k.revision(o)
	if !counts {
		return nil, nil
	}
	top := k.top(o)
	item := f.items[o.GetNamespace()]
	i := slices.IndexFunc(item.Workloads, func(w report.Workload) bool { return w.Kind == top.kind && w.Name == top.name })
	if i < 0 {
		return nil, fmt.Errorf("%v is not in the report on %s", top, item.Namespace)
	}
	var list []*report.Evidence
	for j := range item.Workloads[i].Evidence {
		if e := &item.Workloads[i].Evidence[j]; e.Source == report.EvidenceTemplate && e.Revision == revision {
			list = append(list, e)
		}
	}
	if len(list) == 0 || revision == report.RevisionCurrent && len(list) > 1 {
		return nil, fmt.Errorf("%v in %s has %d templates of revision %s", top, item.Namespace, len(list), revision)
	}
	return list, nil
}

// revision says which revision of its workload an object's template is, and whether it is evidence.
func (k *stock) revision(o object) (revision string, counts bool) {
	above := k.above(o)
	switch o := o.(type) {
	case *appsv1.ReplicaSet:
		idle := *o.Spec.Replicas == 0 && o.Status.Replicas == 0
		if above == nil {
			return report.RevisionCurrent, !idle || metav1.GetControllerOfNoCopy(o) == nil
		}
		const number = "deployment.kubernetes.io/revision"
		if o.Annotations[number] == above.GetAnnotations()[number] {
			return report.RevisionCurrent, true // the Deployment's own
		}
		return report.RevisionOld, !idle
	case *batchv1.Job:
		if above == nil {
			return report.RevisionCurrent, true
		}
		return report.RevisionCurrent, o.Status.CompletionTime == nil && o.Status.Failed == 0
	default:
		return report.RevisionCurrent, true
	}
}

// above is the controller of an object, nil where it is none of the eight kinds.
func (k *stock) above(o object) object {
	if owner := metav1.GetControllerOfNoCopy(o); owner != nil {
		return k.byUID[owner.UID]
	}
	return nil
}

// maker is the user who makes an object's pods.
func (k *stock) maker(o object) string {
	if pod, ok := o.(*corev1.Pod); ok {
		if owner := metav1.GetControllerOfNoCopy(pod); owner != nil {
			return workload.ControllerUser(owner.Kind)
		}
		return ""
	}
	return workload.ControllerUser(kindOf(o))
}
