package migration

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// levels judges pods by level, at the policy version latest.
type levels struct{ evaluator *standard.Evaluator }

// of is the strictest level that a pod passes.
func (l levels) of(pod *corev1.Pod) api.Level {
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		if len(l.denials(latest(level), pod)) == 0 {
			return level
		}
	}
	return api.LevelPrivileged
}

func (l levels) denials(lv api.LevelVersion, pod *corev1.Pod) []standard.Denial {
	lv.Version = l.evaluator.EvaluatedAs(lv.Version)
	return l.evaluator.Denials(lv, &pod.ObjectMeta, &pod.Spec)
}

// recall answers for a pod what upstream's admission asks.
func (l levels) recall(pod *corev1.Pod) simulate.Recall {
	return func(lv api.LevelVersion) []policy.CheckResult { return standard.Results(l.denials(lv, pod)) }
}

func latest(level api.Level) api.LevelVersion {
	return api.LevelVersion{Level: level, Version: api.LatestVersion()}
}

// lower is the looser of two levels.
func lower(a, b api.Level) api.Level {
	if api.CompareLevels(a, b) <= 0 {
		return a
	}
	return b
}

// above is one level stricter.
func above(level api.Level) api.Level {
	if level == api.LevelPrivileged {
		return api.LevelBaseline
	}
	return api.LevelRestricted
}
