package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Request is the creation of one pod of a workload, as its controller would ask for it.
type Request struct {
	// Ref names the object whose template it is.
	Ref
	Namespace string
	// User is the controller, empty where no built-in one makes pods of this kind.
	User string
	Pod  *corev1.Pod
}

// Admission is a server's answer to the dry run of a Request.
type Admission struct {
	// User is whom the server was asked as, empty for whoever runs this program.
	User string
	// Pod is what the server would store; nil where it shows none.
	Pod *corev1.Pod
	// Refused is what Pod Security says against the pod (as RefusalIn): the only refusal that answers our question.
	Refused string
	// Reason, in one word, and Message say why there is no answer.
	Reason, Message string
}

// Admissions are the answers to some requests, in their order.
type Admissions struct {
	Answers []Admission
	// Asked is how many were sent, AsOneself how many of them not as the controller, and Why the reason for that.
	Asked, AsOneself int
	Why              string
}

// jobPeriod is what CronJobs count in when they name their Jobs, in seconds.
const jobPeriod = 60

// RequestOf returns what an object's controller would send to the server for the next pod: with the name, labels, owner
// and volumes that it adds, because webhooks select by them. maker is the ReplicaSet of a Deployment's current revision,
// nil where it is not known. It is nil for an object without a template.
//
// What cannot be known before is made up (the node of a DaemonSet's pod, the Job of a CronJob) or left out (an owner that
// is not known). Owners do not block their own deletion here: saying so needs a right that only controllers have.
func RequestOf(o, maker *Object) *Request {
	if o.Template == nil {
		return nil
	}
	t := o.Template.DeepCopy()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: o.Namespace, Labels: t.Labels, Annotations: t.Annotations, Finalizers: t.Finalizers,
		},
		Spec: t.Spec,
	}
	switch o.Kind {
	case "Deployment":
		ofDeployment(pod, o, maker)
	case "StatefulSet":
		ofStatefulSet(pod, o)
	case "DaemonSet":
		ofDaemonSet(pod, o)
	case "Job":
		ofJob(pod, o.Ref, o.UID)
	case "CronJob":
		ofCronJob(pod, o)
	case "PodTemplate":
		pod.GenerateName = prefix(o.Name)
	default:
		owned(pod, o.Ref, o.UID)
	}
	return &Request{Ref: o.Ref, Namespace: o.Namespace, User: ControllerUser(o.Kind), Pod: pod}
}

// owned gives a pod the name and owner that every controller gives its pods.
func owned(pod *corev1.Pod, owner Ref, uid types.UID) {
	version := "v1"
	if owner.Group != "" {
		version = owner.Group + "/v1"
	}
	controller := true
	pod.GenerateName = prefix(owner.Name)
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: version, Kind: owner.Kind, Name: owner.Name, UID: uid, Controller: &controller}}
}

// prefix is what the names of an object's pods begin with. The server cuts what is too long.
func prefix(name string) string { return name + "-" }

func label(pod *corev1.Pod, labels map[string]string) {
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	maps.Copy(pod.Labels, labels)
}

func ofDeployment(pod *corev1.Pod, o, maker *Object) {
	if maker == nil {
		pod.GenerateName = prefix(o.Name)
		return
	}
	owned(pod, maker.Ref, maker.UID)
	if hash, ok := strings.CutPrefix(maker.Name, prefix(o.Name)); ok {
		label(pod, map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: hash})
	}
}

// ofStatefulSet asks for the first pod under a name of its own: that of the first may be taken.
func ofStatefulSet(pod *corev1.Pod, o *Object) {
	owned(pod, o.Ref, o.UID)
	const first = "0"
	labels := map[string]string{appsv1.StatefulSetPodNameLabel: prefix(o.Name) + first, appsv1.PodIndexLabel: first}
	if o.Revision != "" {
		labels[appsv1.ControllerRevisionHashLabelKey] = o.Revision
	}
	label(pod, labels)
	claimVolumes(&pod.Spec, o.Claims)
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; slices.Contains(o.Claims, v.Name) {
			v.PersistentVolumeClaim.ClaimName = fmt.Sprintf("%s-%s-%s", v.Name, o.Name, first)
		}
	}
}

func ofJob(pod *corev1.Pod, job Ref, uid types.UID) {
	owned(pod, job, uid)
	pod.Finalizers = append(pod.Finalizers, batchv1.JobTrackingFinalizer)
}

// ofCronJob makes up the Job of the next run. Its UID is the CronJob's: the next Job has none yet.
func ofCronJob(pod *corev1.Pod, o *Object) {
	var at int64
	if o.Next.At != nil {
		at = o.Next.At.Unix()
	}
	job := Ref{Group: "batch", Kind: "Job", Name: fmt.Sprintf("%s-%d", o.Name, at/jobPeriod)}
	ofJob(pod, job, o.UID)
	const oldName, oldUID = "job-name", "controller-uid"
	label(pod, map[string]string{
		batchv1.JobNameLabel: job.Name, oldName: job.Name, batchv1.ControllerUidLabel: string(o.UID), oldUID: string(o.UID),
	})
}

// someNode stands for the node that a DaemonSet's pod would be bound to.
const someNode = "some-node"

func ofDaemonSet(pod *corev1.Pod, o *Object) {
	owned(pod, o.Ref, o.UID)
	if o.Revision != "" {
		label(pod, map[string]string{daemonSetGenerationLabel: o.Revision})
	}
	if pod.Spec.Affinity == nil {
		pod.Spec.Affinity = &corev1.Affinity{}
	}
	if pod.Spec.Affinity.NodeAffinity == nil {
		pod.Spec.Affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{
			{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{someNode}},
		}}},
	}
	tolerate := func(key string, effect corev1.TaintEffect) {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: effect})
	}
	tolerate(corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute)
	tolerate(corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)
	for _, key := range []string{corev1.TaintNodeDiskPressure, corev1.TaintNodeMemoryPressure, corev1.TaintNodePIDPressure, corev1.TaintNodeUnschedulable} {
		tolerate(key, corev1.TaintEffectNoSchedule)
	}
	if pod.Spec.HostNetwork {
		tolerate(corev1.TaintNodeNetworkUnavailable, corev1.TaintEffectNoSchedule)
	}
}
