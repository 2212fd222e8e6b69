// Package relabel changes Pod Security labels: it makes a plan out of a survey (pure), carries it out namespace by
// namespace, keeps a journal of what it does, and takes it back. It is the only room that writes the API, and writes
// nothing but the six label keys of Pod Security.
package relabel

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// Why a namespace is left alone.
const (
	reasonAlready = "already so"
	reasonSystem  = "a system namespace that was not named"
	reasonGoing   = "being deleted"
	reasonRefused = "the server refuses the change: "
)

// NewPlan makes a plan of what was foreseen. The report's Server must have been filled in; named are the namespaces
// that were named on the command line.
func NewPlan(f *survey.Foresight, asked report.Asked, named []string, now time.Time) *report.LabelPlan {
	p := &report.LabelPlan{
		Time: now.UTC(), Server: f.Report.Server, Defaults: f.Report.Defaults, Asked: asked,
		Items: make([]report.Planned, 0, len(f.Namespaces)), Gaps: f.Report.Gaps,
	}
	p.APIVersion, p.Kind = report.APIVersion, report.KindLabelPlan
	for i := range f.Namespaces {
		p.Items = append(p.Items, planned(&f.Namespaces[i], &f.Report.Items[i], named))
	}
	Summarise(p)
	return p
}

// planned is the plan for one namespace.
func planned(ns *survey.Proposed, item *report.Namespace, named []string) report.Planned {
	p := report.Planned{
		Namespace: ns.Name, UID: string(ns.UID), Seen: ns.ResourceVersion, Action: report.ActionChange,
		Before: survey.PodSecurityLabels(ns.Labels), After: survey.PodSecurityLabels(ns.NewLabels),
		Current: &item.Current, Refused: []report.Refused{}, Gaps: item.Gaps,
	}
	leave := func(action report.Action, reason string) report.Planned {
		p.Action, p.Reason, p.After = action, reason, maps.Clone(p.Before)
		return p
	}
	switch {
	case !survey.Counts(ns.Name, named):
		return leave(report.ActionSkip, reasonSystem)
	case ns.DeletionTimestamp != nil || ns.Status.Phase == corev1.NamespaceTerminating:
		return leave(report.ActionSkip, reasonGoing)
	case ns.Held != "":
		return leave(report.ActionSkip, ns.Held)
	case maps.Equal(p.Before, p.After):
		return leave(report.ActionKeep, reasonAlready)
	case item.LabelChange != nil && !item.LabelChange.Allowed:
		return leave(report.ActionSkip, reasonRefused+item.LabelChange.Message)
	}
	p.Candidate, p.LabelChange = item.Candidate, item.LabelChange
	p.Direction = direction(&item.Current, item.Candidate)
	p.Owners = owners(&ns.Namespace, p.ChangedKeys())
	for i := range item.Workloads {
		w := &item.Workloads[i]
		p.Refused = append(p.Refused, refused(w, item.Candidate)...)
		if warned, ok := warned(w); ok {
			p.Warned = append(p.Warned, warned)
		}
	}
	return p
}

// refused are the distinct messages with which the server refuses a workload's next pods.
func refused(w *report.Workload, candidate *report.Policy) []report.Refused {
	var list []report.Refused
	again := madeAgain(w, &candidate.Enforce)
	for _, e := range again {
		if !e.Blocks {
			continue
		}
		already := e.Now == nil || !e.Now.Pod.Allowed
		have := slices.IndexFunc(list, func(r report.Refused) bool { return r.Message == e.Outcome.Pod.Message })
		ifUnchanged := e.Source == report.EvidenceTemplate && e.Revision == report.RevisionCurrent && changedOnTheWay(again, e)
		if have >= 0 {
			list[have].Already = list[have].Already && already
			list[have].IfUnchanged = list[have].IfUnchanged && ifUnchanged
			continue
		}
		list = append(list, report.Refused{
			Group: w.Group, Kind: w.Kind, Name: w.Name, Message: e.Outcome.Pod.Message, Checks: checks(e, &candidate.Enforce),
			Already: already, IfUnchanged: ifUnchanged, State: w.State, Next: w.Next,
		})
	}
	return list
}

// madeAgain is the evidence that speaks for pods to come. A pod that somebody debugs is made again without the debug
// container, and without what the server has to say of it; where there is nothing else to go by, it has to do.
func madeAgain(w *report.Workload, enforce *report.Mode) []*report.Evidence {
	var all, made []*report.Evidence
	for i := range w.Evidence {
		e := &w.Evidence[i]
		all = append(all, e)
		if !debugged(e, enforce) {
			made = append(made, e)
		}
	}
	if len(made) == 0 {
		return all
	}
	return made
}

// debugged says whether debug containers have a part in what the policy denies.
func debugged(e *report.Evidence, enforce *report.Mode) bool {
	return slices.ContainsFunc(e.Violations, func(v report.Violation) bool {
		return v.Level == enforce.Level && v.Version == enforce.Version && slices.ContainsFunc(v.Fields, func(f report.Field) bool {
			return strings.HasPrefix(f.Path, "spec.ephemeralContainers[")
		})
	})
}

// changedOnTheWay says whether the pods made from a template meet something else than it does: none of today's has its
// outcome.
func changedOnTheWay(evidence []*report.Evidence, template *report.Evidence) bool {
	changed := false
	for _, e := range evidence {
		if e.Source != report.EvidencePod || e.Revision != report.RevisionCurrent {
			continue
		}
		if e.Outcome.Pod.Message == template.Outcome.Pod.Message {
			return false
		}
		changed = true
	}
	return changed
}

func checks(e *report.Evidence, enforce *report.Mode) []string {
	var ids []string
	for i := range e.Violations {
		if v := &e.Violations[i]; v.Level == enforce.Level && v.Version == enforce.Version {
			ids = append(ids, v.Check)
		}
	}
	return ids
}

// warned is what people are told about a workload that they are not told today.
func warned(w *report.Workload) (report.Warned, bool) {
	out := report.Warned{Group: w.Group, Kind: w.Kind, Name: w.Name}
	for i := range w.Evidence {
		e := &w.Evidence[i]
		// Nobody writes an object of an older revision.
		if e.Now == nil || e.Outcome.Workload == nil || e.Revision != report.RevisionCurrent {
			continue
		}
		for _, text := range e.Outcome.Workload.Warnings {
			if !slices.Contains(e.Now.Workload.Warnings, text) && !slices.Contains(out.Warnings, text) {
				out.Warnings = append(out.Warnings, text)
			}
		}
	}
	return out, len(out.Warnings) > 0 && w.State != report.StateFinished
}

// Summarise adds a plan up again.
func Summarise(p *report.LabelPlan) {
	s := report.PlanSummary{Namespaces: len(p.Items)}
	for i := range p.Items {
		item := &p.Items[i]
		if item.Result != nil {
			if s.Outcomes == nil {
				s.Outcomes = map[report.Ending]int{}
			}
			s.Outcomes[item.Result.Outcome]++
		}
		switch item.Action {
		case report.ActionKeep:
			s.Keep++
			continue
		case report.ActionSkip:
			s.Skip++
			continue
		case report.ActionChange:
			s.Change++
		}
		if item.Direction == report.DirectionTightens || item.Direction == report.DirectionMixed {
			s.Tighten++
		}
		if item.Direction == report.DirectionLoosens || item.Direction == report.DirectionMixed {
			s.Loosen++
		}
		if n := workloads(item.NewlyRefused()); n > 0 {
			s.Refused += n
			s.RefusedNamespaces++
		}
		s.Warned += len(item.Warned)
		if item.Owned() {
			s.Owned++
		}
		if len(item.Gaps) > 0 || len(p.Gaps) > 0 && touches(p.Gaps, item.Namespace) {
			s.Incomplete++
		}
		if item.Answer != nil && item.Answer.Differs && item.Answer.Exact {
			s.Differences++
		}
	}
	p.Summary = s
}

// workloads counts the workloads of a list that may name one more than once.
func workloads(list []report.Refused) int {
	distinct := map[[3]string]bool{}
	for i := range list {
		distinct[[3]string{list[i].Group, list[i].Kind, list[i].Name}] = true
	}
	return len(distinct)
}

// touches says whether a gap is about a namespace: its own, or the whole cluster's.
func touches(gaps []report.Gap, namespace string) bool {
	return slices.ContainsFunc(gaps, func(g report.Gap) bool { return g.Namespace == "" || g.Namespace == namespace })
}
