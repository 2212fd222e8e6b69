//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestWords holds what the plugin says of failures against what kubectl says of the same.
func TestWords(t *testing.T) {
	t.Parallel()
	s := plain(t)
	// Without its discovery cache kubectl fails earlier, and in other words.
	if warm := s.exec(t, s.Kubectl, "get", "ns"); warm.exit != 0 {
		t.Fatalf("kubectl get ns: %+v", warm)
	}
	for name, c := range map[string]struct {
		flags, plugin, kubectl []string
		hint                   string
	}{
		"no right to list namespaces": {
			flags:  []string{"--as", "nobody"},
			plugin: []string{"check", "ns"}, kubectl: []string{"get", "ns"},
			hint: "hint: pass the namespaces that you may read by name: kubectl pss check ns NAME\n",
		},
		"no right to one namespace": {
			flags:  []string{"--as", "nobody"},
			plugin: []string{"check", "ns", "default"}, kubectl: []string{"get", "ns", "default"},
		},
		"bad token": {
			flags:  []string{"--token", "bad"},
			plugin: []string{"check", "ns"}, kubectl: []string{"get", "ns"},
		},
		"unknown namespace": {
			plugin: []string{"check", "ns", "nowhere"}, kubectl: []string{"get", "ns", "nowhere"},
		},
		"unknown workload": {
			plugin: []string{"check", "deploy/none", "-n", "default"}, kubectl: []string{"get", "deploy/none", "-n", "default"},
		},
		"connection refused": {
			flags:  []string{"--server", "https://127.0.0.1:1"},
			plugin: []string{"check", "ns"}, kubectl: []string{"get", "ns"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours := s.exec(t, suite.plugin, append(c.plugin, c.flags...)...)
			theirs := s.exec(t, s.Kubectl, append(c.kubectl, c.flags...)...)
			if ours.exit != 2 || ours.stdout != "" {
				t.Errorf("exit code %d and %q on stdout", ours.exit, ours.stdout)
			}
			if want := lastLine(theirs.stderr) + c.hint; ours.stderr != want {
				t.Errorf("got %q\nkubectl says %q", ours.stderr, want)
			}
		})
	}
}

// lastLine is what kubectl ends with: before it, client-go's discovery may have said something in its own way.
func lastLine(text string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1] + "\n"
}
