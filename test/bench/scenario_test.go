//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerify(t *testing.T) {
	const whole = `{"summary": {"pods": 50}, "items": [
  {"workloads": [
    {"evidence": [{"violations": []}, {"violations": [{}, {}]}, {"violations": [{}]}]},
    {"evidence": [{"violations": []}]}]},
  {"workloads": [{"evidence": [{"violations": [{}]}]}]}]}`
	const warnings = `Warning: existing pods in namespace "a" violate the new PodSecurity enforce level "restricted:latest"
Warning: web-1 (and 9 other pods): runAsNonRoot != true
Warning: web-2: host namespaces
`
	const labelled = "namespace/a labeled (server dry run)\n"
	for name, tc := range map[string]struct {
		verify         func(int, []byte, []byte) (findings, error)
		out, complaint string
		want           findings
		err            string
	}{
		"floor":             {verify: verifyFloor, out: "namespaces 1, pods 50, others 7"},
		"floor lacks pods":  {verify: verifyFloor, out: "namespaces 1, pods 500, others 7", err: `printed "namespaces 1, pods 500, others 7", which lacks "pods 50,"`},
		"report":            {verify: verifyReport, out: whole, want: findings{2, "workloads"}},
		"report lacks pods": {verify: verifyReport, out: `{"summary": {"pods": 49}}`, err: "reports 49 pods and 0 gaps, want 50 and none"},
		"report with a gap": {verify: verifyReport, out: `{"summary": {"pods": 50}, "gaps": [{}]}`, err: "reports 50 pods and 1 gaps, want 50 and none"},
		"labels":            {verify: verifyLabels, out: labelled, complaint: warnings, want: findings{2, "pods"}},
		"labels lack one":   {verify: verifyLabels, complaint: warnings, err: "labelled 0 namespaces, want 1 at least"},
		"labels unwarned":   {verify: verifyLabels, out: labelled, err: "the server warned of nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.verify(50, []byte(tc.out), []byte(tc.complaint))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]any{tc.want, tc.err}, []any{got, text}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The loop asks about every namespace, or each so many.
func TestLoop(t *testing.T) {
	kubectl := filepath.Join(t.TempDir(), "kubectl")
	script := `#!/bin/sh
case $1 in
get) printf 'namespace/%s\n' a b c d e ;;
*) echo "$@" ;;
esac
`
	if err := os.WriteFile(kubectl, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	line := func(namespace string) string {
		return "label --dry-run=server --overwrite namespace/" + namespace + " pod-security.kubernetes.io/enforce=restricted\n"
	}
	for stride, want := range map[string]string{
		"1": line("a") + line("b") + line("c") + line("d") + line("e"),
		"3": line("a") + line("d"),
		"7": line("a"),
	} {
		var out bytes.Buffer
		c := exec.CommandContext(t.Context(), "/bin/sh", "loop.sh", kubectl, stride)
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			t.Fatalf("stride %s: %v\n%s", stride, err, &out)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("stride %s: %s", stride, diff)
		}
	}
}

func TestImporting(t *testing.T) {
	want := `package main

import (
	_ "fmt"
	_ "k8s.io/api/core/v1"
)

func main() {}
`
	got := importing([]string{"k8s.io/api/core/v1", "fmt", module + "/pkg/cmd", "fmt", module})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is printed as a command does not say where programs happen to lie.
func TestCommandLine(t *testing.T) {
	got := commandLine([]string{"/bin/sh", "/tree/test/bench/loop.sh", "/cache/kubectl", "1"})
	if want := "sh loop.sh kubectl 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
