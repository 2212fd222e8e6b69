//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestEmulation: on a server that emulates an older version, latest is that version, and pins to newer ones are, too.
func TestEmulation(t *testing.T) {
	t.Parallel()
	s := upAlone(t, "emulating", "--no-controllers", "--apiserver-arg=--emulated-version=1.34")
	ns := s.namespace(t, "emulation", nil)
	root := create(t, s, strictPod(ns, "root", rootInUserNamespace))
	probe := create(t, s, plainPod(ns, "probe", probeHost))
	const (
		noRoot  = `runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)`
		noProbe = `probe or lifecycle host (container "c" uses probe or lifecycle host "127.0.0.1")`
	)
	for _, version := range []string{"latest", "v1.37", "v1.34", "v1.33"} {
		lv := "restricted:" + version
		expect(t, "root", denied(lv, noRoot), s.comparePod(t, ns, root, all(lv)))
		lv, detail := "baseline:"+version, noProbe
		if version == "v1.33" {
			detail = ""
		}
		expect(t, "probe", warned(lv, detail), s.comparePod(t, ns, probe, told(lv)))
	}
	r := s.check(t, "ns", ns, "--enforce=baseline:v1.37")
	if r.Server.PolicyVersion != "v1.34" || !r.Server.Exact || !strings.HasPrefix(r.Server.Version, "v1.37.") {
		t.Errorf("the server is shown as %+v", r.Server)
	}
	if as := r.Items[0].Candidate.Enforce.EvaluatedAs; as != "v1.34" {
		t.Errorf("baseline:v1.37 is evaluated as %s", as)
	}
}

// TestInactive: a server without Pod Security is seen to be one, and that is said before anything else.
func TestInactive(t *testing.T) {
	t.Parallel()
	s := upAlone(t, "inactive", "--no-controllers", "--apiserver-arg=--disable-admission-plugins=PodSecurity")
	ns := s.namespace(t, "inactive", all(restricted).labels())
	create(t, s, plainPod(ns, "p", hostPID)) // nobody minds
	r := s.check(t, "ns", ns)
	if is := r.Server.PodSecurity; is.Value != report.PodSecurityInactive || is.Source != report.SourceProbed {
		t.Errorf("Pod Security is shown as %+v", is)
	}
	table := s.pss(t, "check", "ns")
	if first, _, _ := strings.Cut(table.stdout, "\n"); !strings.Contains(first, "Pod Security") || !strings.Contains(first, "not") {
		t.Errorf("the first line is %q", first)
	}
	if is := plain(t).check(t, "ns", "default").Server.PodSecurity; is.Value != report.PodSecurityActive || is.Source != report.SourceProbed {
		t.Errorf("on another server Pod Security is shown as %+v", is)
	}
}
