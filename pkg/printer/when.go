package printer

import (
	"fmt"
	"slices"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// isMirror recognises the mirror of a static pod: the one kind of pod that a Node owns.
func isMirror(w *report.Workload) bool {
	return w.Kind == "Pod" && w.Owner != nil && w.Owner.Group == "" && w.Owner.Kind == "Node"
}

// whatHappens says in one sentence when a workload's pods are made again and, where they are, that they will be
// refused.
func whatHappens(n *report.Namespace, w *report.Workload) string {
	refused, onlyOld := refusals(w)
	switch {
	case isMirror(w) && refused:
		return "A static pod: the kubelet runs it whatever the server says. Its mirror is refused when it is made again, " +
			"and the API no longer shows the pod."
	case isMirror(w):
		return "A static pod: the kubelet runs it whatever the server says, and makes its mirror in the API again."
	case w.Kind == "Pod" && w.Next.Event == report.EventNever && refused:
		return "Nothing makes this pod again: it goes on running, but once gone it cannot be created any more."
	case w.Kind == "Pod" && w.Next.Event == report.EventNever:
		return "Nothing makes this pod again: it goes on running until it is deleted."
	}
	if w.Next.Event == report.EventApply {
		return whatApplyingMakes(n, refused)
	}
	text := when(w)
	if !refused {
		return text + "."
	}
	if onlyOld {
		text = "Pods of its older revision are made again when one is rescheduled"
	}
	text += "; the server "
	if n.Candidate != nil {
		text += "then "
	}
	text += "refuses them"
	if slices.Contains(w.Drift, report.DriftMutated) && !askedOf(w) {
		text += ", unless something changes them on the way as it does now"
	}
	return text + "."
}

// whatApplyingMakes is whatHappens for a bare pod in a file.
func whatApplyingMakes(n *report.Namespace, refused bool) string {
	switch {
	case !refused:
		return "This pod is made when its file is applied."
	case n.Candidate != nil:
		return "The server then refuses this pod when its file is applied."
	default:
		return "The server refuses this pod when its file is applied."
	}
}

// refusals says whether the server refuses any of a workload's pods, and whether only those of older revisions.
func refusals(w *report.Workload) (refused, onlyOld bool) {
	onlyOld = true
	for i := range w.Evidence {
		e := &w.Evidence[i]
		if !w.Foretells(e) || e.Answered || e.Outcome.Pod.Allowed {
			continue
		}
		refused = true
		onlyOld = onlyOld && e.Revision == report.RevisionOld
	}
	return refused, refused && onlyOld
}

// when is the clause before that: what makes the pods.
func when(w *report.Workload) string {
	switch w.State {
	case report.StateSuspended:
		return "Suspended: its pods are made when it is resumed"
	case report.StateIdle:
		return "Scaled to zero: its pods are made when it is scaled up"
	case report.StateTerminating:
		return "Being deleted: its pods are not made again"
	case report.StateFinished:
		return "Finished: its pods are not made again"
	default:
		return whenActive(w)
	}
}

// whenActive is when, for a workload that runs.
func whenActive(w *report.Workload) string {
	if w.Kind == "PodTemplate" {
		return "Only a template: its pods are made when something uses it"
	}
	switch w.Next.Event {
	case report.EventNewNode:
		return "Its pods are made again at the next rollout and on every new node"
	case report.EventSchedule:
		if w.Next.At == nil {
			return "Its pods are made at the next run"
		}
		return "Its pods are made at the next run, " + w.Next.At.UTC().Format("Mon 2006-01-02 15:04 UTC")
	case report.EventRetry:
		return "Its pods are made again when the Job retries"
	case report.EventRollout:
		return "Its pods are made again at the next rollout"
	case report.EventNever:
		return "Its pods are not made again"
	default:
		return whenReplaced(w.Kind)
	}
}

// whenReplaced is when, for pods that are made again one by one.
func whenReplaced(kind string) string {
	switch kind {
	case "StatefulSet":
		return "Its pods are made again when an ordinal is recreated or the set rolls"
	case "ReplicaSet", "ReplicationController":
		return "Its pods are made again when one is rescheduled or replaced"
	default:
		return fmt.Sprintf("Its pods are made again when one is rescheduled or the %s rolls out", kind)
	}
}

// driftText says how pods and template disagree.
func driftText(w *report.Workload, d report.Drift) string {
	pods := "its pods"
	if d == report.DriftMutated && slices.Contains(w.Drift, report.DriftMutatedSince) ||
		d == report.DriftInjected && slices.Contains(w.Drift, report.DriftInjectedSince) {
		pods = "its new pods"
	}
	switch d {
	case report.DriftMutated:
		return "Drift: " + pods + " pass a check that their template fails, only because something changed them after it " +
			"(a webhook, an admission policy, a controller)."
	case report.DriftInjected:
		return "Drift: " + pods + " fail a check that their template passes, because something was put into them " +
			"(a sidecar, a volume, a security context)."
	case report.DriftMutatedSince:
		return "Drift: pods that run fail a check that new ones would pass: what changes pods on their way is not what it was then."
	case report.DriftInjectedSince:
		return "Drift: pods that run pass a check that new ones would fail: what changes pods on their way is not what it was then."
	case report.DriftOtherRevision:
		return "Drift: pods of an older revision differ from what the template says now."
	default:
		return "Drift: " + string(d) + "."
	}
}
