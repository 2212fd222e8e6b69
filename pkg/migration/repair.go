package migration

import (
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// repair gives a workload the patch that writes down what its policy wrote, and judges the result.
func (c *checker) repair(out *report.PSPWorkload, w *work, findings []finding) {
	at := slices.IndexFunc(findings, func(f finding) bool { return f.policy != "" && len(f.differences) > 0 })
	if at < 0 {
		return
	}
	// The policy of the worst pods, where it is known; there may be several during a rollout.
	name := findings[at].policy
	if out.Trap != nil {
		name = out.Trap.Policy
	}
	p := c.policy(name)
	if p == nil {
		return
	}
	after, errs := c.admit(p, w.top)
	if len(errs) > 0 {
		return // it would not admit today's template: what it wrote is past
	}
	hardened := psp.Harden(w.top.Template, after)
	patch, undo, err := psp.Patches(w.Ref, w.top.Template, hardened)
	if err != nil || len(patch) == 0 {
		return
	}
	patched := *w.top
	patched.Template = hardened
	level := c.levels.of(c.podOf(&patched))
	out.Patch, out.Undo, out.Patched, out.Fixed = patch, undo, string(level), psp.Fixed(w.Ref)
	if out.Trap != nil && out.Fixed == "" {
		enforced, _, _ := strings.Cut(out.Trap.Enforce, ":")
		out.Trap.Repaired = api.CompareLevels(level, api.Level(enforced)) >= 0
	}
}

// after is the level of a workload's next pods once its patch is in.
func after(w *report.PSPWorkload) api.Level {
	if w.Patched == "" || w.Fixed != "" {
		return now(w)
	}
	return lower(api.Level(w.Patched), api.Level(w.WithPolicy)) // what a webhook puts in stays
}

// now is the level that a workload's pods pass with and without policies.
func now(w *report.PSPWorkload) api.Level {
	return lower(api.Level(w.WithPolicy), api.Level(w.Without))
}
