package survey

import (
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Recommend proposes for each namespace the strictest level that nothing in it violates to be enforced, and audit and
// warn one step above. It never loosens a mode, leaves a mode alone that already has its level, and proposes nothing
// where something could not be read.
type Recommend struct {
	// Pin is the version written for enforce, so that an upgrade of the server refuses nothing new. Audit and warn
	// are at latest, where an upgrade tells.
	Pin api.Version
}

// policies are those that a recommendation may have to know about, beside baseline and restricted at latest.
func (r *Recommend) policies() []api.LevelVersion {
	return []api.LevelVersion{
		{Level: api.LevelBaseline, Version: r.Pin},
		{Level: api.LevelRestricted, Version: r.Pin},
	}
}

// labels are a namespace's labels as recommended, where strictest is what nothing violates at the pinned version.
func (r *Recommend) labels(labels map[string]string, now api.Policy, strictest api.Level) map[string]string {
	c := Candidate{}
	enforce := now.Enforce.Level
	if api.CompareLevels(strictest, enforce) > 0 {
		enforce = strictest
		c[Enforce] = Edit{Level: strictest, Version: r.Pin.String()}
	}
	above := oneAbove(enforce)
	for _, m := range []Mode{Audit, Warn} {
		if api.CompareLevels(above, m.of(now).Level) > 0 {
			c[m] = Edit{Level: above, Version: api.LatestVersion().String()}
		}
	}
	return c.Apply(labels)
}

func oneAbove(level api.Level) api.Level {
	if level == api.LevelPrivileged {
		return api.LevelBaseline
	}
	return api.LevelRestricted
}

// recommend decides for a namespace once everything of it is known. missing are the resources that could not be read.
func (s *survey) recommend(sp *space, works []*work, missing []string) {
	switch {
	case len(missing) > 0:
		sp.held = "not everything could be read (" + strings.Join(missing, ", ") + ")"
		return
	case s.Admission.ExemptNamespace(sp.Name):
		sp.held = "exempt: Pod Security ignores its labels"
		return
	}
	strictest := api.LevelRestricted
	for _, w := range works {
		if w.state == workload.Finished || w.state == workload.Terminating {
			continue
		}
		if own := w.strictest(s.Recommend.Pin); api.CompareLevels(own, strictest) < 0 {
			strictest = own
		}
	}
	s.propose(sp, s.Recommend.labels(sp.Labels, sp.current, strictest))
}
