package survey

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// pins are the version labels that keep each mode at the version that it is evaluated as now. An older server knows no
// version of ours that it is not at already.
func (s *survey) pins(sp *space) map[string]string {
	pins := map[string]string{}
	if s.later.minor <= s.Minor {
		return pins
	}
	for _, m := range Modes() {
		lv := m.of(sp.candidate)
		moves := lv.Level != api.LevelPrivileged && s.evaluator.EvaluatedAs(lv.Version) == s.evaluator.Latest()
		if moves && lv.Version != s.evaluator.Latest() && !s.follows(m, sp) {
			pins[m.VersionLabel()] = s.evaluator.Latest().String()
		}
	}
	return pins
}

// follows says whether a mode has no version of its own: warn, where enforce implies it.
func (s *survey) follows(m Mode, sp *space) bool {
	if m != Warn || m.of(sp.candidate).Level == s.Admission.Defaults().Warn.Level {
		return false
	}
	_, level := sp.newLabels[m.LevelLabel()]
	_, version := sp.newLabels[m.VersionLabel()]
	return !level && !version
}

func pinned(labels, pins map[string]string) map[string]string {
	with := make(map[string]string, len(labels)+len(pins))
	maps.Copy(with, labels)
	maps.Copy(with, pins)
	return with
}

// pinsFor are those of the pins that modes need. Where no pin would change anything, none is offered.
func (s *survey) pinsFor(sp *space, modes []string) map[string]string {
	all, needed := s.later.spaces[sp.Name].pins, map[string]string{}
	for _, m := range Modes() {
		if !slices.Contains(modes, string(m)) {
			continue
		}
		if s.follows(m, sp) {
			m = Enforce
		}
		if version, ok := all[m.VersionLabel()]; ok {
			needed[m.VersionLabel()] = version
		}
	}
	if len(needed) == 0 {
		return nil
	}
	return needed
}

// pinCommand writes pins. Where a level is the server's default, a label for it would say more than was meant: it would
// stay when the default changes, and imply a warning.
func pinCommand(sp *space, policy *report.Policy, pins map[string]string) string {
	own, plain := []string{"kubectl pss label ns", sp.Name}, []string{"kubectl label ns", sp.Name, "--overwrite"}
	levels := true
	for _, m := range Modes() {
		version, ok := pins[m.VersionLabel()]
		if !ok {
			continue
		}
		mode := map[Mode]report.Mode{Enforce: policy.Enforce, Audit: policy.Audit, Warn: policy.Warn}[m]
		levels = levels && mode.Source == report.SourceLabel
		own = append(own, fmt.Sprintf("--%s=%s:%s", m, mode.Level, version))
		plain = append(plain, m.VersionLabel()+"="+version)
	}
	if levels {
		return strings.Join(own, " ")
	}
	return strings.Join(plain, " ")
}
