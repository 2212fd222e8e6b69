package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// denial is a refusal as a controller tells it; quota is what else it may tell.
const (
	message = `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`
	denial  = `pods "x" is forbidden: ` + message
	quota   = `pods "x" is forbidden: exceeded quota: q`
)

func noon() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

// at is so many seconds after noon.
func at(seconds int) metav1.Time {
	return metav1.NewTime(noon().Add(time.Duration(seconds) * time.Second))
}

// newEvent is what a controller says of its object, at one time.
func newEvent(name, apiVersion, kind string, on metav1.ObjectMeta, reason string, second int, text string) *corev1.Event {
	e := &corev1.Event{ObjectMeta: newMeta(on.Namespace, name, ""), Reason: reason, Message: "Error creating: " + text, Count: 1}
	e.ResourceVersion = strconv.Itoa(1000 + second)
	e.InvolvedObject = corev1.ObjectReference{APIVersion: apiVersion, Kind: kind, Namespace: on.Namespace, Name: on.Name, UID: on.UID}
	e.FirstTimestamp, e.LastTimestamp = at(second), at(second)
	return e
}

// lacking is a ReplicaSet of the Deployment web that has one of three pods, with a condition that says why; without a
// text it has none.
func lacking(namespace, name, why string) *appsv1.ReplicaSet {
	three := int32(3)
	rs := newReplicaSet(namespace, name, "web", by("apps/v1", "Deployment", "web"))
	rs.UID = types.UID(namespace + "-" + name)
	rs.Spec.Replicas, rs.Status.Replicas = &three, 1
	if why != "" {
		rs.Status.Conditions = []appsv1.ReplicaSetCondition{{
			Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, LastTransitionTime: at(1), Message: why,
		}}
	}
	return rs
}

// told is what a refusal comes to, in short.
type told struct {
	Object          string
	Wanted, Missing int
	Current         bool
	Words           []string
}

func tell(refusals []workload.Refusal) []told {
	var list []told
	for i := range refusals {
		r := &refusals[i]
		_, now := r.Current()
		short := told{Object: r.Kind + " " + r.Namespace + "/" + r.Name, Wanted: r.Wanted, Missing: r.Missing, Current: now}
		for _, w := range r.Words {
			text := fmt.Sprintf("%s %d-%d", w.Source, int(w.First.Sub(noon()).Seconds()), int(w.Last.Sub(noon()).Seconds()))
			if w.Message == "" {
				text += " other"
			}
			short.Words = append(short.Words, text)
		}
		list = append(list, short)
	}
	return list
}

func TestRefusals(t *testing.T) {
	rs := lacking("a", "web-1", "")
	created := func(second int) *corev1.Event {
		return newEvent("made", "apps/v1", "ReplicaSet", rs.ObjectMeta, "SuccessfulCreate", second, "Created pod: x")
	}
	refused := newEvent("refused", "apps/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 10, denial)
	series := newEvent("series", "apps/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 0, denial)
	series.FirstTimestamp, series.LastTimestamp = metav1.Time{}, metav1.Time{}
	series.EventTime = metav1.NewMicroTime(at(5).Time)
	series.Series = &corev1.EventSeries{Count: 9, LastObservedTime: metav1.NewMicroTime(at(20).Time)}
	whole := lacking("a", "web-1", "")
	whole.Status.Replicas = 3

	for name, tt := range map[string]struct {
		objects []runtime.Object
		want    []told
	}{
		"nothing": {objects: []runtime.Object{rs, created(3)}},
		"condition": {
			objects: []runtime.Object{lacking("a", "web-1", denial)},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1"}}},
		},
		"condition about quota": {objects: []runtime.Object{lacking("a", "web-1", quota)}},
		"event": {
			objects: []runtime.Object{rs, refused, created(3)},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"event 3-3 other", "event 10-10"}}},
		},
		"event with a series": {
			objects: []runtime.Object{rs, series},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"event 5-20"}}},
		},
		"both": {
			objects: []runtime.Object{lacking("a", "web-1", denial), refused},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1", "event 10-10"}}},
		},
		"cured": {
			objects: []runtime.Object{rs, refused, created(12)},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, false, []string{"event 10-10", "event 12-12 other"}}},
		},
		"cured, and all pods are there": {
			objects: []runtime.Object{whole, refused, created(12)},
			want:    []told{{"ReplicaSet a/web-1", 0, 0, false, []string{"event 10-10"}}},
		},
		"stopped by a quota now": {
			objects: []runtime.Object{lacking("a", "web-1", denial), refused, newEvent("quota", "apps/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 30, quota)},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, false, []string{"condition 1-1", "event 10-10", "event 30-30 other"}}},
		},
		"stopped by a quota, and then cured": {
			objects: []runtime.Object{rs, refused, created(40), newEvent("quota", "apps/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 5, quota)},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, false, []string{"event 10-10", "event 40-40 other"}}},
		},
		"stopped by a quota once, which the condition still says": {
			objects: []runtime.Object{lacking("a", "web-1", quota), refused},
			want:    []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1 other", "event 10-10"}}},
		},
		"an object that is gone": {
			objects: []runtime.Object{refused},
			want:    []told{{"ReplicaSet a/web-1", 0, 0, false, []string{"event 10-10"}}},
		},
		"kinds that make no pods": {objects: []runtime.Object{
			newEvent("cron", "batch/v1", "CronJob", newMeta("a", "c", ""), "FailedCreate", 1, denial),
			newEvent("clone", "apps.kruise.io/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 1, denial),
			newEvent("nobody", "apps/v1", "ReplicaSet", metav1.ObjectMeta{Namespace: "a", Name: "web-1"}, "FailedCreate", 1, denial),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int64{0, 1} {
				_, c := serve(t, tt.objects...)
				got, gaps, err := c.Refusals(loud(t), RefusalOptions{ChunkSize: chunk})
				if err != nil || len(gaps) > 0 {
					t.Fatalf("gaps %v, error %v", gaps, err)
				}
				if diff := cmp.Diff(tt.want, tell(got)); diff != "" {
					t.Errorf("chunks of %d: %s", chunk, diff)
				}
			}
		})
	}
}

// What is kept of an object is no more than is needed, also when a list had to start again.
func TestRefusalsKeepLittle(t *testing.T) {
	whole := lacking("a", "web-2", denial)
	whole.Status.Replicas = 3
	s, c := serve(t, lacking("a", "web-1", denial), whole)
	s.Inject(fakeapi.Fault{Path: "/apis/apps/v1/replicasets", Query: "continue=", Times: 1, Do: fakeapi.Expire(false)})
	got, gaps, err := c.Refusals(loud(t), RefusalOptions{ChunkSize: 1})
	if err != nil || len(gaps) > 0 {
		t.Fatalf("gaps %v, error %v", gaps, err)
	}
	want := []told{
		{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1"}},
		{"ReplicaSet a/web-2", 3, 0, false, []string{"condition 1-1"}},
	}
	if diff := cmp.Diff(want, tell(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[0].Template == nil || got[1].Template != nil {
		t.Errorf("templates %v and %v", got[0].Template, got[1].Template)
	}
}

// oneRefusedOfEach is a namespace in which every kind that makes pods is refused one.
func oneRefusedOfEach(namespace string) []runtime.Object {
	refused := func(kind, apiVersion string, m *metav1.ObjectMeta) runtime.Object {
		m.UID = types.UID(namespace + "-" + m.Name)
		return newEvent("refused-"+m.Name, apiVersion, kind, *m, "FailedCreate", 10, denial)
	}
	var all []runtime.Object
	for _, obj := range oneOfEach(namespace) {
		switch o := obj.(type) {
		case *appsv1.ReplicaSet:
			all = append(all, o, refused("ReplicaSet", "apps/v1", &o.ObjectMeta))
		case *appsv1.StatefulSet:
			all = append(all, o, refused("StatefulSet", "apps/v1", &o.ObjectMeta))
		case *appsv1.DaemonSet:
			o.Status.DesiredNumberScheduled = 1
			all = append(all, o, refused("DaemonSet", "apps/v1", &o.ObjectMeta))
		case *batchv1.Job:
			all = append(all, o, refused("Job", "batch/v1", &o.ObjectMeta))
		case *corev1.ReplicationController:
			all = append(all, o, refused("ReplicationController", "v1", &o.ObjectMeta))
			o.Status.Conditions = []corev1.ReplicationControllerCondition{{
				Type: corev1.ReplicationControllerReplicaFailure, Status: corev1.ConditionTrue, LastTransitionTime: at(9), Message: denial,
			}}
		}
	}
	return all
}

func TestRefusalsOfEveryKind(t *testing.T) {
	s, c := serve(t, slices.Concat(oneRefusedOfEach("a"), oneRefusedOfEach("b"))...)
	pages := map[string]bool{}
	got, gaps, err := c.Refusals(loud(t), RefusalOptions{Namespaces: []string{"a"}, OnPage: func(resource string, _ int, _ int64) {
		if resource == "events" {
			pages[resource] = true // from one goroutine only: the lists of events follow each other
		}
	}})
	if err != nil || len(gaps) > 0 || !pages["events"] {
		t.Fatalf("pages %v, gaps %v, error %v", pages, gaps, err)
	}
	want := []told{
		{"ReplicationController a/rc", 1, 1, true, []string{"condition 9-9", "event 10-10"}},
		{"DaemonSet a/ds", 1, 1, true, []string{"event 10-10"}},
		{"ReplicaSet a/rs", 1, 1, true, []string{"event 10-10"}},
		{"StatefulSet a/sts", 1, 1, true, []string{"event 10-10"}},
		{"Job a/job", 1, 1, true, []string{"event 10-10"}},
	}
	if diff := cmp.Diff(want, tell(got)); diff != "" {
		t.Error(diff)
	}
	for _, r := range got {
		if r.Template == nil || r.Words[0].Message != message {
			t.Errorf("%s: template %v, message %q", r.Kind, r.Template, r.Words[0].Message)
		}
	}
	if wide := wideLists(s); len(wide) > 0 {
		t.Errorf("cluster-wide requests %v", wide)
	}
}

// What worked is asked only where something failed, and afterwards.
func TestRefusalsAskForSuccessLast(t *testing.T) {
	s, c := serve(t, slices.Concat(oneRefusedOfEach("a"), oneOfEach("b"))...)
	if _, _, err := c.Refusals(loud(t), RefusalOptions{}); err != nil {
		t.Fatal(err)
	}
	requests := s.Requests()
	if last := requests[len(requests)-1]; last.Path != "/api/v1/namespaces/a/events" || last.Query != "fieldSelector=reason%3DSuccessfulCreate" {
		t.Errorf("the last request is %+v", last)
	}
	if len(requests) != 7 {
		t.Errorf("requests %v", requests)
	}
	quiet, c := serve(t, oneOfEach("b")...)
	if _, _, err := c.Refusals(loud(t), RefusalOptions{}); err != nil || len(quiet.Requests()) != 6 {
		t.Errorf("error %v, requests %v", err, quiet.Requests())
	}
}
