//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// refusal is a workload and the words in which the server refuses its pods.
type refusal struct{ namespace, kind, name, message string }

// refusals are a set of them.
type refusals map[refusal]bool

// minus are those that are not in another set, one a line.
func (r refusals) minus(other refusals) []string {
	var lines []string
	for one := range r {
		if !other[one] {
			lines = append(lines, fmt.Sprintf("%s %s/%s: %s", one.namespace, one.kind, one.name, one.message))
		}
	}
	slices.Sort(lines)
	return lines
}

// equal fails where the server refuses something else than was said, in either direction.
func (r refusals) equal(t *testing.T, what string, real refusals) {
	t.Helper()
	compared.Add(int64(len(real)))
	if wrong, missed := r.minus(real), real.minus(r); len(wrong)+len(missed) > 0 {
		t.Errorf("%s: %d of %d are not refused:\n%s\n%d of %d were not foreseen:\n%s", what,
			len(wrong), len(r), strings.Join(wrong, "\n"), len(missed), len(real), strings.Join(missed, "\n"))
	}
}

// foreseen are the refusals of a plan, but for those that come true only if nothing changes pods on their way any more.
func foreseen(p *report.LabelPlan) refusals {
	set := refusals{}
	for i := range p.Items {
		for _, r := range p.Items[i].Refused {
			if p.Items[i].Action == report.ActionChange && !r.IfUnchanged {
				set[refusal{p.Items[i].Namespace, r.Kind, r.Name, r.Message}] = true
			}
		}
	}
	return set
}

// heard is what the server refused, by the object whose pods they are.
type heard map[types.UID]map[string]bool

func (h heard) add(uid types.UID, message string) {
	_, text, refused := strings.Cut(message, " is forbidden: ")
	if !refused || !strings.HasPrefix(text, "violates PodSecurity ") {
		return
	}
	if h[uid] == nil {
		h[uid] = map[string]bool{}
	}
	h[uid][text] = true
}

// hear collects from the server which pods it refused since a time and a place in its audit log: from events, from
// conditions, and from that log. Events alone are not enough: after some two dozen on one object a controller writes
// few more.
func (s *server) hear(t *testing.T, k *stock, since time.Time, from int64) heard {
	t.Helper()
	h := heard{}
	events := list(t, s.client.CoreV1().Events("").List, metav1.ListOptions{FieldSelector: "reason=FailedCreate"},
		func(l *corev1.EventList) []corev1.Event { return l.Items })
	for i := range events {
		if e := &events[i]; !e.LastTimestamp.Time.Before(since.Truncate(time.Second)) {
			h.add(e.InvolvedObject.UID, e.Message)
		}
	}
	for _, o := range k.workloads {
		for _, message := range replicaFailures(o, since.Truncate(time.Second)) {
			h.add(o.GetUID(), message)
		}
	}
	s.readRefused(t, k, from, h)
	return h
}

// replicaFailures are the messages of an object's ReplicaFailure condition, if it began since a time.
func replicaFailures(o object, since time.Time) []string {
	var messages []string
	take := func(kind string, status corev1.ConditionStatus, at metav1.Time, message string) {
		if kind == "ReplicaFailure" && status == corev1.ConditionTrue && !at.Time.Before(since) {
			messages = append(messages, message)
		}
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	case *appsv1.ReplicaSet:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	case *corev1.ReplicationController:
		for _, c := range o.Status.Conditions {
			take(string(c.Type), c.Status, c.LastTransitionTime, c.Message)
		}
	}
	return messages
}

// logged is a line of the audit log, as far as it tells of a refused pod.
type logged struct {
	RequestURI     string
	User           struct{ Username string }
	ObjectRef      struct{ Resource, Namespace, Subresource string }
	ResponseStatus struct {
		Message string
		Details struct{ Name string }
	}
}

// readRefused reads the audit log from a place on. A pod that was refused has a name, which tells whose it would have
// been: controllers append something to their own.
func (s *server) readRefused(t *testing.T, k *stock, from int64, h heard) {
	t.Helper()
	file, err := os.Open(s.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewReader(io.NewSectionReader(file, from, 1<<62))
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // the end, or the beginning of a line
		}
		if !strings.Contains(line, `is forbidden: violates PodSecurity`) {
			continue
		}
		var l logged
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		kind := makerKinds()[strings.TrimPrefix(l.User.Username, "system:serviceaccount:kube-system:")]
		if kind == "" || l.ObjectRef.Resource != "pods" || strings.Contains(l.RequestURI, "dryRun") {
			continue
		}
		name := l.ResponseStatus.Details.Name
		name = name[:max(strings.LastIndex(name, "-"), 0)]
		at := slices.IndexFunc(k.workloads, func(o object) bool {
			return kindOf(o) == kind && o.GetNamespace() == l.ObjectRef.Namespace && o.GetName() == name
		})
		if at >= 0 { // else outside the estate, or gone
			h.add(k.workloads[at].GetUID(), l.ResponseStatus.Message)
		}
	}
}

// makerKinds are what controllers make pods of, by their accounts.
func makerKinds() map[string]string {
	return map[string]string{
		"replicaset-controller": "ReplicaSet", "statefulset-controller": "StatefulSet", "daemon-set-controller": "DaemonSet",
		"replication-controller": "ReplicationController", "job-controller": "Job",
	}
}

// byWorkload folds what was heard into workloads.
func (h heard) byWorkload(t *testing.T, k *stock) refusals {
	t.Helper()
	set := refusals{}
	for uid, messages := range h {
		o, known := k.byUID[uid]
		if !known {
			continue // kube-system and such are no part of it, nor is what is gone
		}
		top := k.top(o)
		for message := range messages {
			set[refusal{o.GetNamespace(), top.kind, top.name, message}] = true
		}
	}
	return set
}

// lacking are the objects that lack pods and have not been refused any: their controllers have not got to them yet.
func (k *stock) lacking(h heard) []object {
	pods, waiting := map[types.UID]int{}, map[types.UID]bool{}
	for _, pod := range k.pods {
		owner := metav1.GetControllerOfNoCopy(pod)
		if owner == nil || pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		pods[owner.UID]++
		waiting[owner.UID] = waiting[owner.UID] || pod.Status.Phase == corev1.PodPending
	}
	var lack []object
	for _, o := range k.workloads {
		uid := o.GetUID()
		// A StatefulSet waits for one pod to be ready before it makes the next.
		inOrder := kindOf(o) == "StatefulSet" && waiting[uid]
		if pods[uid] < wanted(o) && len(h[uid]) == 0 && !inOrder && !k.over(o) {
			lack = append(lack, o)
		}
	}
	return lack
}

// none says whether there are no such objects, and else which.
func none(what string, objects []object) (bool, error) {
	var list []string
	for _, o := range objects {
		list = append(list, fmt.Sprintf("%s %s/%s", kindOf(o), o.GetNamespace(), o.GetName()))
	}
	if len(list) == 0 {
		return true, nil
	}
	return false, fmt.Errorf("%s %s", what, strings.Join(list, ", "))
}

// wanted is how many pods a controller wants to have of an object right now.
func wanted(o object) int {
	switch o := o.(type) {
	case *appsv1.ReplicaSet:
		return int(*o.Spec.Replicas)
	case *appsv1.StatefulSet:
		return int(*o.Spec.Replicas)
	case *appsv1.DaemonSet:
		return int(o.Status.DesiredNumberScheduled)
	case *corev1.ReplicationController:
		return int(*o.Spec.Replicas)
	case *batchv1.Job:
		if o.Spec.Suspend != nil && *o.Spec.Suspend {
			return 0
		}
		want := int(*o.Spec.Parallelism)
		if o.Spec.Completions != nil {
			want = min(want, int(*o.Spec.Completions-o.Status.Succeeded))
		}
		return want
	default:
		return 0 // a Deployment or a CronJob has others make its pods
	}
}
