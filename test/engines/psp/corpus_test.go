package psp

import (
	"os"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// TestPoliciesOfTheDemo is about policies as clusters have them, the official three among them. The types of all their
// expressions are checked as a server does.
func TestPoliciesOfTheDemo(t *testing.T) {
	data, err := os.ReadFile("../../../hack/demo/psp/01-policies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := newComparison(t)
	for number, text := range strings.Split(string(data), "\n---\n") {
		var fields map[string]any
		if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatal(err)
		}
		if len(fields) == 0 {
			continue // the comments above
		}
		p, err := psp.Decode(fields)
		if err != nil {
			t.Fatalf("policy %d: %v", number, err)
		}
		level := api.LevelVersion{Level: p.Assess().Level, Version: api.LatestVersion()}
		c.one(t, p, level, randomPods(uint64(number)), true)
	}
	t.Logf("%d policies: %d pods, %d alike, differences %v", c.policies, c.pods, c.alike, c.found)
	if c.policies < 10 || c.pods < 100 {
		t.Errorf("only %d policies and %d pods", c.policies, c.pods)
	}
}
