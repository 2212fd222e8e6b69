package survey

import (
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// resourceNamespaces is the resource of a gap that leaves a namespace's labels open.
const resourceNamespaces = "namespaces"

// item is the report on one namespace.
func (s *survey) item(sp *space) report.Namespace {
	room := s.fold.rooms[sp.Name]
	item := report.Namespace{
		Namespace:   sp.Name,
		Counted:     Counts(sp.Name, s.Named),
		LabelErrors: sp.labelErrors,
		Exempt:      report.Exempt{By: report.ExemptNone, Source: s.namespaceSource(sp.Name)},
		Pods:        report.Pods{Total: room.pods, Finished: room.finished},
		Workloads:   []report.Workload{},
	}
	if s.Admission.ExemptNamespace(sp.Name) {
		item.Exempt.By = report.ExemptNamespace
	}
	var missing []string
	for _, g := range s.gaps {
		if g.Namespace != "" && g.Namespace != sp.Name {
			continue
		}
		missing = append(missing, g.Resource)
		if g.Namespace != "" {
			item.Gaps = append(item.Gaps, report.Gap(g))
		}
	}
	sp.unread = slices.Contains(missing, resourceNamespaces)
	item.Current = s.policy(sp, sp.current, sp.Labels)
	works := s.works(room)
	if s.Recommend != nil {
		s.recommend(sp, works, missing)
	}
	if s.proposing() {
		candidate := s.policy(sp, sp.candidate, sp.newLabels)
		item.Candidate = &candidate
		if s.Only == nil && s.files == nil { // the server's answer is about all pods that run in the namespace
			item.LabelChange = s.labelChange(sp, room, slices.Contains(missing, "pods"))
		}
	}
	blocking := 0
	for _, w := range s.workloads(sp, works) {
		if w.Blocks {
			blocking++
		}
		item.Workloads = append(item.Workloads, w)
	}
	item.Strictest = strictestOf(item.Workloads)
	item.Strictest.Complete = len(missing) == 0
	if s.Only == nil && s.files == nil { // else workloads may be there that nobody looked at
		item.Split = split(&item, works)
	}
	item.Verdict = report.Of(blocking, len(missing))
	item.Upgrade = s.upgradeSpace(sp, &item)
	if s.Beyond != nil {
		item.Beyond = countBroken(item.Workloads)
	}
	return item
}

func (s *survey) labelChange(sp *space, r *room, podGap bool) *report.LabelChange {
	answer := s.Admission.ChangeLabels(sp.Name, sp.Labels, sp.newLabels, r.skeletons)
	warnings := answer.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	return &report.LabelChange{
		Allowed: answer.Allowed, Message: answer.Message, Warnings: warnings,
		Exact: answer.Exact && !(podGap && r.keep),
	}
}

func (s *survey) policy(sp *space, p api.Policy, labels map[string]string) report.Policy {
	return report.Policy{
		Enforce: s.mode(sp, Enforce, p, labels),
		Audit:   s.mode(sp, Audit, p, labels),
		Warn:    s.mode(sp, Warn, p, labels),
	}
}

func (s *survey) mode(sp *space, m Mode, p api.Policy, labels map[string]string) report.Mode {
	lv := m.of(p)
	mode := report.Mode{
		Level: string(lv.Level), Version: lv.Version.String(),
		EvaluatedAs: s.evaluator.EvaluatedAs(lv.Version).String(),
		Source:      s.source(m, lv, labels),
	}
	if sp.unread && mode.Source != report.SourceLabel && mode.Source != report.SourceInvalid {
		mode.Source = report.SourceAssumed // there may be a label
	}
	return mode
}

// source says where a mode's level comes from.
func (s *survey) source(m Mode, lv api.LevelVersion, labels map[string]string) report.Source {
	value, labelled := labels[m.LevelLabel()]
	version, versioned := labels[m.VersionLabel()]
	_, levelErr := api.ParseLevel(value)
	_, versionErr := api.ParseVersion(version)
	switch {
	case labelled && levelErr != nil, versioned && versionErr != nil:
		return report.SourceInvalid
	case labelled:
		return report.SourceLabel
	case m == Warn && lv.Level != s.Admission.Defaults().Warn.Level:
		// Without a label of its own, warn differs from the default only where enforce implies it.
		return report.SourceImplied
	default:
		return report.SourceDefault
	}
}

// strictestOf is the strictest level at latest that none of the workloads violates, finished ones aside, and how
// many stand in the way of each level.
func strictestOf(workloads []report.Workload) report.Strictest {
	s := report.Strictest{Level: string(api.LevelRestricted), Version: api.LatestVersion().String()}
	for i := range workloads {
		if !inTheWay(&workloads[i]) {
			continue
		}
		switch api.Level(workloads[i].Strictest) {
		case api.LevelPrivileged:
			s.Blocking.Baseline++
			s.Blocking.Restricted++
		case api.LevelBaseline:
			s.Blocking.Restricted++
		case api.LevelRestricted:
		}
	}
	switch {
	case s.Blocking.Baseline > 0:
		s.Level = string(api.LevelPrivileged)
	case s.Blocking.Restricted > 0:
		s.Level = string(api.LevelBaseline)
	}
	return s
}

// inTheWay says whether a workload's violations count against a level: what is over or going does not.
func inTheWay(w *report.Workload) bool {
	return w.State != report.StateFinished && w.State != report.StateTerminating
}

// violations lists what every policy judged denies, in the server's order.
func violations(j *judgement) []report.Violation {
	list := []report.Violation{}
	for i, lv := range j.panel.policies {
		f := &j.found[i]
		for k, d := range f.denials {
			list = append(list, report.Violation{
				Check: string(d.Check), Level: string(lv.Level), Version: lv.Version.String(),
				Reason: d.Reason, Detail: d.Detail, Fields: fields(f.fields[k]),
			})
		}
	}
	return list
}

func fields(located []standard.Field) []report.Field {
	list := make([]report.Field, 0, len(located))
	for _, f := range located {
		list = append(list, report.Field{Path: f.Path, Container: f.Container, Value: f.Value, Exposes: standard.Exposes(f)})
	}
	return list
}
