package simulate

import (
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// The server minors since which pods are updated as today (semantics 4).
const (
	// seccompIgnoredSince: before, a change of seccomp's annotations was one that matters.
	seccompIgnoredSince = 27
	// resizeSince: before, there was no resize, or a gate kept it closed.
	resizeSince = 33
)

// Update is a kind of change of a pod that exists.
type Update struct {
	// Name is the field that changes, or the subresource.
	Name        string
	subresource string
	since       int
	change      func(*corev1.Pod)
}

// Updates are the changes of a pod that servers take at all, those that matter to Pod Security first.
func Updates() []Update {
	changed := "changed"
	return []Update{
		{Name: "image", change: func(p *corev1.Pod) { p.Spec.Containers[0].Image = changed }},
		{Name: "ephemeralContainers", subresource: "ephemeralcontainers", change: func(p *corev1.Pod) {
			debugger := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: changed}}
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, debugger)
		}},
		{Name: "labels", change: func(p *corev1.Pod) { p.Labels = map[string]string{changed: ""} }},
		{Name: "annotations", since: seccompIgnoredSince, change: func(p *corev1.Pod) { p.Annotations = map[string]string{changed: ""} }},
		{Name: "finalizers", change: func(p *corev1.Pod) { p.Finalizers = []string{changed} }},
		{Name: "ownerReferences", change: func(p *corev1.Pod) { p.OwnerReferences = []metav1.OwnerReference{{Name: changed}} }},
		{Name: "tolerations", change: func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{{Key: changed}} }},
		{Name: "activeDeadlineSeconds", change: func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = new(int64(1)) }},
		{Name: "resize", subresource: "resize", since: resizeSince, change: func(p *corev1.Pod) {
			p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: {}}
		}},
	}
}

// On says whether a server of this release takes the change at all and judges it as today.
func (u *Update) On(a *Admission) bool { return a.server >= u.since }

// UpdatePod is the server's answer to such a change of a pod in a namespace with those labels. The user is nobody who
// is exempt: controllers are, and do not change pods. Only the pod's name, namespace and runtime class are read; what its
// checks found comes from found, a new container's own faults aside.
func (a *Admission) UpdatePod(labels map[string]string, pod *corev1.Pod, u *Update, found Recall) Answer {
	before := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}, Spec: corev1.PodSpec{
		RuntimeClassName: pod.Spec.RuntimeClassName, Containers: []corev1.Container{{Name: "c"}},
	}}
	after := before.DeepCopy()
	u.change(after)
	answer := answerOf(a.with(labels, pod.Namespace, found).Validate(a.quiet, &api.AttributesRecord{
		Name: pod.Name, Namespace: pod.Namespace, Subresource: u.subresource,
		Kind:      corev1.SchemeGroupVersion.WithKind("Pod"),
		Resource:  corev1.SchemeGroupVersion.WithResource("pods"),
		Operation: admissionv1.Update, Object: after, OldObject: before,
	}))
	if _, text, found := strings.Cut(answer.Message, " is forbidden: "); found {
		answer.Message = text
	}
	return answer
}
