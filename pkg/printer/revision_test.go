package printer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestOlderRevision has a Deployment in the middle of a rollout, whose older ReplicaSet alone is refused.
func TestOlderRevision(t *testing.T) {
	denied := report.Outcome{
		Pod:      report.PodOutcome{Message: `violates PodSecurity "baseline:latest": hostPath volumes (volume "v")`},
		Workload: &report.WorkloadOutcome{Warnings: []string{`would violate PodSecurity "baseline:latest": hostPath volumes (volume "v")`}},
	}
	violation := report.Violation{Check: "hostPathVolumes", Level: "baseline", Version: "latest", Reason: "hostPath volumes", Detail: `volume "v"`}
	privileged := report.Mode{Level: "privileged", Version: "latest", Source: report.SourceDefault}
	baseline := report.Mode{Level: "baseline", Version: "latest", Source: report.SourceLabel}
	r := &report.CheckReport{
		Object: &report.Owner{Group: "apps", Kind: "Deployment", Name: "web"},
		Items: []report.Namespace{{
			Namespace: "shop", Verdict: report.Violates, Counted: true,
			Current:   report.Policy{Enforce: privileged, Audit: privileged, Warn: privileged},
			Candidate: &report.Policy{Enforce: baseline, Audit: privileged, Warn: baseline},
			Strictest: report.Strictest{Level: "privileged", Complete: true},
			Workloads: []report.Workload{{
				Group: "apps", Kind: "Deployment", Name: "web", State: report.StateActive, Blocks: true,
				Next: report.Next{Event: report.EventReschedule}, Strictest: "privileged",
				Evidence: []report.Evidence{
					{Source: report.EvidenceTemplate, Revision: report.RevisionCurrent, Outcome: report.Outcome{
						Pod: report.PodOutcome{Allowed: true}, Workload: &report.WorkloadOutcome{},
					}},
					{Source: report.EvidenceTemplate, Revision: report.RevisionOld, Violations: []report.Violation{violation}, Outcome: denied},
				},
			}},
		}},
	}
	var b bytes.Buffer
	if err := Table(Options{Details: true})(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Pods of its older revision are made again when one is rescheduled; the server then refuses them.",
		"applying the ReplicaSet of that revision (warn)",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, b.String())
		}
	}
	for _, unwanted := range []string{"applying the Deployment", "rolls out", "  pods", "label change", "  strictest  "} {
		if strings.Contains(b.String(), unwanted) {
			t.Errorf("%q stands in:\n%s", unwanted, b.String())
		}
	}
}
