package printer

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func TestList(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a and b"},
		{[]string{"a", "b", "c"}, "a, b and c"},
		{[]string{"a", "b", "c", "d"}, "a, b, c and 1 more"},
		{[]string{"a", "b", "c", "d", "e"}, "a, b, c and 2 more"},
	} {
		if got := list(tt.words, 3); got != tt.want {
			t.Errorf("list(%q) = %q, want %q", tt.words, got, tt.want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, tt := range []struct {
		in   any
		want string
	}{
		{nil, "<unset>"},
		{true, "true"},
		{int64(0), "0"},
		{"/var/log", `"/var/log"`},
		{"<&>", `"<&>"`},
		{escaped("a\x1b\u202e\n"), `"a\x1b\u202e\n"`},
		{map[string]any{"type": "Unconfined"}, `{"type":"Unconfined"}`},
		{math.Inf(1), "+Inf"},
		{strings.Repeat("x", 200), `"` + strings.Repeat("x", 76) + "..."},
	} {
		if got := value(tt.in); got != tt.want {
			t.Errorf("value(%v) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestWrap(t *testing.T) {
	const text = "the quick brown fox jumps over the lazy dog and keeps on running"
	for _, tt := range []struct {
		text  string
		width int
		want  []string
	}{
		{text, 0, []string{text}},
		{text, -5, []string{text}},
		{text, minWrap - 1, []string{text}},
		{text, 200, []string{text}},
		{text, 30, []string{"the quick brown fox jumps over", "the lazy dog and keeps on", "running"}},
		{"see " + strings.Repeat("x", 40) + " there", 30, []string{"see", strings.Repeat("x", 40), "there"}},
		{"", 30, []string{""}},
	} {
		if diff := cmp.Diff(tt.want, wrap(tt.text, tt.width)); diff != "" {
			t.Errorf("wrap at %d (-want +got):\n%s", tt.width, diff)
		}
	}
}

func TestWhatHappens(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 30, 0, 0, time.FixedZone("CET", 3600))
	calm, asked := namespace("a", 0).Namespace, namespace("a", 0).propose("restricted", "", "").Namespace
	inFile := workload("Pod/a")
	inFile.Next.Event = report.EventApply
	for _, tt := range []struct {
		n       *report.Namespace
		w       *work
		refused bool
		want    string
	}{
		{&calm, workload("Deployment/a"), false, "Its pods are made again when one is rescheduled or the Deployment rolls out."},
		{&calm, workload("Deployment/a"), true, "Its pods are made again when one is rescheduled or the Deployment rolls out; the server refuses them."},
		{&asked, workload("DaemonSet/a"), true, "Its pods are made again at the next rollout and on every new node; the server then refuses them."},
		{&asked, workload("Deployment/a").drifts(report.DriftMutated), true, "Its pods are made again when one is rescheduled or the Deployment rolls out; " +
			"the server then refuses them, unless something changes them on the way as it does now."},
		{&calm, workload("StatefulSet/a"), false, "Its pods are made again when an ordinal is recreated or the set rolls."},
		{&calm, workload("ReplicaSet/a"), false, "Its pods are made again when one is rescheduled or replaced."},
		{&calm, workload("CronJob/a").at(at), true, "Its pods are made at the next run, Sun 2026-11-22 02:30 UTC; the server refuses them."},
		{&calm, workload("CronJob/a"), false, "Its pods are made at the next run."},
		{&calm, workload("CronJob/a").state(report.StateSuspended), false, "Suspended: its pods are made when it is resumed."},
		{&calm, workload("Job/a"), false, "Its pods are made again when the Job retries."},
		{&calm, workload("Job/a").state(report.StateSuspended), false, "Suspended: its pods are made when it is resumed."},
		{&calm, workload("Job/a").state(report.StateFinished), false, "Finished: its pods are not made again."},
		{&calm, workload("Deployment/a").state(report.StateIdle), true, "Scaled to zero: its pods are made when it is scaled up; the server refuses them."},
		{&calm, workload("Deployment/a").state(report.StateTerminating), false, "Being deleted: its pods are not made again."},
		{&calm, workload("PodTemplate/a"), false, "Only a template: its pods are made when something uses it."},
		{&calm, workload("Pod/a"), false, "Nothing makes this pod again: it goes on running until it is deleted."},
		{&calm, workload("Pod/a"), true, "Nothing makes this pod again: it goes on running, but once gone it cannot be created any more."},
		{&calm, workload("Pod/a").ownedBy("", "Node", "n"), false, "A static pod: the kubelet runs it whatever the server says, and makes its mirror in the API again."},
		{&calm, workload("Pod/a").ownedBy("", "Node", "n"), true, "A static pod: the kubelet runs it whatever the server says. Its mirror is refused when it is made again, and the API no longer shows the pod."},
		{&calm, inFile, false, "This pod is made when its file is applied."},
		{&calm, inFile, true, "The server refuses this pod when its file is applied."},
		{&asked, inFile, true, "The server then refuses this pod when its file is applied."},
	} {
		tt.w.Evidence = nil
		tt.w.pods(1).last(func(e *report.Evidence) { e.Outcome.Pod.Allowed = !tt.refused })
		if got := whatHappens(tt.n, &tt.w.Workload); got != tt.want {
			t.Errorf("%s, %s:\ngot  %s\nwant %s", tt.w.Kind, tt.w.State, got, tt.want)
		}
	}
}

func TestUnlessSaid(t *testing.T) {
	const denied = `violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`
	for text, want := range map[string]string{
		`would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`:   `would violate PodSecurity "baseline:latest": ... (as above)`,
		`would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)`: `would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)`,
		`would violate PodSecurity "baseline:latest": hostPort`:                             `would violate PodSecurity "baseline:latest": hostPort`,
		"something else": "something else",
	} {
		if got := unlessSaid(text, denied); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := unlessSaid(text, ""); got != text {
			t.Errorf("got %q, though nothing was said", got)
		}
	}
}
