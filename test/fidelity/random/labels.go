package random

import (
	"fmt"

	"k8s.io/pod-security-admission/api"
)

// Labels are a namespace's, of any mode, level and version, far future ones included. Broken ones, of which some
// cannot be parsed, only get past a server that does not look at them.
func Labels(d *Dice, broken bool) map[string]string {
	labels := map[string]string{}
	for _, mode := range [][2]string{
		{api.EnforceLevelLabel, api.EnforceVersionLabel},
		{api.AuditLevelLabel, api.AuditVersionLabel},
		{api.WarnLevelLabel, api.WarnVersionLabel},
	} {
		if d.chance(75) {
			labels[mode[0]] = OneOf(d, "privileged", "baseline", "baseline", "restricted", "restricted")
		}
		if d.chance(55) {
			labels[mode[1]] = version(d)
		}
		if broken && d.chance(25) {
			labels[mode[0]] = OneOf(d, "", "Restricted", "strict", "none", "baseline-1")
		}
		if broken && d.chance(25) {
			labels[mode[1]] = OneOf(d, "", "1.25", "v1.07", "v1.25.3", "v2.0", "Latest", "v1", "v1.99999999999999999999")
		}
	}
	if d.chance(10) { // which mean nothing
		labels[OneOf(d, "pod-security.kubernetes.io/enforce-level", "pod-security.kubernetes.io/x", "example.com/enforce")] = "strict"
	}
	return labels
}

// newestPinned is a version newer than any server's, which they take for their own.
const newestPinned = 40

func version(d *Dice) string {
	switch d.IntN(10) {
	case 0, 1:
		return "latest"
	case 2:
		return OneOf(d, "v1.99", "v1.1000", "v1.0")
	default:
		return fmt.Sprintf("v1.%d", d.IntN(newestPinned+1))
	}
}
