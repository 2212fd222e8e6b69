package printer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// newPlan builds a plan as the engine would: with the counts that its items add up to.
func newPlan(asked report.Asked, items ...*change) *report.LabelPlan {
	p := &report.LabelPlan{
		Time: time.Date(2026, 11, 22, 3, 30, 12, 0, time.UTC), Server: newEstate().Server, Defaults: newEstate().Defaults,
		Asked: asked, Items: []report.Planned{}, Gaps: []report.Gap{},
	}
	p.APIVersion, p.Kind = report.APIVersion, report.KindLabelPlan
	for _, c := range items {
		p.Items = append(p.Items, c.Planned)
	}
	summarise(p)
	return p
}

func summarise(p *report.LabelPlan) {
	s := report.PlanSummary{Namespaces: len(p.Items)}
	for i := range p.Items {
		n := &p.Items[i]
		s.Keep += btoi(n.Action == report.ActionKeep)
		s.Skip += btoi(n.Action == report.ActionSkip)
		if n.Action != report.ActionChange {
			continue
		}
		s.Change++
		s.Tighten += btoi(n.Direction == report.DirectionTightens || n.Direction == report.DirectionMixed)
		s.Loosen += btoi(n.Direction == report.DirectionLoosens || n.Direction == report.DirectionMixed)
		fresh, _ := distinct(n)
		s.Refused += len(fresh)
		s.RefusedNamespaces += btoi(len(fresh) > 0)
		s.Warned += len(n.Warned)
		s.Owned += btoi(n.Owned())
		s.Incomplete += btoi(incomplete(p, n))
		s.Differences += btoi(n.Answer != nil && n.Answer.Differs && n.Answer.Exact)
	}
	p.Summary = s
}

// change builds an item.
type change struct{ report.Planned }

// relabel takes labels as "enforce=baseline warn=restricted enforce-version=v1.30".
func relabel(name, before, after string) *change {
	c := &change{report.Planned{
		Namespace: name, UID: "uid-" + name, Action: report.ActionChange, Before: labelsOf(before), After: labelsOf(after),
		Refused: []report.Refused{}, LabelChange: &report.LabelChange{Allowed: true, Exact: true, Warnings: []string{}},
	}}
	from, to := policyOf(c.Before), policyOf(c.After)
	c.Current, c.Candidate = &from, &to
	way := courseOf(&c.Planned)
	switch {
	case len(way.unclear) > 0, len(way.tightens) > 0 && len(way.loosens) > 0:
		c.Direction = report.DirectionMixed
	case len(way.tightens) > 0:
		c.Direction = report.DirectionTightens
	case len(way.loosens) > 0:
		c.Direction = report.DirectionLoosens
	default:
		c.Direction = report.DirectionSame
	}
	return c
}

func labelsOf(text string) map[string]string {
	labels := map[string]string{}
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		labels["pod-security.kubernetes.io/"+key] = value
	}
	return labels
}

// policyOf is what the server makes of labels: warn without a label follows enforce.
func policyOf(labels map[string]string) report.Policy {
	of := func(levelKey, versionKey string) report.Mode {
		m := report.Mode{Level: levelPrivileged, Version: latest, EvaluatedAs: "v1.36", Source: report.SourceDefault}
		if level, ok := labels[levelKey]; ok {
			m.Level, m.Source = level, report.SourceLabel
		}
		if version, ok := labels[versionKey]; ok && version != latest {
			m.Version, m.EvaluatedAs = version, version
		}
		return m
	}
	p := report.Policy{
		Enforce: of(api.EnforceLevelLabel, api.EnforceVersionLabel), Audit: of(api.AuditLevelLabel, api.AuditVersionLabel),
		Warn: of(api.WarnLevelLabel, api.WarnVersionLabel),
	}
	if p.Warn.Source == report.SourceDefault && p.Enforce.Level != levelPrivileged {
		p.Warn = p.Enforce
		p.Warn.Source = report.SourceImplied
	}
	return p
}

// leave makes an item of a namespace that stays as it is.
func leave(action report.Action, name, reason, labels string) *change {
	c := relabel(name, labels, labels)
	c.Action, c.Reason, c.Direction, c.Candidate, c.LabelChange = action, reason, "", nil, nil
	return c
}

func (c *change) refuses(w *work, message string, checks ...string) *change {
	c.Refused = append(c.Refused, report.Refused{
		Group: w.Group, Kind: w.Kind, Name: w.Name, Message: message, Checks: checks, State: w.State, Next: w.Next,
	})
	return c
}

// already marks the refusal added last as one of today.
func (c *change) already() *change {
	c.Refused[len(c.Refused)-1].Already = true
	return c
}

func (c *change) warns(w *work, texts ...string) *change {
	c.Warned = append(c.Warned, report.Warned{Group: w.Group, Kind: w.Kind, Name: w.Name, Warnings: texts})
	return c
}

// owned gives the labels that change an owner, managed only the namespace.
func (c *change) owned(name, detail, advice string) *change {
	c.Owners = append(c.Owners, report.LabelOwner{Name: name, Detail: detail, Keys: c.ChangedKeys(), Advice: advice})
	return c
}

func (c *change) managed(name, detail string) *change {
	c.Owners = append(c.Owners, report.LabelOwner{Name: name, Detail: detail, Advice: "manages the namespace, and leaves labels alone " +
		"that its source does not name; commit them there as well, so that they survive a new namespace; -o patch prints it"})
	return c
}

func (c *change) gap(resource, reason, message string) *change {
	c.Gaps = append(c.Gaps, report.Gap{Resource: resource, Namespace: c.Namespace, Reason: reason, Message: message})
	return c
}

// foresees sets the warnings that the label change is expected to give.
func (c *change) foresees(warnings ...string) *change {
	c.LabelChange.Warnings = warnings
	return c
}

// answers is a dry run; without warnings the server says what was foreseen.
func (c *change) answers(warnings ...string) *change {
	expected := c.LabelChange.Warnings
	if warnings == nil {
		warnings = expected
	}
	c.Answer = &report.Answer{
		Allowed: true, Warnings: warnings, Expected: expected, Exact: c.LabelChange.Exact, Differs: !slices.Equal(warnings, expected),
	}
	return c
}

func (c *change) ended(outcome report.Ending, message string) *change {
	c.Result = &report.Result{Outcome: outcome, Message: message}
	return c
}

func denial(level string, reasons ...string) string {
	return fmt.Sprintf("violates PodSecurity %q: %s", level, strings.Join(reasons, ", "))
}

const (
	rootUser   = `runAsNonRoot != true (pod or container "api" must set securityContext.runAsNonRoot=true)`
	noProfile  = `seccompProfile (pod or container "api" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
	hostMount  = `hostPath volumes (volume "varlog")`
	argoAdvice = "it writes these labels back within minutes: commit the change to its source instead; -o patch prints it"
)

// onePlan has little of everything, in one namespace.
func onePlan() *report.LabelPlan {
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	c := relabel("payments", "enforce=baseline warn=baseline warn-version=v1.30", "enforce=restricted enforce-version=v1.36 warn=restricted warn-version=v1.30").
		refuses(workload("Deployment/api"), denial("restricted:v1.36", rootUser, noProfile), "runAsNonRoot", "seccompProfile_restricted").
		refuses(workload("Deployment/api"), denial("restricted:v1.36", rootUser), "runAsNonRoot").
		refuses(workload("CronJob/invoice-run").at(at), denial("restricted:v1.36", rootUser), "runAsNonRoot").
		refuses(workload("StatefulSet/ledger").state(report.StateIdle), denial("restricted:v1.36", noProfile), "seccompProfile_restricted").
		refuses(workload("Pod/debug"), denial("restricted:v1.36", noProfile), "seccompProfile_restricted").
		refuses(workload("DaemonSet/log-agent"), denial("restricted:v1.36", hostMount), "hostPathVolumes").already().
		warns(workload("Deployment/api"), "would "+strings.Replace(denial("restricted:v1.30", rootUser), "violates", "violate", 1)).
		warns(workload("Deployment/web"), "would "+strings.Replace(denial("restricted:v1.30", noProfile), "violates", "violate", 1)).
		warns(workload("CronJob/invoice-run"), "would "+strings.Replace(denial("restricted:v1.30", rootUser), "violates", "violate", 1)).
		foresees(`existing pods in namespace "payments" violate the new PodSecurity enforce level "restricted:v1.36"`,
			"api-6f7c9d4b5-2xk8p (and 3 other pods): runAsNonRoot != true, seccompProfile").
		owned("Argo CD", "application payments", argoAdvice).managed("Helm", "release shop/payments").
		gap("jobs.batch", "forbidden", `jobs.batch is forbidden: User "jane" cannot list resource "jobs" in API group "batch" in the namespace "payments"`)
	return newPlan(report.Asked{Enforce: "restricted:v1.36", Warn: "restricted"}, c)
}

// loosenPlan takes levels back.
func loosenPlan() *report.LabelPlan {
	return newPlan(
		report.Asked{Enforce: "baseline", Audit: "-", Warn: "restricted"},
		relabel("shop", "enforce=restricted enforce-version=v1.25 audit=restricted", "enforce=baseline enforce-version=v1.25 warn=restricted"),
	)
}

// versionPlan pins versions and writes labels that change nothing.
func versionPlan() *report.LabelPlan {
	return newPlan(
		report.Asked{Enforce: "baseline:v1.36"},
		relabel("pinned", "enforce=baseline", "enforce=baseline enforce-version=v1.36"),
		relabel("raised", "enforce=baseline enforce-version=v1.25", "enforce=baseline enforce-version=v1.36"),
		relabel("spoken", "", "enforce=privileged"),
	)
}

// estatePlan is a recommendation for an estate of 45 namespaces, of which 30 change.
func estatePlan() *report.LabelPlan {
	var items []*change
	for i := range 24 {
		items = append(items, relabel(fmt.Sprintf("team-%02d", i), "", "enforce=baseline enforce-version=v1.36 audit=restricted warn=restricted"))
	}
	for i := range 8 {
		c := items[i*3]
		c.refuses(workload("Deployment/api"), denial("baseline:v1.36", hostMount), "hostPathVolumes")
		if i%2 == 0 {
			c.refuses(workload("DaemonSet/node-exporter-with-a-long-name"), denial("baseline:v1.36", hostMount), "hostPathVolumes", "hostNamespaces", "hostPorts").
				refuses(workload("Deployment/old"), denial("baseline:v1.30", hostMount), "hostPathVolumes").already()
		}
	}
	for i := range 5 {
		items[i*4+1].owned("Argo CD", fmt.Sprintf("application team-%02d", i), argoAdvice)
	}
	items[2].owned("kubectl apply", "", "the next kubectl apply of its manifest writes these labels back: change the manifest too; -o patch prints it")
	items[6].owned("Helm", "release infra/ns", "the next upgrade may write these labels back: change the chart's values or templates; -o patch prints it")
	items[7].managed("Rancher Fleet", "bundle base")
	items[8].owned("namespace-operator", "field manager", "last wrote these labels; a controller of that name writes them back, a person does not").managed("Flux", "Kustomization flux-system/base")
	for i := range 6 {
		items[i*2].warns(workload("Deployment/web"), "would violate")
	}
	items[10].gap("cronjobs.batch", "forbidden", "")
	items = append(
		items,
		relabel("legacy-import", "enforce=restricted", "enforce=baseline enforce-version=v1.36 audit=restricted warn=restricted"),
		relabel("namespace-with-a-long-name", "enforce=baseline enforce-version=v1.30", "enforce=restricted enforce-version=v1.36 audit=restricted warn=restricted"),
	)
	for i := range 4 {
		items = append(items, relabel(fmt.Sprintf("zone-%d", i), "enforce=baseline warn=restricted", "enforce=baseline enforce-version=v1.36 audit=restricted warn=restricted"))
	}
	for i := range 9 {
		items = append(items, leave(report.ActionKeep, fmt.Sprintf("done-%d", i), "already so", "enforce=restricted"))
	}
	for _, name := range []string{"kube-node-lease", "kube-public", "kube-system"} {
		items = append(items, leave(report.ActionSkip, name, "a system namespace that was not named", ""))
	}
	items = append(
		items,
		leave(report.ActionSkip, "half-read", "not everything could be read", "").gap("pods", "timeout", "context deadline exceeded"),
		leave(report.ActionSkip, "going", "being deleted", ""),
		leave(report.ActionSkip, "broken", `the server refuses the change: Namespace "broken" is invalid: spec.finalizers: Required value`, ""),
	)
	return newPlan(report.Asked{Recommend: true, Pin: "v1.36"}, items...)
}

// dryRunPlan was sent to the server without being stored.
func dryRunPlan() *report.LabelPlan {
	const existing = `existing pods in namespace "%s" violate the new PodSecurity enforce level "baseline:latest"`
	sampled := relabel("huge", "", "enforce=baseline").foresees(fmt.Sprintf(existing, "huge"), "web-1 (and 4000 other pods): hostPort")
	sampled.LabelChange.Exact = false
	rejected := relabel("guarded", "", "enforce=baseline").answers()
	rejected.Answer.Allowed, rejected.Answer.Differs = false, true
	rejected.Answer.Message = `namespaces "guarded" is forbidden: ValidatingAdmissionPolicy 'labels' with binding 'labels' denied request: ask the platform team`
	swapped := relabel("swapped", "", "enforce=baseline").foresees("a: hostPort", "b: hostPort").answers("b: hostPort", "a: hostPort")
	return newPlan(
		report.Asked{Enforce: "baseline"},
		relabel("agreed", "", "enforce=baseline").foresees(fmt.Sprintf(existing, "agreed"), "web-1: hostPort").answers(),
		relabel("differing", "", "enforce=baseline").foresees(fmt.Sprintf(existing, "differing"), "web-1: hostPort", "web-2: hostPath volumes").
			answers(fmt.Sprintf(existing, "differing"), "web-1 (and 1 other pod): hostPort", "web-2: hostPath volumes"),
		rejected,
		sampled.answers(fmt.Sprintf(existing, "huge"), "web-1 (and 2999 other pods): hostPort"),
		swapped,
		relabel("quiet", "", "enforce=baseline").answers(),
	)
}

// rollbackPlan takes a run back: nothing is foreseen of it.
func rollbackPlan() *report.LabelPlan {
	blind := func(c *change) *change {
		c.Current, c.Candidate, c.LabelChange = nil, nil, nil
		return c
	}
	return newPlan(
		report.Asked{Undo: "20261122-033012-x7k2"},
		blind(relabel("shop", "enforce=restricted enforce-version=v1.36", "enforce=baseline")),
		blind(relabel("web", "enforce=restricted enforce-version=v1.36", "")),
		leave(report.ActionKeep, "batch", "this run never wrote it", ""),
		leave(report.ActionSkip, "gone", "the namespace was deleted and created anew", ""),
	)
}

// carriedOut is a plan after it was written.
func carriedOut(asked report.Asked) *report.LabelPlan {
	const forbidden = `namespaces "%s" is forbidden: User "jane" cannot patch resource "namespaces" in API group "" in the namespace "%[1]s"`
	var items []*change
	add := func(name string, outcome report.Ending, message string) *change {
		c := relabel(name, "", "enforce=baseline").ended(outcome, message)
		items = append(items, c)
		return c
	}
	for i := range 6 {
		add(fmt.Sprintf("done-%d", i), report.EndingWritten, "")
	}
	items[1].foresees("foreseen, and cut by the server").Result.Warnings = []string{"foreseen"}
	items[2].Result.Warnings = []string{`namespace "done-2" has no cost-center label`}
	items[3].Result.Warnings = []string{`namespace "done-3" has no cost-center label`}
	items[4].Planned.Result.Left = []string{api.WarnLevelLabel, api.EnforceLevelLabel}
	add("same", report.EndingAlready, "")
	add("moved-a", report.EndingMoved, "pod-security.kubernetes.io/enforce: the plan saw no label, now it is restricted\npod-security.kubernetes.io/warn: the plan saw no label, now it is restricted")
	add("moved-b", report.EndingMoved, "Deployment/web would be refused, and the plan does not say so")
	add("denied-a", report.EndingFailed, fmt.Sprintf(forbidden, "denied-a"))
	add("denied-b", report.EndingFailed, fmt.Sprintf(forbidden, "denied-b"))
	add("lost", report.EndingFailed, "the server could not be reached: connection reset by peer")
	add("deleted", report.EndingGone, "the namespace was deleted")
	add("late-1", report.EndingUntried, "")
	add("late-2", report.EndingUntried, "")
	items = append(
		items, leave(report.ActionKeep, "kept", "already so", "enforce=baseline"), leave(report.ActionSkip, "kube-system", "a system namespace that was not named", ""),
	)
	p := newPlan(asked, items...)
	p.Run = "20261122-033012-x7k2"
	return p
}

// keptPlan changes nothing.
func keptPlan(reasons ...string) *report.LabelPlan {
	var items []*change
	for i, reason := range reasons {
		items = append(items, leave(report.ActionKeep, fmt.Sprintf("ns-%d", i), reason, "enforce=baseline"))
	}
	return newPlan(report.Asked{Enforce: "baseline"}, items...)
}

// runList has a run in every state.
func runList() *report.RunList {
	at := time.Date(2026, 11, 22, 3, 30, 12, 0, time.UTC)
	l := &report.RunList{Items: []report.Run{
		{Run: "20261122-033012-x7k2", Started: at, State: report.RunActive, Context: "prod", Asked: report.Asked{Recommend: true, Pin: "v1.36"}, Namespaces: 500, Outcomes: map[report.Ending]int{report.EndingWritten: 120}},
		{Run: "20261121-170405-a1b2", Started: at.Add(-11 * time.Hour), State: report.RunDone, Context: "prod", Asked: report.Asked{Undo: "20261121-165900-zz9k"}, Namespaces: 12, Outcomes: map[report.Ending]int{report.EndingWritten: 11, report.EndingAlready: 1}},
		{Run: "20261121-165900-zz9k", Started: at.Add(-12 * time.Hour), State: report.RunPartly, Context: "prod", Asked: report.Asked{Enforce: "baseline:v1.36", Warn: "restricted"}, Namespaces: 14, Outcomes: map[report.Ending]int{report.EndingWritten: 12, report.EndingFailed: 2}, UndoneBy: []string{"20261121-170405-a1b2"}},
		{Run: "20261101-080000-q0q0", Started: at.AddDate(0, 0, -21), State: report.RunInterrupted, Context: "staging", Asked: report.Asked{Enforce: "restricted"}, Namespaces: 3},
		{Run: "20261031-080000-dead", State: report.RunDamaged, Problem: "20261031-080000-dead.jsonl:7: invalid character '}' looking for beginning of value"},
	}}
	l.APIVersion, l.Kind = report.APIVersion, report.KindRunList
	return l
}

// plans are all of them, by name.
func plans() map[string]*report.LabelPlan {
	wide := onePlan()
	wide.Gaps = []report.Gap{{Resource: "cronjobs.batch", Reason: "forbidden"}}
	return map[string]*report.LabelPlan{
		"one": onePlan(), "loosen": loosenPlan(), "version": versionPlan(), "estate": estatePlan(), "dry run": dryRunPlan(),
		"rollback": rollbackPlan(), "carried out": carriedOut(report.Asked{Enforce: "baseline"}), "kept": keptPlan("already so"),
		"kept for reasons": keptPlan("already so", "this run never wrote it"), "cluster gap": wide, "empty": newPlan(report.Asked{}),
	}
}

func planCases() []string { return slices.Sorted(maps.Keys(plans())) }
