//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// fewestAnswers is how many answers the estate is good for, and fewestWarned how many of them warn of pods; fewer mean
// that something was not asked.
const fewestAnswers, fewestWarned = 350, 100

// proposals are every level and version that is tried on the estate, changes of what only tells, and removals.
func proposals() []modes {
	list := []modes{
		{enforce: "-"},
		{enforce: "privileged"},
		{enforce: "restricted"},
		{audit: restricted, warn: "baseline:v1.30"},
		all("-"),
		{enforce: "restricted:v1.24", audit: "-", warn: "privileged"},
	}
	for _, level := range []string{"baseline", "restricted"} {
		for _, version := range []string{"latest", "v1.24", "v1.30"} {
			list = append(list, modes{enforce: level + ":" + version})
		}
	}
	return list
}

// TestLabelAnswers dry-runs every proposal on every namespace of the estate: the server's answer has to be the one
// foreseen, also when it is asked without the plugin.
func TestLabelAnswers(t *testing.T) {
	t.Parallel()
	s := estate(t)
	a := newAdmin(t, s.Kubeconfig)
	k := s.takeStock(t)
	// Those that a selector finds are read by lists of the whole cluster, the others by lists of their own.
	others := []string{"kube-system", "kube-public", "kube-node-lease", "claims"}
	teams := slices.DeleteFunc(slices.Clone(k.namespaces), func(ns string) bool { return slices.Contains(others, ns) })
	all, warned := 0, 0
	for _, m := range proposals() {
		warned += warnedOf(s.foretold(t, a, m, teams, "-l", "team,!"+crowdLabel))
		warned += warnedOf(s.foretold(t, a, m, others, others...))
		all += len(teams) + len(others)
	}
	t.Logf("%d answers were the ones foreseen, %d of them warned", all, warned)
	if all < fewestAnswers || warned < fewestWarned {
		t.Errorf("only %d answers were compared, and %d of them warned", all, warned)
	}
}

// foretold dry-runs a proposal on namespaces, holds what is said of those that are meant against the server, and
// returns it.
func (s *server) foretold(t *testing.T, a *admin, m modes, meant []string, names ...string) []report.Planned {
	t.Helper()
	p := s.dryRun(t, a, m, names...)
	items := slices.DeleteFunc(p.Items, func(item report.Planned) bool { return !slices.Contains(meant, item.Namespace) })
	for i := range items {
		if s.answered(t, &items[i], m) != "" {
			s.answeredAgain(t, a, items[i].Namespace, m)
		}
	}
	if len(items) != len(meant) {
		t.Errorf("of %v only %d are in the plan", meant, len(items))
	}
	return items
}

// warnedOf is how many namespaces the server warned about.
func warnedOf(items []report.Planned) int {
	count := 0
	for i := range items {
		if a := items[i].Answer; a != nil && len(a.Warnings) > 0 {
			count++
		}
	}
	return count
}

// dryRun is the plan of a proposal with the server's answers.
func (s *server) dryRun(t *testing.T, a *admin, m modes, names ...string) *report.LabelPlan {
	t.Helper()
	args := slices.Concat([]string{"label", "ns"}, names, m.flags(), s.flags, []string{"--dry-run=server", "--allow-violations"})
	return decodePlan(t, a.pss(t, append(args, "-o", "json")...).stdout)
}

// answered says in what the server's answer about a namespace is another one than was foreseen; empty where it is not.
func (s *server) answered(t *testing.T, item *report.Planned, m modes) string {
	t.Helper()
	compared.Add(1)
	own := s.dryLabel(t.Context(), item.Namespace, m.patch())
	real := verdict{Allowed: own.err == nil, Message: own.message(), Warnings: own.warnings}
	switch {
	case item.Action == report.ActionKeep:
		return cmp.Diff(verdict{Allowed: true}, real)
	case item.Answer == nil || item.LabelChange == nil:
		return fmt.Sprintf("nothing was foreseen, or not answered: %+v", item)
	case item.Answer.Differs || !item.Answer.Exact || !item.Answer.Allowed:
		return fmt.Sprintf("the plan says so itself: %+v", item.Answer)
	default:
		foreseen := simulate.Delivered(item.LabelChange.Warnings)
		return cmp.Diff(verdict{Allowed: true, Warnings: orNil(foreseen)}, real) + cmp.Diff(foreseen, item.Answer.Warnings)
	}
}

// answeredAgain asks about one namespace until the answers agree: CronJobs run whenever it is time, between two requests
// as well, and of pods the server hears some moments later.
func (s *server) answeredAgain(t *testing.T, a *admin, namespace string, m modes) {
	t.Helper()
	difference := ""
	for end := time.Now().Add(hearsay); time.Now().Before(end); {
		if difference = s.answered(t, &s.dryRun(t, a, m, namespace).Items[0], m); difference == "" {
			return
		}
	}
	t.Errorf("%s to %+v: the answer foreseen (-) and the server's (+) differ:\n%s", namespace, m, difference)
}

// guessed holds that what depends on chance is called so, and no difference: of more than 3,000 pods the server looks
// at 3,000 that it picks.
func (s *server) guessed(t *testing.T, namespace string) {
	t.Helper()
	p := s.dryRun(t, newAdmin(t, s.Kubeconfig), modes{enforce: baseline}, namespace)
	answer := p.Items[0].Answer
	if answer == nil || answer.Exact || p.Items[0].LabelChange.Exact || p.Summary.Differences != 0 {
		t.Errorf("of %s, where the server guesses, the plan says %+v, in all %+v", namespace, answer, p.Summary)
	}
}
