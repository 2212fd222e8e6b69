//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// result is one call of the plugin.
type result struct {
	stdout, stderr string
	exit           int
}

// pss runs the plugin against the server. $HOME is an empty folder, so that nothing of the machine's user matters.
func (s *server) pss(t *testing.T, args ...string) result {
	t.Helper()
	return s.exec(t, suite.plugin, args...)
}

// exec runs a program that finds the server by KUBECONFIG and the plugin on PATH.
func (s *server) exec(t *testing.T, program string, args ...string) result {
	t.Helper()
	c := exec.Command(program, args...)
	c.Env = []string{
		"KUBECONFIG=" + s.Kubeconfig, "HOME=" + filepath.Join(suite.dir, "home"), "TMPDIR=" + suite.dir,
		"PATH=" + suite.bin + string(os.PathListSeparator) + "/usr/bin:/bin",
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), exit: c.ProcessState.ExitCode()}
}

// check runs `kubectl pss check ARGS -o json` and returns the report, whatever it says.
func (s *server) check(t *testing.T, args ...string) *report.CheckReport {
	t.Helper()
	args = slices.Concat([]string{"check"}, args, s.flags, []string{"-o", "json"})
	r := s.pss(t, args...)
	if r.exit == 2 || r.stderr != "" {
		t.Fatalf("kubectl pss %s: exit code %d\n%s", strings.Join(args, " "), r.exit, r.stderr)
	}
	return decode(t, r.stdout)
}

// decode reads a report, strictly: what the types do not know is no part of the contract.
func decode(t *testing.T, text string) *report.CheckReport {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var r report.CheckReport
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return &r
}

// checkNamespace is check for one namespace by name.
func (s *server) checkNamespace(t *testing.T, name string, m modes) *report.Namespace {
	t.Helper()
	r := s.check(t, append([]string{"ns", name}, m.flags()...)...)
	if len(r.Items) != 1 || r.Items[0].Namespace != name {
		t.Fatalf("the report on %s has these items: %+v", name, r.Items)
	}
	if len(r.Gaps) > 0 {
		t.Fatalf("gaps: %+v", r.Gaps)
	}
	return &r.Items[0]
}

// workloadOf finds a workload in a report.
func workloadOf(t *testing.T, item *report.Namespace, kind, name string) *report.Workload {
	t.Helper()
	for i := range item.Workloads {
		if w := &item.Workloads[i]; w.Kind == kind && w.Name == name {
			return w
		}
	}
	t.Fatalf("no %s %s in %s: %+v", kind, name, item.Namespace, item.Workloads)
	return nil
}

// evidenceOf is a workload's only evidence from a source, of a revision.
func evidenceOf(t *testing.T, w *report.Workload, source, revision string) *report.Evidence {
	t.Helper()
	var found *report.Evidence
	for i := range w.Evidence {
		if e := &w.Evidence[i]; e.Source == source && e.Revision == revision {
			if found != nil {
				t.Fatalf("%s %s has evidence from %s, revision %s, more than once", w.Kind, w.Name, source, revision)
			}
			found = e
		}
	}
	if found == nil {
		t.Fatalf("%s %s has no evidence from %s, revision %s: %+v", w.Kind, w.Name, source, revision, w.Evidence)
	}
	return found
}

// ofPod is what a report predicts of a pod.
func ofPod(o report.PodOutcome) verdict {
	return verdict{Allowed: o.Allowed, Message: o.Message, Warnings: orNil(o.Warnings), Audit: o.Audit}
}

// ofWorkload is what a report predicts of a workload object, which Pod Security never refuses.
func ofWorkload(o *report.WorkloadOutcome) verdict {
	return verdict{Allowed: true, Warnings: orNil(o.Warnings), Audit: o.Audit}
}

// orNil makes a list without elements comparable to one that never was.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}
