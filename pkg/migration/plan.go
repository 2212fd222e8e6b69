package migration

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The names of the steps, in their order.
const (
	StepPermissions = "permissions"
	StepHarden      = "harden"
	StepSimplify    = "simplify"
	StepAuditWarn   = "audit-warn"
	StepSoak        = "soak"
	StepEnforce     = "enforce"
	StepBypass      = "bypass"
	StepCreation    = "creation"
	StepPlugin      = "plugin-off"
	StepLeftovers   = "leftovers"
)

// PlanFacts are what a plan rests on.
type PlanFacts struct {
	// Now is the time; Soak is how long audit and warn are to stand before enforce.
	Now  time.Time
	Soak time.Duration
	// Minor is the minor of the server's release.
	Minor int
	// Check says what policies do here, and what was missing.
	Check *report.PSPCheck
	// Policies are those of the cluster, Known those that Check went by: a backup may have had them.
	Policies, Known []*psp.Policy
	Access          rbac.Objects
	// Leftovers are what of PodSecurityPolicy is in templates.
	Leftovers []psp.Leftover
	// Namespaces are those of Check as they were read, with annotations and managed fields; System is kube-system, nil
	// where it could not be read.
	Namespaces []corev1.Namespace
	System     *corev1.Namespace
	// Oldest is the oldest pod of each namespace that is not finished.
	Oldest map[string]Made
	// Plugin says whether PodSecurityPolicy still admits pods.
	Plugin report.Fact
	// Defaults are the levels of namespaces without labels; nil where they are not known, and then DefaultsWhy says why.
	Defaults    *report.Defaults
	DefaultsWhy string
	Shell       Shell
}

// step is one step of the migration.
type step struct {
	name, title string
	// of are its items: one for the cluster, or one for each namespace.
	of func(p *planner, s *step) []report.MigrationStep
	// number is its place in the list.
	number int
}

func steps() []step {
	list := []step{
		{name: StepPermissions, title: "Review who may change Pod Security labels", of: cluster((*planner).permissions)},
		{name: StepHarden, title: "Write into templates what policies write into pods", of: each((*planner).harden)},
		{name: StepSimplify, title: "Try policies without what no level can say", of: cluster((*planner).simplify)},
		{name: StepAuditWarn, title: "Audit and warn at the level to be enforced", of: each((*planner).auditWarn)},
		{name: StepSoak, title: "Wait until every pod was made under audit and warn", of: each((*planner).soak)},
		{name: StepEnforce, title: "Enforce the level", of: each((*planner).enforce)},
		{name: StepBypass, title: "Let PodSecurityPolicy admit everything", of: each((*planner).bypass)},
		{name: StepCreation, title: "Give new namespaces a level", of: cluster((*planner).creation)},
		{name: StepPlugin, title: "Turn PodSecurityPolicy off", of: cluster((*planner).pluginOff)},
		{name: StepLeftovers, title: "Remove what PodSecurityPolicy leaves behind", of: cluster((*planner).leftovers)},
	}
	for i := range list {
		list[i].number = i + 1
	}
	return list
}

// StepTitle is a step of the list, whether there is anything of it to do or not.
type StepTitle struct{ Name, Title string }

// Steps are all steps in their order.
func Steps() []StepTitle {
	var list []StepTitle
	for _, s := range steps() {
		list = append(list, StepTitle{s.name, s.title})
	}
	return list
}

// Plan is the migration as a list of steps, each with what the facts say of it. It asks nothing and changes nothing. The
// report's Server is the caller's to fill in.
func Plan(f PlanFacts) *report.MigrationPlan {
	p := &planner{PlanFacts: f, index: newIndex(&f)}
	p.Leftovers = once(append(RBACLeftovers(&p.Access), p.Leftovers...))
	r := &report.MigrationPlan{Served: f.Check.Served, Gaps: slices.Clone(f.Check.Gaps)}
	r.APIVersion, r.Kind = report.APIVersion, report.KindMigrationPlan
	if r.Gaps == nil {
		r.Gaps = []report.Gap{}
	}
	telling := false
	for i := range f.Check.Items {
		if item := &f.Check.Items[i]; item.Counted {
			sp := p.space(item)
			p.spaces = append(p.spaces, sp)
			telling = telling || sp.gone != ""
		}
	}
	if !telling {
		r.Gaps = slices.DeleteFunc(r.Gaps, isGone)
	}
	all := steps()
	for i := range all {
		r.Items = append(r.Items, all[i].of(p, &all[i])...)
	}
	return r
}

// planner is one Plan.
type planner struct {
	PlanFacts
	index  index
	spaces []*space
}

// missing says in a few words which of these resources could not be read, in the whole cluster or in the namespace;
// empty where all could. Policies that pods name and nobody knows are looked at workload by workload.
func (p *planner) missing(namespace string, resources ...string) string {
	var names []string
	for _, g := range p.gapsOf(namespace) {
		name := g.Resource
		if strings.HasSuffix(name, ".rbac.authorization.k8s.io") {
			name = "RBAC objects" // whose gaps name them one by one
		}
		if slices.Contains(resources, g.Resource) && !isGone(g) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// isGone says that policies are missing, and not the right to read them.
func isGone(g report.Gap) bool { return g.Resource == resourcePolicies && g.Reason == "notFound" }

// opened names the namespaces in which a step is still to be taken.
func (p *planner) opened(judge func(*planner, *space) verdict) []string {
	var names []string
	for _, sp := range p.spaces {
		if v := judge(p, sp); v.state == report.StepOpen || v.state == report.StepUnknown {
			names = append(names, sp.name())
		}
	}
	return names
}
