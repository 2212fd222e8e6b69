package migration

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// item is the report on one namespace.
func (c *checker) item(ns *corev1.Namespace) report.PSPNamespace {
	current, _ := c.Admission.Policy(ns.Labels)
	item := report.PSPNamespace{
		Namespace: ns.Name, Counted: survey.Counts(ns.Name, c.Named), Policies: []string{}, Workloads: []report.PSPWorkload{},
		Current: report.PSPModes{Enforce: current.Enforce.String(), Audit: current.Audit.String(), Warn: current.Warn.String()},
	}
	strictest, patched := api.LevelRestricted, api.LevelRestricted
	for _, w := range c.fold.rooms[ns.Name].works() {
		out := c.workload(w)
		for _, p := range out.Policies {
			if !slices.Contains(item.Policies, p.Name) {
				item.Policies = append(item.Policies, p.Name)
			}
		}
		item.Workloads = append(item.Workloads, out)
		if !w.over() {
			strictest, patched = lower(strictest, now(&out)), lower(patched, after(&out))
		}
	}
	slices.Sort(item.Policies)
	blind := false // what was not read may need more
	for _, g := range c.gaps {
		if g.Namespace == "" || g.Namespace == ns.Name {
			blind = true
		}
	}
	for _, g := range slices.Concat(c.gaps, c.Gaps) {
		if g.Namespace == ns.Name {
			item.Gaps = append(item.Gaps, report.Gap(g))
		}
	}
	if len(item.Workloads) == 0 {
		blind = blind || c.blind()
		strictest = c.granted(ns.Name)
		patched = strictest
	}
	if !blind {
		item.Recommended, item.AfterPatches = modes(strictest), modes(patched)
	}
	return item
}

// granted is the level that pods need that a namespace's service accounts could make: that of the loosest policy which
// one of them may use. Where none may be used no pod can be made today either, and every level will do.
func (c *checker) granted(namespace string) api.Level {
	accounts := []string{DefaultAccount}
	for i := range c.Accounts {
		if c.Accounts[i].Namespace == namespace {
			accounts = append(accounts, c.Accounts[i].Name)
		}
	}
	level := api.LevelRestricted
	for _, account := range accounts {
		for name := range c.rights.of(namespace, account, "") {
			level = lower(level, c.policy(name).Assess().Level)
		}
	}
	return level
}

// modes enforces a level, and audits and warns one above it.
func modes(level api.Level) report.PSPModes {
	next := string(above(level))
	return report.PSPModes{Enforce: string(level), Audit: next, Warn: next}
}
