package survey

import (
	"maps"
	"slices"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// causes adds the checks for which a mode's answer to evidence changes.
func (s *survey) causes(list []report.UpgradeCause, sp *space, e *evidence, m Mode) []report.UpgradeCause {
	l := s.later.spaces[sp.Name]
	now, then, kept := m.of(sp.candidate), m.of(l.policy), m.of(l.pinned)
	if now.Level != then.Level {
		return withCause(list, report.UpgradeCause{Mode: string(m), How: report.CauseImplied})
	}
	judged := []*judgement{e.finding}
	if e.stored != nil && m != Enforce {
		judged = append(judged, e.stored)
	}
	for _, j := range judged {
		before, after, pinned := texts(j.under(now)), texts(j.then.under(then)), texts(j.then.under(kept))
		for _, check := range slices.Sorted(maps.Keys(merged(before, after))) {
			if before[check] == after[check] {
				continue
			}
			list = withCause(list, report.UpgradeCause{
				Check: check, Mode: string(m), How: howOf(before[check], after[check]), Kept: pinned[check] == before[check],
			})
		}
	}
	return list
}

// withCause adds a cause once.
func withCause(list []report.UpgradeCause, c report.UpgradeCause) []report.UpgradeCause {
	if slices.Contains(list, c) {
		return list
	}
	return append(list, c)
}

func howOf(before, after string) report.CauseChange {
	switch {
	case before == "":
		return report.CauseDenies
	case after == "":
		return report.CauseAllows
	default:
		return report.CauseReworded
	}
}

// texts are what is denied, by check.
func texts(f *finding) map[string]string {
	all := map[string]string{}
	for _, d := range f.denials {
		all[string(d.Check)] = d.Reason + "\x00" + d.Detail
	}
	return all
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
