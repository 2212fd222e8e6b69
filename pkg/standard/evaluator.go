// Package standard is the Pod Security Standards as one particular API server applies them: levels, versions,
// checks by ID, and where in a pod a denial stands. Verdicts and texts are upstream's own
// (k8s.io/pod-security-admission); this package only adds the check IDs that upstream's results lack. Pure.
package standard

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Denial is one check that denies a pod, in upstream's words.
type Denial struct {
	Check          policy.CheckID
	Reason, Detail string
}

// Result is the denial as upstream's aggregation takes it.
func (d Denial) Result() policy.CheckResult {
	return policy.CheckResult{ForbiddenReason: d.Reason, ForbiddenDetail: d.Detail}
}

// Evaluator judges pods as a server of one minor does. It is safe for concurrent use.
type Evaluator struct {
	upstream policy.Evaluator
	levels   map[policy.CheckID]api.Level
	latest   api.Version
	server   int
}

// idSeparator parts the check ID from the reason inside a wrapped result; no upstream text holds it.
const idSeparator = "\x00"

// NewEvaluator returns the evaluator of a server of a minor that emulates none but its own.
func NewEvaluator(minor int) (*Evaluator, error) { return NewEmulatingEvaluator(minor, minor) }

// NewEmulatingEvaluator returns the evaluator of a server of one minor whose policy version "latest" means another:
// EffectiveMinor tells which.
func NewEmulatingEvaluator(server, minor int) (*Evaluator, error) {
	latest := api.MajorMinorVersion(1, minor)
	checks := policy.DefaultChecks()
	levels := make(map[policy.CheckID]api.Level, len(checks))
	for i := range checks {
		levels[checks[i].ID] = checks[i].Level
		asOf(server, &checks[i])
		label(&checks[i])
	}
	upstream, err := policy.NewEvaluator(checks, &latest)
	if err != nil {
		return nil, fmt.Errorf("building the checks of v1.%d: %w", minor, err)
	}
	return &Evaluator{upstream: upstream, levels: levels, latest: latest, server: server}, nil
}

// label makes every denial of a check carry the check's ID in front of its reason, so that upstream stays the
// one who picks revisions, overrides and order.
func label(check *policy.Check) {
	id := string(check.ID)
	wrap(check, func(run policy.CheckPodFn) policy.CheckPodFn {
		return func(m *metav1.ObjectMeta, s *corev1.PodSpec) policy.CheckResult {
			result := run(m, s)
			if !result.Allowed {
				result.ForbiddenReason = id + idSeparator + result.ForbiddenReason
			}
			return result
		}
	})
}

// Denials returns the checks that deny the pod under a level and version, in the server's order; none for an
// allowed pod.
func (e *Evaluator) Denials(lv api.LevelVersion, m *metav1.ObjectMeta, s *corev1.PodSpec) []Denial {
	var denials []Denial
	for _, r := range e.upstream.EvaluatePod(lv, m, s) {
		if r.Allowed {
			continue
		}
		id, reason, _ := strings.Cut(r.ForbiddenReason, idSeparator)
		denials = append(denials, Denial{Check: policy.CheckID(id), Reason: reason, Detail: r.ForbiddenDetail})
	}
	return denials
}

// EvaluatePod makes the evaluator upstream's own interface: denials only, which is all that upstream reads.
func (e *Evaluator) EvaluatePod(lv api.LevelVersion, m *metav1.ObjectMeta, s *corev1.PodSpec) []policy.CheckResult {
	return Results(e.Denials(lv, m, s))
}

// Results are the denials as upstream's aggregation takes them.
func Results(denials []Denial) []policy.CheckResult {
	if len(denials) == 0 {
		return nil
	}
	results := make([]policy.CheckResult, len(denials))
	for i, d := range denials {
		results[i] = d.Result()
	}
	return results
}

// EvaluatedAs is the version that the server makes of a version: its own for latest and for anything newer.
func (e *Evaluator) EvaluatedAs(v api.Version) api.Version {
	if e.latest.Older(v) {
		return e.latest
	}
	return v
}

// Latest is the version that latest stands for.
func (e *Evaluator) Latest() api.Version { return e.latest }

// LevelOf is the level that a check belongs to.
func (e *Evaluator) LevelOf(check policy.CheckID) api.Level { return e.levels[check] }
