package psp

import (
	"os"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// policiesVariable asks for more policies than a test has time for.
const policiesVariable = "PSS_ENGINES_POLICIES"

// TestRandomPolicies holds sets to random policies, for the level that each amounts to and for others.
func TestRandomPolicies(t *testing.T) {
	wanted := 16
	if text := os.Getenv(policiesVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		wanted = n
	}
	c := newComparison(t)
	valid := 0
	for n := uint64(0); valid < wanted; n++ {
		p := randomPolicy(newDice(1, n))
		if len(p.Validate())+len(p.Ignored()) > 0 {
			continue
		}
		valid++
		p.Name += strconv.FormatUint(n, 10)
		for level := range levelsFor(p, valid) {
			c.one(t, p, level, randomPods(n), valid <= 2)
		}
	}
	t.Logf("%d policies with %d sets: %d pods, %d alike, differences %v", valid, c.policies, c.pods, c.alike, c.found)
	for name, reason := range differences() {
		if c.found[name] == 0 {
			t.Errorf("%q is never seen (%s): it is no difference any more, or no pod shows it", name, reason)
		}
	}
}

func randomPods(seed uint64) []*corev1.Pod {
	pods := make([]*corev1.Pod, 40)
	for i := range pods {
		pods[i] = randomPod(seed, uint64(i))
	}
	return pods
}

// levelsFor are the levels that a policy is tried with: its own, and in turn others that say more.
func levelsFor(p *psp.Policy, turn int) map[api.LevelVersion]bool {
	others := []api.LevelVersion{
		{Level: api.LevelBaseline, Version: api.LatestVersion()},
		{Level: api.LevelRestricted, Version: api.LatestVersion()},
		{Level: api.LevelBaseline, Version: api.MajorMinorVersion(1, 24)},
	}
	return map[api.LevelVersion]bool{
		{Level: p.Assess().Level, Version: api.LatestVersion()}: true,
		others[turn%len(others)]:                                true,
	}
}
