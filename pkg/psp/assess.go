package psp

import (
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// Assessment is what a policy amounts to in the words of the Pod Security Standards.
type Assessment struct {
	// Table is the strictest level that the official mapping gives the policy to the letter, Level the one with SELinux
	// and AppArmor left aside, as far as the policy leaves them to pods.
	Table, Level api.Level
	// Reasons are why it is not stricter, one a field, in a fixed order.
	Reasons []report.PSPReason
	// Writes are the fields of pods that it writes, Beyond the demands that no level can make.
	Writes []report.PSPWrite
	Beyond []report.PSPBeyond
	// Exception is where the mapping and what the policy really lets through part ways, in whole sentences; empty where
	// they do not. What holds for every policy alike is in Blind.
	Exception string
}

// The fields that stand in annotations, as paths.
const (
	seccompAllowedField  = "metadata.annotations[" + SeccompAllowedAnnotation + "]"
	seccompDefaultField  = "metadata.annotations[" + SeccompDefaultAnnotation + "]"
	appArmorAllowedField = "metadata.annotations[" + AppArmorAllowedAnnotation + "]"
	appArmorDefaultField = "metadata.annotations[" + AppArmorDefaultAnnotation + "]"
)

// Assess compares a policy with the levels, field by field as the official mapping does. The policy is valid.
func (p *Policy) Assess() Assessment {
	reasons := p.reasons()
	return Assessment{
		Table:     strictest(reasons, true),
		Level:     strictest(reasons, false),
		Reasons:   reasons,
		Writes:    p.writes(),
		Beyond:    p.beyond(),
		Exception: p.exception(),
	}
}

// Blind is what no policy looks at and Pod Security does: whatever level a policy amounts to, these may be refused under it.
func Blind() []string {
	return []string{
		"PodSecurityPolicy does not look at ephemeral containers (kubectl debug), Pod Security does.",
		"PodSecurityPolicy does not look at the hosts of probes and lifecycle hooks, Pod Security does from v1.34 on.",
	}
}

// strictest is the strictest level that no reason speaks against.
func strictest(reasons []report.PSPReason, aside bool) api.Level {
	level := api.LevelRestricted
	for _, r := range reasons {
		switch {
		case r.Aside && !aside:
		case r.Against == string(api.LevelBaseline):
			return api.LevelPrivileged
		case r.Against == string(api.LevelRestricted):
			level = api.LevelBaseline
		}
	}
	return level
}
