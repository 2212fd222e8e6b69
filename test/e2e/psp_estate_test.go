//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// pspEstate is a cluster of the oldest release with PodSecurityPolicy on and the demo's estate that lives by it. Its
// pods run. PSS_E2E_PSP_CLUSTER=NAME uses one that was started in the same way and leaves it running.
func pspEstate(t *testing.T) *server {
	t.Helper()
	return suite.server(t, policyEstate, func() (*server, error) {
		s, err := upPolicies()
		if err != nil {
			return nil, err
		}
		if out, err := exec.Command("../../hack/demo/psp/load.sh", s.Kubectl, s.Kubeconfig).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("hack/demo/psp/load.sh: %w\n%s", err, out)
		}
		return s, nil
	})
}

func upPolicies() (*server, error) {
	if name := os.Getenv("PSS_E2E_PSP_CLUSTER"); name != "" {
		return suite.attach(name)
	}
	return suite.up("psp-estate", "--nodes", "2", "--release", oldRelease, "--apiserver-arg=--enable-admission-plugins="+pspPlugins)
}

// goWayOut goes the way out of PodSecurityPolicy on a live estate. One part follows the other: the last one turns the
// plug-in off.
func goWayOut(t *testing.T) {
	t.Helper()
	s := pspEstate(t)
	t.Cleanup(func() { suite.end(s.Name) }) // nobody else needs it
	t.Run("reading", s.readPolicies)
	t.Run("rights", s.mayNot)
	t.Run("choice", s.pickPolicies)
	t.Run("trap", s.springTrap)
	t.Run("story", s.tellWayOut)
	t.Run("checklist", s.walkThrough)
}
