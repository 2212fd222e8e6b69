package psp

import (
	"testing"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// TestRulesOnUpdates is about pods that a rule refuses, and that were there before it.
func TestRulesOnUpdates(t *testing.T) {
	set, err := export.FromPolicy(openPolicy(t, `{spec: {privileged: false}}`), api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := cel.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	const old = `{spec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}}`
	for name, c := range map[string]struct {
		pod, old, subresource string
		refused               bool
	}{
		"labels":     {`{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}}`, old, "", false},
		"finalizers": {old, `{metadata: {finalizers: [a]}, spec: {containers: [{name: a, image: a, securityContext: {privileged: true}}]}}`, "", false},
		"image":      {`{spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}}`, old, "", true},
		"debugger":   {`{spec: {containers: [{name: a, image: a, securityContext: {privileged: true}}], ephemeralContainers: [{name: e}]}}`, old, "ephemeralcontainers", true},
		"debugger of a good pod": {
			`{spec: {containers: [{name: a}], ephemeralContainers: [{name: e}]}}`, plain, "ephemeralcontainers", false,
		},
		"status": {`{spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}}`, old, "status", false},
	} {
		got, err := policies.Judge(t.Context(), cel.Request{Pod: podFrom(t, c.pod), Old: podFrom(t, c.old), Subresource: c.subresource})
		if err != nil {
			t.Fatal(err)
		}
		if (len(got) > 0) != c.refused {
			t.Errorf("%s: %v", name, got)
		}
	}
}
