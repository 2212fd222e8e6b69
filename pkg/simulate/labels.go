package simulate

import (
	"context"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// MaxPods is how many pods the server looks at when a label changes (upstream's unexported limit); of more it takes
// a sample that depends on the order of its cache.
const MaxPods = 3000

// Skeleton is what the server's answer to a label change needs to know of an existing pod.
type Skeleton struct {
	Name string
	UID  types.UID
	// Controller is the UID of the pod's controller, empty for none.
	Controller types.UID
	// RuntimeClass is nil for none.
	RuntimeClass *string
	Found        Recall
}

// LabelAnswer is what the API server says to a change of a namespace's labels.
type LabelAnswer struct {
	Answer
	// Exact is false where the server's answer depends on chance.
	Exact bool
}

// labelTries bounds how often a simulation is made again that ran out of upstream's one second (a machine that
// was suspended or starved); each takes milliseconds.
const labelTries = 5

// ChangeLabels is the server's answer to replacing old labels with new ones on a namespace with those pods.
func (a *Admission) ChangeLabels(name string, oldLabels, newLabels map[string]string, existing []Skeleton) LabelAnswer {
	if a.server < exemptWarningSince && a.ExemptNamespace(name) {
		return a.changeExempt(name, oldLabels, newLabels)
	}
	upstream := a.upstream
	byUID := make(map[types.UID]Recall, len(existing))
	list := make(pods, len(existing))
	for i := range existing {
		byUID[existing[i].UID] = existing[i].Found
		list[i] = existing[i].pod(name)
	}
	upstream.PodLister = list
	upstream.Evaluator = recall(func(lv api.LevelVersion, m *metav1.ObjectMeta) []policy.CheckResult {
		return byUID[m.UID](lv)
	})
	attributes := a.labelChange(name, oldLabels, newLabels)
	var answer Answer
	for range labelTries {
		answer = answerOf(upstream.Validate(a.quiet, attributes))
		if len(existing) > MaxPods || !outOfTime(answer) {
			break
		}
	}
	return LabelAnswer{Answer: answer, Exact: !outOfTime(answer)}
}

// labelChange is the request to replace a namespace's labels.
func (a *Admission) labelChange(name string, oldLabels, newLabels map[string]string) *api.AttributesRecord {
	return &api.AttributesRecord{
		// The server sets both, and upstream recognises an exempt namespace by the second.
		Name: name, Namespace: name,
		Kind:      corev1.SchemeGroupVersion.WithKind("Namespace"),
		Resource:  corev1.SchemeGroupVersion.WithResource("namespaces"),
		Operation: admissionv1.Update,
		Object:    &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: a.seen(newLabels)}},
		OldObject: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: a.seen(oldLabels)}},
	}
}

// outOfTime says whether only some pods were looked at: the server says so in its first warning.
func outOfTime(answer Answer) bool {
	return len(answer.Warnings) > 0 && strings.HasPrefix(answer.Warnings[0], "new PodSecurity enforce level only checked")
}

func (s *Skeleton) pod(namespace string) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: namespace, UID: s.UID},
		Spec:       corev1.PodSpec{RuntimeClassName: s.RuntimeClass},
	}
	if s.Controller != "" {
		yes := true
		pod.OwnerReferences = []metav1.OwnerReference{{UID: s.Controller, Controller: &yes}}
	}
	return pod
}

// pods lists what was read before. Upstream reorders the slice in place, so that each call gets its own.
type pods []*corev1.Pod

func (p pods) ListPods(context.Context, string) ([]*corev1.Pod, error) {
	return append([]*corev1.Pod(nil), p...), nil
}
