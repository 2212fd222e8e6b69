package relabel

import (
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// direction compares two policies mode by mode.
func direction(from, to *report.Policy) report.Direction {
	tighter, looser, other := false, false, false
	for _, m := range [][2]*report.Mode{{&from.Enforce, &to.Enforce}, {&from.Audit, &to.Audit}, {&from.Warn, &to.Warn}} {
		switch order := api.CompareLevels(api.Level(m[1].Level), api.Level(m[0].Level)); {
		case order > 0:
			tighter = true
		case order < 0:
			looser = true
		// A later version forbids more in one place and allows more in another.
		case m[0].EvaluatedAs != m[1].EvaluatedAs && m[0].Level != string(api.LevelPrivileged):
			other = true
		}
	}
	switch {
	case other, tighter && looser:
		return report.DirectionMixed
	case tighter:
		return report.DirectionTightens
	case looser:
		return report.DirectionLoosens
	default:
		return report.DirectionSame
	}
}

// Direct fills in the directions of a plan that was made without a survey, and adds it up.
func Direct(p *report.LabelPlan) {
	defaults := api.Policy{}
	for _, d := range []struct {
		text string
		of   *api.LevelVersion
	}{{p.Defaults.Enforce, &defaults.Enforce}, {p.Defaults.Audit, &defaults.Audit}, {p.Defaults.Warn, &defaults.Warn}} {
		*d.of = api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
		level, version, _ := strings.Cut(d.text, ":")
		if l, err := api.ParseLevel(level); err == nil {
			d.of.Level = l
		}
		if v, err := api.ParseVersion(version); err == nil {
			d.of.Version = v
		}
	}
	for i := range p.Items {
		if item := &p.Items[i]; item.Action == report.ActionChange {
			from, _ := api.PolicyToEvaluate(item.Before, defaults)
			to, _ := api.PolicyToEvaluate(item.After, defaults)
			item.Direction = direction(modesOf(from), modesOf(to))
		}
	}
	Summarise(p)
}

func modesOf(p api.Policy) *report.Policy {
	mode := func(lv api.LevelVersion) report.Mode {
		return report.Mode{Level: string(lv.Level), Version: lv.Version.String(), EvaluatedAs: lv.Version.String()}
	}
	return &report.Policy{Enforce: mode(p.Enforce), Audit: mode(p.Audit), Warn: mode(p.Warn)}
}
