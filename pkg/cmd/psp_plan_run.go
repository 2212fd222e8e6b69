package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// PSPPlanOptions are what the command needs to run.
type PSPPlanOptions struct {
	pspSurveyor
	// Step keeps one step; empty keeps all. Objects says that only what it applies is printed.
	Step    string
	Objects bool
	Soak    time.Duration
	// Probe asks by dry run; nil does not.
	Probe *probe.Client
	Shell migration.Shell
	Print func(io.Writer, *report.MigrationPlan) error
}

// Run plans and prints.
func (o *PSPPlanOptions) Run(ctx context.Context) error {
	ledger := &migration.Ledger{}
	o.Through = func(source workload.Source) workload.Source {
		ledger = migration.NewLedger(source, func() int { return o.Survey.Binary })
		return ledger
	}
	v, err := o.look(ctx)
	if err != nil {
		return err
	}
	facts, err := o.facts(ctx, v, ledger)
	if err != nil {
		return err
	}
	plan := migration.Plan(*facts)
	plan.Server = v.Server
	if o.Step != "" {
		plan.Items = slices.DeleteFunc(plan.Items, func(s report.MigrationStep) bool { return s.Step != o.Step })
	}
	if err := o.refuse(facts); err != nil {
		return err
	}
	if len(v.Check.Items) == 0 {
		say(o.Streams, "No namespaces found.")
	}
	if o.Objects && !slices.ContainsFunc(plan.Items, func(s report.MigrationStep) bool { return len(s.Objects) > 0 }) {
		say(o.Streams, "Nothing to apply or delete: "+o.why(plan))
	}
	if err := o.Print(o.Streams.Out, plan); err != nil {
		return err
	}
	switch {
	case v.broken():
		return partlyError{}
	case slices.ContainsFunc(plan.Gaps, o.matters):
		return verdictError{report.Incomplete}
	}
	return nil
}

// matters says whether a gap may hide something of what is printed. But for those of policies in use, objects are made of
// policies and rights alone.
func (o *PSPPlanOptions) matters(g report.Gap) bool {
	return !o.Objects || o.Step == migration.StepSimplify || g.Resource == "podsecuritypolicies.policy" || strings.HasSuffix(g.Resource, ".rbac.authorization.k8s.io")
}

// why is what the first step says.
func (o *PSPPlanOptions) why(plan *report.MigrationPlan) string {
	if len(plan.Items) == 0 {
		return "there is no namespace"
	}
	return plan.Items[0].Why
}

// refuse hands out nothing that would stop a cluster when it is deleted.
func (o *PSPPlanOptions) refuse(f *migration.PlanFacts) error {
	if !o.Objects || o.Step != migration.StepLeftovers || !f.Check.Served || f.Plugin.Value == report.PodSecurityInactive {
		return nil
	}
	if f.Plugin.Value == report.PodSecurityActive {
		return fmt.Errorf("policies still admit pods (%s), and without them no pod would be: take step %s first", f.Plugin.Reason, migration.StepPlugin)
	}
	return fmt.Errorf("policies may still admit pods (%s), and without them no pod would be: --probe asks the server", f.Plugin.Reason)
}

// facts are what the plan rests on, beside what the check has seen.
func (o *PSPPlanOptions) facts(ctx context.Context, v *pspView, ledger *migration.Ledger) (*migration.PlanFacts, error) {
	f := &migration.PlanFacts{
		Now: time.Now(), Soak: o.Soak, Minor: o.Survey.Binary, Check: v.Check,
		Policies: v.Policies, Known: v.Policies, Access: v.Access, Shell: o.Shell,
	}
	gaps, err := o.wholeCluster(ctx, f, v.Read != nil)
	if err != nil {
		return nil, err
	}
	system, missing, err := o.Client.Namespaces(ctx, probed())
	if err != nil {
		return nil, err
	}
	for i := range system {
		if system[i].Name == kubeSystem {
			f.System = &system[i]
		}
	}
	for _, g := range append(gaps, missing...) {
		if !slices.Contains(f.Check.Gaps, report.Gap(g)) && (g.Resource != "namespaces" || g.Namespace == kubeSystem) {
			f.Check.Gaps = append(f.Check.Gaps, report.Gap(g))
		}
	}
	f.Plugin = factOf(v.Admission.PodSecurityPolicy)
	o.defaults(f, v)
	ledger.Note(f)
	if o.Probe != nil {
		o.ask(ctx, f, append(system, f.Namespaces...))
	}
	return f, ctx.Err()
}

// wholeCluster reads what a check of some namespaces, by files, or of a server without policies has left out.
func (o *PSPPlanOptions) wholeCluster(ctx context.Context, f *migration.PlanFacts, files bool) ([]workload.Gap, error) {
	var gaps []workload.Gap
	if files {
		policies, _, gap, err := o.Client.Policies(ctx)
		if err != nil {
			return nil, err
		}
		if gap != nil {
			gaps = append(gaps, *gap)
		}
		f.Policies = policies
	}
	if len(o.Source.Names) == 0 && (f.Check.Served || files) {
		return gaps, nil
	}
	access, missing, err := o.Client.Access(ctx, o.Source.ChunkSize, nil)
	f.Access = access
	return append(gaps, missing...), err
}

// kubeSystem is where what concerns the whole cluster is recorded.
const kubeSystem = "kube-system"

// probed are the namespaces that every cluster has, those first in which a dry run disturbs nobody.
func probed() []string { return []string{"kube-public", "kube-node-lease", "default", kubeSystem} }

// defaults are the levels of namespaces without labels, as far as they can be known without asking.
func (o *PSPPlanOptions) defaults(f *migration.PlanFacts, v *pspView) {
	const way = "pass --admission-config with the server's file, or --probe, which asks by dry run"
	switch {
	case o.Survey.Configured:
		d := o.Survey.Admission.Defaults()
		f.Defaults = &report.Defaults{Enforce: d.Enforce.String(), Audit: d.Audit.String(), Warn: d.Warn.String(), Source: report.SourceConfig}
	case v.Admission.Unconfigured:
		const privileged = "privileged:latest"
		f.Defaults = &report.Defaults{Enforce: privileged, Audit: privileged, Warn: privileged, Source: report.SourceProbed}
	case v.Facts.AdmissionConfig != "":
		f.DefaultsWhy = fmt.Sprintf("kube-apiserver reads %s, which no API shows: %s", v.Facts.AdmissionConfig, way)
	default:
		f.DefaultsWhy = "no API shows the levels of namespaces without labels: " + way
	}
}

// ask finds out by dry run. What it cannot find out stays as it was, with the reason.
func (o *PSPPlanOptions) ask(ctx context.Context, f *migration.PlanFacts, namespaces []corev1.Namespace) {
	bare := slices.IndexFunc(namespaces, func(ns corev1.Namespace) bool {
		return ns.DeletionTimestamp == nil && len(survey.PodSecurityLabels(ns.Labels)) == 0 && ns.Name != kubeSystem
	})
	if bare < 0 {
		f.Defaults, f.DefaultsWhy = nil, "no namespace that was read is without labels, and only such a one shows the levels: pass --admission-config"
		return
	}
	name := namespaces[bare].Name
	d := o.Probe.Defaults(ctx, name)
	if d.Enforce == "" && d.Warn == "" || d.Why != "" && !levelled(d.Enforce) && !levelled(d.Warn) {
		f.Defaults, f.DefaultsWhy = nil, fmt.Sprintf("asked in namespace %s, %s", name, d.Why)
	} else {
		f.Defaults = &report.Defaults{Enforce: d.Enforce, Warn: d.Warn, Source: report.SourceProbed}
	}
	if !f.Check.Served {
		return
	}
	switch p := o.Probe.PodSecurityPolicy(ctx, name); {
	case p.Known && p.Active:
		f.Plugin = report.Fact{Value: report.PodSecurityActive, Source: report.SourceProbed, Reason: p.Why}
	case p.Known:
		f.Plugin = report.Fact{Value: report.PodSecurityInactive, Source: report.SourceProbed, Reason: p.Why}
	case f.Plugin.Value == report.PodSecurityUnknown:
		f.Plugin.Reason += "; " + p.Why
	}
}

// levelled says whether a level asks anything of pods.
func levelled(level string) bool { return level != "" && level != "privileged:latest" }

func factOf(f cluster.Fact) report.Fact {
	return report.Fact{Value: f.Value, Source: report.Source(f.Source), Reason: f.Reason}
}
