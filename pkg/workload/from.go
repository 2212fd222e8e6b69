package workload

import (
	"crypto/sha256"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	// deploymentRevision is what the Deployment controller writes on a Deployment and on its ReplicaSets.
	deploymentRevision = "deployment.kubernetes.io/revision"
	// daemonSetGeneration is what the API server keeps on a DaemonSet; its pods carry it as a label.
	daemonSetGeneration = appsv1.DeprecatedTemplateGeneration
)

// From reduces one of the eight kinds with a pod template to an Object; nil for any other type. The template
// is shared with obj, not copied. A CronJob's next run is counted from now.
func From(obj runtime.Object, now time.Time) *Object {
	switch o := obj.(type) {
	case *appsv1.Deployment:
		return fromDeployment(o)
	case *appsv1.StatefulSet:
		return fromStatefulSet(o)
	case *appsv1.DaemonSet:
		return fromDaemonSet(o)
	case *appsv1.ReplicaSet:
		return fromReplicaSet(o)
	case *corev1.ReplicationController:
		return fromReplicationController(o)
	case *batchv1.Job:
		return fromJob(o)
	case *batchv1.CronJob:
		return fromCronJob(o, now)
	case *corev1.PodTemplate:
		return fromPodTemplate(o)
	default:
		return nil
	}
}

func object(group, kind string, m *metav1.ObjectMeta, template *corev1.PodTemplateSpec) *Object {
	o := &Object{
		Ref:       Ref{Group: group, Kind: kind, Name: m.Name},
		Namespace: m.Namespace,
		UID:       m.UID,
		Owner:     OwnerOf(m),
		Template:  template,
		Declares:  template != nil,
		State:     Active,
		Next:      Next{Event: Reschedule},
	}
	if m.DeletionTimestamp != nil {
		o.State, o.Next = Terminating, Next{Event: Never}
	}
	return o
}

// withoutEvidence takes the template away from an object whose template makes no pods any more.
func (o *Object) withoutEvidence() { o.Template, o.Declares = nil, false }

// fingerprint digests a pod spec. Specs as the API serves them are defaulted, so that equal ones have equal bytes;
// an impossible encoding error leaves the digest of nothing, which compares as a different revision.
func fingerprint(spec *corev1.PodSpec) [sha256.Size]byte {
	data, err := spec.Marshal()
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(data)
}

// scaled marks an object without replicas as idle: nothing runs, but a scale-up makes its pods.
func (o *Object) scaled(replicas *int32) *Object {
	if o.State == Active && replicas != nil && *replicas == 0 {
		o.State, o.Next = Idle, Next{Event: Rollout}
	}
	return o
}

func fromDeployment(d *appsv1.Deployment) *Object {
	o := object("apps", "Deployment", &d.ObjectMeta, &d.Spec.Template).scaled(d.Spec.Replicas)
	// Until the controller has seen the newest template, no ReplicaSet stands for it.
	if d.Status.ObservedGeneration >= d.Generation {
		o.Revision = d.Annotations[deploymentRevision]
	}
	return o
}

func fromStatefulSet(s *appsv1.StatefulSet) *Object {
	o := object("apps", "StatefulSet", &s.ObjectMeta, &s.Spec.Template).scaled(s.Spec.Replicas)
	for i := range s.Spec.VolumeClaimTemplates {
		o.Claims = append(o.Claims, s.Spec.VolumeClaimTemplates[i].Name)
	}
	if s.Status.ObservedGeneration >= s.Generation {
		o.Revision = s.Status.UpdateRevision
	}
	return o
}

func fromDaemonSet(d *appsv1.DaemonSet) *Object {
	o := object("apps", "DaemonSet", &d.ObjectMeta, &d.Spec.Template)
	o.Revision = d.Annotations[daemonSetGeneration]
	if o.State == Active {
		o.Next.Event = NewNode
	}
	return o
}

func fromReplicaSet(r *appsv1.ReplicaSet) *Object {
	o := object("apps", "ReplicaSet", &r.ObjectMeta, &r.Spec.Template).scaled(r.Spec.Replicas)
	o.Revision = r.Annotations[deploymentRevision]
	if o.Owner != nil && o.State == Idle && r.Status.Replicas == 0 {
		o.withoutEvidence()
	}
	return o
}

func fromReplicationController(r *corev1.ReplicationController) *Object {
	return object("", "ReplicationController", &r.ObjectMeta, r.Spec.Template).scaled(r.Spec.Replicas)
}

func fromJob(j *batchv1.Job) *Object {
	o := object("batch", "Job", &j.ObjectMeta, &j.Spec.Template)
	if o.Owner != nil {
		o.Fingerprint = fingerprint(&j.Spec.Template.Spec)
	}
	switch {
	case o.State == Terminating:
	case finishedJob(j):
		o.State, o.Next = Finished, Next{Event: Never}
		if o.Owner != nil {
			o.withoutEvidence()
		}
	case j.Spec.Suspend != nil && *j.Spec.Suspend:
		o.State, o.Next = Suspended, Next{Event: Retry}
	default:
		o.Next.Event = Retry
	}
	return o
}

func finishedJob(j *batchv1.Job) bool {
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

func fromCronJob(c *batchv1.CronJob, now time.Time) *Object {
	o := object("batch", "CronJob", &c.ObjectMeta, &c.Spec.JobTemplate.Spec.Template)
	o.Fingerprint = fingerprint(&c.Spec.JobTemplate.Spec.Template.Spec)
	switch {
	case o.State == Terminating:
	case c.Spec.Suspend != nil && *c.Spec.Suspend:
		o.State, o.Next = Suspended, Next{Event: Schedule}
	default:
		o.Next = Next{Event: Schedule, At: nextRun(c.Spec.Schedule, c.Spec.TimeZone, now)}
	}
	return o
}

func fromPodTemplate(p *corev1.PodTemplate) *Object {
	o := object("", "PodTemplate", &p.ObjectMeta, &p.Template)
	if o.State == Active {
		o.State, o.Next = Idle, Next{Event: Never}
	}
	return o
}

// OwnerOf returns the controller of an object, nil for none.
func OwnerOf(m *metav1.ObjectMeta) *Owner {
	c := metav1.GetControllerOfNoCopy(m)
	if c == nil {
		return nil
	}
	return &Owner{Ref: Ref{Group: groupOf(c.APIVersion), Kind: c.Kind, Name: c.Name}, UID: c.UID}
}

// HashOf returns what tells pods of different revisions of one controller apart, empty where nothing does.
// For pods of a ReplicaSet or a Job it is empty: there the controller itself is the revision.
func HashOf(pod *corev1.Pod, owner *Owner) string {
	if owner == nil || owner.Group != "apps" {
		return ""
	}
	switch owner.Kind {
	case "StatefulSet":
		return pod.Labels[appsv1.ControllerRevisionHashLabelKey]
	case "DaemonSet":
		generation := pod.Labels[daemonSetGenerationLabel]
		if _, err := strconv.ParseInt(generation, 10, 64); err != nil {
			return ""
		}
		return generation
	default:
		return ""
	}
}

// daemonSetGenerationLabel is the label in which the DaemonSet controller writes the generation of the template
// that a pod was made from; unlike controller-revision-hash it can be compared without reading ControllerRevisions.
const daemonSetGenerationLabel = "pod-template-generation"
