package printer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestUnreadNamespaces has namespaces whose labels could not be read: what is shown of them is marked.
func TestUnreadNamespaces(t *testing.T) {
	assumed := report.Mode{Level: levelPrivileged, Version: latest, Source: report.SourceAssumed}
	policy := report.Policy{Enforce: assumed, Audit: assumed, Warn: assumed}
	r := &report.CheckReport{Server: report.Server{Exact: true, PodSecurity: report.Fact{Value: report.PodSecurityActive}}}
	for _, name := range []string{"a", "b"} {
		gap := report.Gap{Resource: "namespaces", Namespace: name, Reason: "forbidden", Message: "no"}
		r.Gaps = append(r.Gaps, gap)
		r.Items = append(r.Items, report.Namespace{
			Namespace: name, Verdict: report.Incomplete, Counted: true, Current: policy, Strictest: report.Strictest{Level: levelRestricted},
			Gaps: []report.Gap{gap},
		})
	}
	for _, tt := range []struct {
		details bool
		want    []string
	}{
		{false, []string{
			"a           privileged?   privileged?   privileged?   0      0           <=restricted",
			"level?                 the labels could not be read: as if there were none",
			"Could not read 2 namespaces (a and b): forbidden",
		}},
		{true, []string{"  enforce        privileged:latest (assumed, the labels could not be read)"}},
	} {
		var b bytes.Buffer
		if err := Table(Options{Details: tt.details})(&b, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is missing in:\n%s", want, b.String())
			}
		}
	}
	one := missing{resource: "namespaces", reason: "timeout", message: "slow", namespaces: []string{"a"}}
	if got, want := one.String(), `Could not read namespace "a": timeout (slow)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
