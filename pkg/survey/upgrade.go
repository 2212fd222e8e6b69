package survey

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// upgradeWorkload says what changes for a workload, and notes with each piece of evidence what the other server says.
func (s *survey) upgradeWorkload(sp *space, w *work, out *report.Workload, again bool) {
	if s.later == nil {
		return
	}
	l := s.later.spaces[sp.Name]
	up := &report.WorkloadUpgrade{Kept: true}
	for i, e := range w.evidence {
		now := out.Evidence[i].Outcome
		then := s.answerOf(s.later.admission, sp.newLabels, sp, w, e, thenOf)
		if reflect.DeepEqual(now, then) {
			continue
		}
		out.Evidence[i].Upgraded = &then
		if !w.foretells(e) {
			continue
		}
		fails := now.Pod.Allowed && !then.Pod.Allowed
		up.Blocks = up.Blocks || fails && again
		up.Change = weightier(up.Change, changeOf(&now, &then))
		changed := changedModes(&now, &then)
		for _, m := range changed {
			if !slices.Contains(up.Modes, string(m)) {
				up.Modes = append(up.Modes, string(m))
			}
			up.Causes = s.causes(up.Causes, sp, e, m)
		}
		kept := s.answerOf(s.later.admission, l.labels, sp, w, e, thenOf)
		up.Kept = up.Kept && reflect.DeepEqual(unversioned(&now), unversioned(&kept))
	}
	if up.Change != "" {
		slices.SortFunc(up.Modes, func(a, b string) int { return order(a) - order(b) })
		out.Upgrade = up
	}
}

func order(mode string) int { return slices.Index(Modes(), Mode(mode)) }

// thenOf is the judgement of the other server.
func thenOf(j *judgement) *judgement { return j.then }

func changeOf(now, then *report.Outcome) report.UpgradeChange {
	switch {
	case now.Pod.Allowed && !then.Pod.Allowed:
		return report.UpgradeFails
	case !now.Pod.Allowed && then.Pod.Allowed:
		return report.UpgradePasses
	case now.Pod.Message != then.Pod.Message:
		return report.UpgradeReworded
	default:
		return report.UpgradeTold
	}
}

func weightier(a, b report.UpgradeChange) report.UpgradeChange {
	for _, c := range []report.UpgradeChange{report.UpgradeFails, report.UpgradePasses, report.UpgradeReworded} {
		if a == c || b == c {
			return c
		}
	}
	return b
}

// changedModes are those whose answers differ. A pod that is denied gets no warning, which says nothing of warn.
func changedModes(now, then *report.Outcome) []Mode {
	var modes []Mode
	if now.Pod.Allowed != then.Pod.Allowed || now.Pod.Message != then.Pod.Message {
		modes = append(modes, Enforce)
	}
	applied := func(o *report.Outcome) report.WorkloadOutcome {
		if o.Workload == nil {
			return report.WorkloadOutcome{}
		}
		return *o.Workload
	}
	before, after := applied(now), applied(then)
	if now.Pod.Audit != then.Pod.Audit || before.Audit != after.Audit {
		modes = append(modes, Audit)
	}
	bothAllowed := now.Pod.Allowed && then.Pod.Allowed
	if bothAllowed && !slices.Equal(now.Pod.Warnings, then.Pod.Warnings) || !slices.Equal(before.Warnings, after.Warnings) {
		modes = append(modes, Warn)
	}
	return modes
}

// unversioned is an outcome whose texts name levels without their version: a pin is named where latest was, and that is
// no change.
func unversioned(o *report.Outcome) report.Outcome {
	out := report.Outcome{Pod: o.Pod}
	out.Pod.Message, out.Pod.Audit = withoutVersion(o.Pod.Message), withoutVersion(o.Pod.Audit)
	out.Pod.Warnings = withoutVersions(o.Pod.Warnings)
	if o.Workload != nil {
		out.Workload = &report.WorkloadOutcome{Audit: withoutVersion(o.Workload.Audit), Warnings: withoutVersions(o.Workload.Warnings)}
	}
	return out
}

func withoutVersions(list []string) []string {
	short := make([]string, len(list))
	for i := range list {
		short[i] = withoutVersion(list[i])
	}
	return short
}

func withoutVersion(text string) string {
	before, policy, found := strings.Cut(text, `PodSecurity "`)
	level, rest, quoted := strings.Cut(policy, `"`)
	if !found || !quoted {
		return text
	}
	level, _, _ = strings.Cut(level, ":")
	return before + level + rest
}

// upgradeSpace says what changes for a namespace; nil where nothing does.
func (s *survey) upgradeSpace(sp *space, item *report.Namespace) *report.NamespaceUpgrade {
	if s.later == nil {
		return nil
	}
	there := *s
	there.Admission, there.evaluator = s.later.admission, s.later.judge.evaluator
	l := s.later.spaces[sp.Name]
	up := &report.NamespaceUpgrade{Policy: there.policy(sp, l.policy, sp.newLabels), Kept: true}
	var modes []string
	for i := range item.Workloads {
		w := item.Workloads[i].Upgrade
		if w == nil {
			continue
		}
		count(&up.Changes, w.Change)
		up.Kept = up.Kept && w.Kept
		for _, c := range w.Causes {
			if c.Kept {
				modes = append(modes, c.Mode)
			}
			if c.Check != "" && !slices.Contains(up.Checks, c.Check) {
				up.Checks = append(up.Checks, c.Check)
			}
		}
	}
	if up.Sum() == 0 && sp.candidate == l.policy {
		return nil
	}
	slices.Sort(up.Checks)
	if up.Pins = s.pinsFor(sp, modes); up.Pins != nil {
		up.Command = pinCommand(sp, &up.Policy, up.Pins)
	}
	return up
}

func count(c *report.Changes, change report.UpgradeChange) {
	switch change {
	case report.UpgradeFails:
		c.Fails++
	case report.UpgradePasses:
		c.Passes++
	case report.UpgradeReworded, report.UpgradeTold:
		c.Other++
	}
}

// upgrade adds up what changes; nil where nobody asked.
func (s *survey) upgrade(r *report.CheckReport) *report.Upgrade {
	if s.later == nil {
		return nil
	}
	up := &report.Upgrade{
		From: s.evaluator.Latest().String(), To: s.later.judge.evaluator.Latest().String(), Exact: true,
		Verdict: report.Of(0, len(r.Gaps)),
	}
	for i := range r.Items {
		item := &r.Items[i]
		if item.Upgrade == nil {
			continue
		}
		up.Namespaces++
		up.Fails, up.Passes, up.Other = up.Fails+item.Upgrade.Fails, up.Passes+item.Upgrade.Passes, up.Other+item.Upgrade.Other
		blocks := func(w report.Workload) bool { return w.Upgrade != nil && w.Upgrade.Blocks }
		if item.Counted && slices.ContainsFunc(item.Workloads, blocks) {
			up.Verdict = report.Violates
		}
	}
	return up
}
