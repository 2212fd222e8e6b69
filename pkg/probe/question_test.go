package probe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	refusedByBaseline = `pods "pss-probe-x" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostPID=true)`
	refusedByPolicies = `pods "pss-probe-x" is forbidden: PodSecurityPolicy: unable to admit pod: []`
	forbidden         = `pods is forbidden: User "dev" cannot create resource "pods" in API group "" in the namespace "kube-public"`
	warnsOfRestricted = `would violate PodSecurity "restricted:latest": host namespaces (hostPID=true)`
)

func TestDefaults(t *testing.T) {
	for name, tt := range map[string]struct {
		pods, deployments reply
		want              Defaults
	}{
		"none": {reply{}, reply{}, Defaults{Enforce: privileged, Warn: privileged}},
		"enforce and warn": {
			reply{refused: refusedByBaseline},
			reply{warnings: []string{"metadata.x is odd", warnsOfRestricted}},
			Defaults{Enforce: "baseline:v1.30", Warn: "restricted:latest"},
		},
		"warn alone": {
			reply{warnings: []string{warnsOfRestricted}},
			reply{warnings: []string{warnsOfRestricted}},
			Defaults{Enforce: privileged, Warn: "restricted:latest"},
		},
		"policies refuse first": {
			reply{refused: refusedByPolicies},
			reply{warnings: []string{warnsOfRestricted}},
			Defaults{Warn: "restricted:latest", Why: "the server says to a pod: " + refusedByPolicies},
		},
		"no rights": {
			reply{refused: forbidden},
			reply{refused: "no Deployments for you"},
			Defaults{Why: "the server says to a pod: " + forbidden},
		},
		"no rights to Deployments": {
			reply{},
			reply{refused: "no Deployments for you"},
			Defaults{Enforce: privileged, Why: "the server says to a Deployment: no Deployments for you"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, requests := serve(t, tt.pods, tt.deployments)
			if diff := cmp.Diff(tt.want, c.Defaults(t.Context(), "kube-public")); diff != "" {
				t.Error(diff)
			}
			want := []seen{
				{"POST /api/v1/namespaces/kube-public/pods?dryRun=All", true},
				{"POST /apis/apps/v1/namespaces/kube-public/deployments?dryRun=All", true},
			}
			if diff := cmp.Diff(want, requests()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPodSecurityPolicy(t *testing.T) {
	for name, tt := range map[string]struct {
		pods reply
		want Plugin
	}{
		"admitted by a policy": {
			reply{annotations: map[string]string{"kubernetes.io/psp": "hardened"}},
			Plugin{true, true, "a dry run's pod was admitted by policy hardened"},
		},
		"refused by all policies": {reply{refused: refusedByPolicies}, Plugin{true, true, "a dry run's pod was refused: " + refusedByPolicies}},
		"off":                     {reply{}, Plugin{true, false, "a dry run's pod was put to no policy"}},
		"no rights":               {reply{refused: forbidden}, Plugin{Why: "the server says to a pod: " + forbidden}},
	} {
		t.Run(name, func(t *testing.T) {
			c, requests := serve(t, tt.pods, reply{})
			if diff := cmp.Diff(tt.want, c.PodSecurityPolicy(t.Context(), "kube-public")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]seen{{"POST /api/v1/namespaces/kube-public/pods?dryRun=All", false}}, requests()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
