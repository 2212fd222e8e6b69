//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// pspReport runs `kubectl pss ARGS -o json` and reads the document strictly.
func (s *server) pspReport(t *testing.T, into any, args ...string) result {
	t.Helper()
	r := s.pss(t, append(args, "-o", "json")...)
	if r.exit == 2 {
		t.Fatalf("kubectl pss %s: %s", strings.Join(args, " "), r.stderr)
	}
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("kubectl pss %s: %v in %s", strings.Join(args, " "), err, r.stdout)
	}
	return r
}

// checkPolicies is `kubectl pss psp check ARGS`.
func (s *server) checkPolicies(t *testing.T, args ...string) (*report.PSPCheck, result) {
	t.Helper()
	var c report.PSPCheck
	r := s.pspReport(t, &c, append([]string{"psp", "check"}, args...)...)
	if len(c.Gaps) > 0 {
		t.Errorf("psp check %s has gaps: %+v", strings.Join(args, " "), c.Gaps)
	}
	return &c, r
}

// traps are what a check says of each workload that is trapped, by its name.
func traps(n *report.PSPNamespace) map[string]*report.PSPTrap {
	found := map[string]*report.PSPTrap{}
	for i := range n.Workloads {
		if w := &n.Workloads[i]; w.Trap != nil {
			found[w.Name] = w.Trap
		}
	}
	return found
}
