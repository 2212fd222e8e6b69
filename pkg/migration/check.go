// Package migration is the way from PodSecurityPolicy to Pod Security: what policies do for workloads, what becomes of
// these without, and the steps that are left. It takes a source as the survey does and ends in a report. Pure.
package migration

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// CheckOptions are what a check needs to know beside its source.
type CheckOptions struct {
	// Minor is what "latest" means on the server, Binary the minor of its own release; 0 means Minor.
	Minor, Binary int
	// Admission is the server's Pod Security admission, with its defaults and exemptions.
	Admission *simulate.Admission
	// Named are the namespaces named on the command line: system namespaces among them count.
	Named []string
	// Served says that the cluster has the PodSecurityPolicy API. Policies may come from files all the same.
	Served bool
	// Off says that the plug-in is off all the same: no policy admits a pod any more, nor refuses one.
	Off      bool
	Policies []*psp.Policy
	// Access says who may use them, Accounts are the service accounts of the namespaces.
	Access   rbac.Objects
	Accounts []types.NamespacedName
	// Gaps are what could not be read of policies, access and accounts.
	Gaps []workload.Gap
}

// checker is one Check.
type checker struct {
	CheckOptions
	levels levels
	rights *rights
	fold   *fold
	spaces []corev1.Namespace
	gaps   []workload.Gap
	// unknown are policies that pods name and nobody knows.
	unknown map[string]bool
}

// Check says what policies do for the workloads of a source, and what becomes of these without. The report's Server is
// the caller's to fill in. An error means that there is no answer; what merely could not be read is a gap in the report.
func Check(ctx context.Context, source workload.Source, o CheckOptions) (*report.PSPCheck, error) {
	if o.Binary == 0 {
		o.Binary = o.Minor
	}
	evaluator, err := standard.NewEmulatingEvaluator(o.Binary, o.Minor)
	if err != nil {
		return nil, err
	}
	o.Admission = o.Admission.ForServer(o.Binary)
	o.Policies = slices.Clone(o.Policies)
	slices.SortFunc(o.Policies, func(a, b *psp.Policy) int { return cmp.Compare(a.Name, b.Name) })
	c := &checker{CheckOptions: o, levels: levels{evaluator}, unknown: map[string]bool{}}
	c.rights = newRights(o.Access, o.Policies)
	c.fold = newFold(c.levels)
	if c.spaces, err = source.Namespaces(ctx); err != nil {
		return nil, err
	}
	for i := range c.spaces {
		c.fold.open(c.spaces[i].Name)
	}
	if c.gaps, err = source.Read(ctx, c.spaces, c.fold); err != nil {
		return nil, err
	}
	return c.report(ctx)
}

func (c *checker) report(ctx context.Context) (*report.PSPCheck, error) {
	r := &report.PSPCheck{Served: c.Served, Items: make([]report.PSPNamespace, 0, len(c.spaces)), Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindPSPCheck
	slices.SortFunc(c.spaces, func(a, b corev1.Namespace) int { return cmp.Compare(a.Name, b.Name) })
	for i := range c.spaces {
		if err := ctx.Err(); err != nil {
			return nil, err // nothing that looks like a whole answer
		}
		r.Items = append(r.Items, c.item(&c.spaces[i]))
	}
	for _, g := range append(append(c.gaps, c.Gaps...), c.unknownPolicies()...) {
		r.Gaps = append(r.Gaps, report.Gap(g))
	}
	slices.SortFunc(r.Gaps, func(a, b report.Gap) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Message, b.Message))
	})
	r.Gaps = slices.Compact(r.Gaps)
	summarise(r)
	return r, nil
}

// unknownPolicies are a gap: whether they wrote anything, and what, cannot be told.
func (c *checker) unknownPolicies() []workload.Gap {
	if len(c.unknown) == 0 || slices.ContainsFunc(c.Gaps, func(g workload.Gap) bool { return g.Resource == resourcePolicies }) {
		return nil // which says as much
	}
	return []workload.Gap{{
		Resource: resourcePolicies, Reason: "notFound",
		Message: "pods were admitted by policies that are not there: " + strings.Join(slices.Sorted(maps.Keys(c.unknown)), ", "),
	}}
}

// resourcePolicies is how gaps name policies.
const resourcePolicies = "podsecuritypolicies.policy"

func summarise(r *report.PSPCheck) {
	s := &r.Summary
	counted := 0
	for i := range r.Items {
		item := &r.Items[i]
		s.Namespaces++
		s.Workloads += len(item.Workloads)
		for k := range item.Workloads {
			w := &item.Workloads[k]
			if w.Trap == nil {
				continue
			}
			s.Trapped++
			if item.Counted {
				counted++
			}
			if w.Trap.Repaired {
				s.Repaired++
			}
		}
	}
	s.Verdict = report.Of(counted, len(r.Gaps))
}
