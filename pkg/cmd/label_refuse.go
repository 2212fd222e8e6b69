package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The words in which a journal keeps the allowances of a run.
const (
	allowViolations = "violations"
	allowGaps       = "gaps"
	allowConflicts  = "conflicts"
)

// words are the allowances for a journal.
func (a allowances) words() []string {
	var words []string
	for _, w := range []struct {
		word  string
		given bool
	}{{allowViolations, a.violations}, {allowGaps, a.gaps}, {allowConflicts, a.conflicts}} {
		if w.given {
			words = append(words, w.word)
		}
	}
	return words
}

// add takes over the allowances of an interrupted run.
func (a *allowances) add(words []string) {
	a.violations = a.violations || slices.Contains(words, allowViolations)
	a.gaps = a.gaps || slices.Contains(words, allowGaps)
	a.conflicts = a.conflicts || slices.Contains(words, allowConflicts)
}

// refusedError says why a plan is not carried out.
type refusedError struct {
	verdict report.Verdict // empty where it is an error like any other
	text    string
	hint    string
	dryRun  bool
}

func (e refusedError) Error() string { return e.text }

// nothing says what that means.
func (e refusedError) nothing() string {
	if e.dryRun {
		return "without --dry-run this would be refused, and nothing written"
	}
	return "nothing was written"
}

// check says why a plan may not be carried out as it is; nil where it may.
func (a allowances) check(p *report.LabelPlan, dryRun bool) error {
	s := &p.Summary
	var reasons []error
	refuse := func(verdict report.Verdict, text, hint string) {
		reasons = append(reasons, refusedError{verdict, text, hint, dryRun})
	}
	if s.Refused > 0 && !a.violations {
		where := these(p, func(item *report.Planned) bool { return len(item.NewlyRefused()) > 0 })
		refuse(
			report.Violates,
			fmt.Sprintf("the next pods of %s would be refused, in %s", count(s.Refused, "workload"), where),
			"pass --allow-violations to write all the same, or --recommend to raise each namespace only as far as nothing is refused",
		)
	}
	if s.Incomplete > 0 && !a.gaps {
		where := these(p, func(item *report.Planned) bool {
			return len(item.Gaps) > 0 || slices.ContainsFunc(p.Gaps, func(g report.Gap) bool { return g.Namespace == "" })
		})
		refuse(
			report.Incomplete,
			fmt.Sprintf("not everything could be read, in %s", where),
			"pass --allow-gaps to write all the same, or get the rights that the plan names",
		)
	}
	if s.Owned > 0 && !a.conflicts {
		refuse(
			"",
			fmt.Sprintf("somebody else sets these labels, in %s", these(p, (*report.Planned).Owned)),
			"change them at their source (-o patch prints what to commit), or pass --force-conflicts to write all the same",
		)
	}
	return errors.Join(reasons...)
}

// dryRun is the answer of a dry run: that of the run that would write, ownership aside.
func (a allowances) dryRun(p *report.LabelPlan) error {
	a.conflicts = true
	if err := a.check(p, true); err != nil {
		return err
	}
	return leftOver(p)
}

// leftOver is what remains to be said of a plan when all that it changes is done.
func leftOver(p *report.LabelPlan) error {
	for i := range p.Items {
		if r := p.Items[i].Result; r != nil && r.Outcome != report.EndingWritten && r.Outcome != report.EndingAlready {
			return partlyError{}
		}
	}
	if p.Asked.Undo != "" && slices.ContainsFunc(p.Items, notRestored) {
		return partlyError{}
	}
	if p.Asked.Recommend && len(p.Gaps) > 0 {
		return verdictError{report.Incomplete}
	}
	return nil
}

// notRestored says that a rollback leaves something of a namespace as the run, or somebody since, has made it.
func notRestored(item report.Planned) bool {
	return item.Action == report.ActionSkip || len(item.Left) > 0
}

// these names the first namespaces to be changed that something is true of.
func these(p *report.LabelPlan, of func(*report.Planned) bool) string {
	const most = 5
	var names []string
	for i := range p.Items {
		if item := &p.Items[i]; item.Action == report.ActionChange && of(item) {
			names = append(names, item.Namespace)
		}
	}
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
