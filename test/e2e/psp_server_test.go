//go:build e2e

package e2e

import "testing"

// pspOn turns on the plug-in that admits pods by PodSecurityPolicy, which 1.24 is the last release to have.
const pspOn = "--apiserver-arg=--enable-admission-plugins=PodSecurityPolicy"

// pspServer is a cluster of the oldest release with PodSecurityPolicy on and no policies but those of tests, which may
// run at the same time: each lets users of its own use nothing but policies of its own. Its pods stay Pending.
func pspServer(t *testing.T) *server {
	t.Helper()
	return suite.server(t, policyServer, func() (*server, error) {
		return suite.up("psp", "--no-kwok", "--release", oldRelease, pspOn,
			only("deployment", "replicaset", "serviceaccount", "root-ca-cert-publisher", "clusterrole-aggregation"))
	})
}
