package printer

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// estate builds a report as the survey would: with the counts that its items add up to.
type estate struct{ *report.CheckReport }

func newEstate(items ...*space) *estate {
	r := &report.CheckReport{
		Server: report.Server{
			Version: "v1.36.3", PolicyVersion: "v1.36", Exact: true, Context: "prod",
			PodSecurity: report.Fact{Value: report.PodSecurityActive, Source: report.SourceAssumed, Reason: "on by default since v1.25"},
		},
		Defaults: report.Defaults{
			Enforce: "privileged:latest", Audit: "privileged:latest", Warn: "privileged:latest", Source: report.SourceAssumed,
		},
		Items: []report.Namespace{}, Gaps: []report.Gap{},
	}
	r.APIVersion, r.Kind = report.APIVersion, report.KindCheckReport
	r.Summary = report.Summary{Verdict: report.Complies, Checks: map[string]int{}}
	e := &estate{r}
	for _, s := range items {
		e.add(s.Namespace)
	}
	return e
}

func (e *estate) add(n report.Namespace) {
	blocks := 0
	n.Strictest.Blocking = report.Blocking{}
	for i := range n.Workloads {
		w := &n.Workloads[i]
		n.Strictest.Blocking.Baseline += btoi(w.Strictest == levelPrivileged)
		n.Strictest.Blocking.Restricted += btoi(w.Strictest != levelRestricted)
		blocks += btoi(w.Blocks)
		seen := map[string]bool{}
		for _, v := range w.Evidence[0].Violations {
			if v.Level == levelRestricted && !seen[v.Check] && n.Counted {
				seen[v.Check] = true
				e.Summary.Checks[v.Check]++
			}
		}
	}
	switch {
	case n.Strictest.Blocking.Baseline > 0:
		n.Strictest.Level = levelPrivileged
	case n.Strictest.Blocking.Restricted > 0:
		n.Strictest.Level = levelBaseline
	}
	n.Verdict = report.Of(blocks, len(n.Gaps))
	e.Items = append(e.Items, n)
	e.Gaps = append(e.Gaps, n.Gaps...)
	e.Summary.Namespaces++
	e.Summary.Workloads += len(n.Workloads)
	e.Summary.Pods += n.Pods.Total
	if n.Counted {
		e.Summary.Counted++
		e.Summary.Blocking += blocks
		if n.Verdict == report.Violates || e.Summary.Verdict == report.Complies {
			e.Summary.Verdict = n.Verdict
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// space builds an item.
type space struct{ report.Namespace }

func namespace(name string, pods int) *space {
	byDefault := report.Mode{Level: levelPrivileged, Version: latest, EvaluatedAs: "v1.36", Source: report.SourceDefault}
	return &space{report.Namespace{
		Namespace: name, Verdict: report.Complies, Counted: !strings.HasPrefix(name, "kube-"),
		Current:   report.Policy{Enforce: byDefault, Audit: byDefault, Warn: byDefault},
		Exempt:    report.Exempt{By: report.ExemptNone, Source: report.SourceAssumed},
		Strictest: report.Strictest{Level: levelRestricted, Version: latest, Complete: true},
		Pods:      report.Pods{Total: pods}, Workloads: []report.Workload{},
	}}
}

// labelled parses "level", "level:version", "(level)" for an implied one or "level!" for an invalid label.
func labelled(text string) report.Mode {
	m := report.Mode{Version: latest, EvaluatedAs: "v1.36", Source: report.SourceLabel}
	switch {
	case strings.HasPrefix(text, "("):
		m.Source = report.SourceImplied
	case strings.HasSuffix(text, "!"):
		m.Source = report.SourceInvalid
	}
	level, version, ok := strings.Cut(strings.Trim(text, "()!"), ":")
	m.Level = level
	if ok {
		m.Version, m.EvaluatedAs = version, version
	}
	return m
}

func setModes(p *report.Policy, enforce, audit, warn string) {
	for text, m := range map[*string]*report.Mode{&enforce: &p.Enforce, &audit: &p.Audit, &warn: &p.Warn} {
		if *text != "" {
			*m = labelled(*text)
		}
	}
}

func (s *space) labels(enforce, audit, warn string) *space {
	setModes(&s.Current, enforce, audit, warn)
	return s
}

func (s *space) propose(enforce, audit, warn string) *space {
	p := s.Current
	s.Candidate = &p
	setModes(s.Candidate, enforce, audit, warn)
	s.LabelChange = &report.LabelChange{Allowed: true, Exact: true, Warnings: []string{}}
	return s
}

func (s *space) exempted() *space {
	s.Exempt = report.Exempt{By: report.ExemptNamespace, Source: report.SourceConfig}
	return s
}

func (s *space) gap(resource, reason, message string) *space {
	s.Gaps = append(s.Gaps, report.Gap{Resource: resource, Namespace: s.Namespace.Namespace, Reason: reason, Message: message})
	s.Strictest.Complete = false
	return s
}

func (s *space) with(workloads ...*work) *space {
	for _, w := range workloads {
		for i := range w.Evidence {
			s.judge(w, &w.Evidence[i])
		}
		s.Workloads = append(s.Workloads, w.Workload)
	}
	return s
}

// judge gives evidence the outcome that its violations have under the policy in question.
func (s *space) judge(w *work, e *report.Evidence) {
	policy := s.Current
	if s.Candidate != nil {
		policy = *s.Candidate
	}
	denial := func(m report.Mode) string {
		var parts []string
		for _, v := range e.Violations {
			if v.Level != m.Level {
				continue
			}
			part := v.Reason
			if v.Detail != "" {
				part += " (" + v.Detail + ")"
			}
			parts = append(parts, part)
		}
		if len(parts) == 0 {
			return ""
		}
		return fmt.Sprintf("violate PodSecurity %q: %s", m, strings.Join(parts, ", "))
	}
	would := func(m report.Mode) string {
		if text := denial(m); text != "" {
			return "would " + text
		}
		return ""
	}
	e.Outcome.Pod = report.PodOutcome{Allowed: true, Warnings: []string{}, Audit: would(policy.Audit)}
	switch text := denial(policy.Enforce); {
	case s.Exempt.By != report.ExemptNone:
		e.Outcome.Pod.Audit = ""
	case text != "":
		e.Outcome.Pod.Allowed, e.Outcome.Pod.Message = false, strings.Replace(text, "violate", "violates", 1)
		w.Blocks = w.Blocks || !e.Answered && w.Next.Event != report.EventNever && w.State != report.StateFinished
	case would(policy.Warn) != "":
		e.Outcome.Pod.Warnings = append(e.Outcome.Pod.Warnings, would(policy.Warn))
	}
	if e.Source == report.EvidenceTemplate && s.Exempt.By == report.ExemptNone {
		e.Outcome.Workload = &report.WorkloadOutcome{Warnings: []string{}, Audit: would(policy.Audit)}
		if text := would(policy.Warn); text != "" {
			e.Outcome.Workload.Warnings = append(e.Outcome.Workload.Warnings, text)
		}
	}
}

// work builds a workload.
type work struct{ report.Workload }

func workload(kindAndName string) *work {
	kind, name, _ := strings.Cut(kindAndName, "/")
	group := map[string]string{
		"Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "Job": "batch", "CronJob": "batch", "Rollout": "argoproj.io",
	}[kind]
	event := map[string]report.Event{
		"DaemonSet": report.EventNewNode, "CronJob": report.EventSchedule, "Job": report.EventRetry, "Pod": report.EventNever,
	}[kind]
	if event == "" {
		event = report.EventReschedule
	}
	return &work{report.Workload{
		Group: group, Kind: kind, Name: name, State: report.StateActive, Strictest: levelRestricted,
		Next: report.Next{Event: event}, Evidence: []report.Evidence{},
	}}
}

func (w *work) state(s report.State) *work { w.State = s; return w }
func (w *work) ownedBy(group, kind, name string) *work {
	w.Owner = &report.Owner{Group: group, Kind: kind, Name: name}
	return w
}

func (w *work) at(t time.Time) *work { w.Next.At = &t; return w }

func (w *work) drifts(d ...report.Drift) *work { w.Drift = d; return w }

func (w *work) template(checks ...report.Violation) *work {
	return w.evidence(report.Evidence{Source: report.EvidenceTemplate, Revision: report.RevisionCurrent}, checks)
}

// pods names them NAME-x0, NAME-x1 and so on.
func (w *work) pods(n int, checks ...report.Violation) *work {
	e := report.Evidence{Source: report.EvidencePod, Revision: report.RevisionCurrent, Count: n}
	for i := range n {
		if len(checks) > 0 {
			e.Pods = append(e.Pods, fmt.Sprintf("%s-x%d", w.Name, i))
		}
	}
	return w.evidence(e, checks)
}

// last changes the evidence added last.
func (w *work) last(change func(*report.Evidence)) *work {
	change(&w.Evidence[len(w.Evidence)-1])
	return w
}

func (w *work) evidence(e report.Evidence, checks []report.Violation) *work {
	e.Exempt = report.Exempt{By: report.ExemptNone, Source: report.SourceAssumed}
	e.Violations = append([]report.Violation{}, checks...)
	for _, v := range checks {
		if v.Level == levelBaseline {
			w.Strictest = levelPrivileged
		} else if w.Strictest == levelRestricted {
			w.Strictest = levelBaseline
		}
	}
	w.Evidence = append(w.Evidence, e)
	return w
}
