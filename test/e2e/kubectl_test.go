//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKubectl runs the plugin through a real kubectl, which finds it by its name on the PATH.
func TestKubectl(t *testing.T) {
	t.Parallel()
	s := plain(t)
	ns := s.namespace(t, "kubectl", nil)
	create(t, s, deployment(plainPod(ns, "w", hostPID), 0))

	t.Run("check", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{
			{"check", "ns", ns},
			{"check", "ns", ns, "--enforce", "baseline"},
			{"check", "ns", ns, "--enforce=restricted:v1.30", "-o", "json"},
			{"check", "deploy/w", "-n", ns, "--warn", "restricted"},
			{"check", "ns", ns, "--enforce", "strictest"},
		} {
			direct, through := s.pss(t, args...), s.exec(t, s.Kubectl, append([]string{"pss"}, args...)...)
			if through != direct {
				t.Errorf("kubectl pss %s: got %+v, and kubectl-pss alone %+v", strings.Join(args, " "), through, direct)
			}
			if direct.stdout == "" && direct.exit != 2 || direct.exit == 2 && direct.stderr == "" {
				t.Errorf("kubectl pss %s says nothing: %+v", strings.Join(args, " "), direct)
			}
		}
	})
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		r := s.exec(t, s.Kubectl, "pss", "version")
		if r.exit != 0 || !strings.HasPrefix(r.stdout, "kubectl-pss v0.0.0-e2e") || !strings.Contains(r.stdout, "v1.37") {
			t.Errorf("kubectl pss version: %+v", r)
		}
	})
	t.Run("plugin list", func(t *testing.T) {
		t.Parallel()
		r := s.exec(t, s.Kubectl, "plugin", "list")
		if !slices.Contains(strings.Split(r.stdout, "\n"), suite.plugin) || strings.Contains(r.stderr, "kubectl-pss") {
			t.Errorf("kubectl plugin list: %+v", r)
		}
	})
	t.Run("completion", func(t *testing.T) {
		t.Parallel()
		r := s.exec(t, s.Kubectl, "__complete", "pss", "ch")
		if !strings.HasPrefix(r.stdout, "check") {
			t.Errorf("kubectl pss ch<TAB>: %+v", r)
		}
	})
}

// installShims puts what lies in plugins beside the plugin.
func (r *run) installShims() error {
	shims, err := filepath.Glob("../../plugins/*")
	if err != nil {
		return err
	}
	for _, shim := range shims {
		content, err := os.ReadFile(shim)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.bin, filepath.Base(shim)), content, 0o755); err != nil {
			return err
		}
	}
	return nil
}
