//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPolicyFiles holds what is said of files that hold something else than sound policies, with the exit code.
func TestPolicyFiles(t *testing.T) {
	t.Parallel()
	const (
		rules  = "  runAsUser: {rule: RunAsAny}\n  seLinux: {rule: RunAsAny}\n  fsGroup: {rule: RunAsAny}\n"
		groups = "  supplementalGroups: {rule: RunAsAny}\n"
		other  = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
	)
	write := func(apiVersion, spec string) string {
		return "apiVersion: " + apiVersion + "\nkind: PodSecurityPolicy\nmetadata: {name: p}\nspec:\n" + spec
	}
	for _, test := range []struct {
		name, text, stderr string
		exit               int
	}{
		{"sound", write("policy/v1beta1", rules+groups), "", 0},
		{"sound-and-old", write("extensions/v1beta1", rules+groups), "", 0},
		{
			"rule-missing", write("policy/v1beta1", rules),
			`error: FILE: document 1, line 4: policy "p": spec.supplementalGroups.rule: Unsupported value: "": supported values: "MayRunAs", "MustRunAs", "RunAsAny"`, 2,
		},
		{
			"field-unknown", write("policy/v1beta1", rules+groups+"  allowEverything: true\n"),
			`error: FILE: document 1, line 9: policy "p": unknown field "spec.allowEverything"`, 2,
		},
		{
			"group-unknown", write("security.example.com/v1", rules+groups),
			`error: FILE: document 1, line 1: policy "p": apiVersion is "security.example.com/v1", and policies are of policy/v1beta1 or extensions/v1beta1`, 2,
		},
		{"something-else-too", other + "---\n" + write("policy/v1beta1", rules+groups), "Passed over 1 object that is no PodSecurityPolicy: 1 ConfigMap.", 0},
		{"something-else-alone", other, "error: no PodSecurityPolicy in FILE, only ConfigMap\nSee 'kubectl pss psp list --help' for usage.", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "p.yaml")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			r := (&server{}).pss(t, "psp", "list", "-f", file)
			if got := strings.TrimSpace(strings.ReplaceAll(r.stderr, file, "FILE")); got != test.stderr || r.exit != test.exit {
				t.Errorf("exit code %d, want %d; stderr %q, want %q", r.exit, test.exit, got, test.stderr)
			}
			if listed := strings.Contains(r.stdout, "baseline"); listed != (test.exit == 0) {
				t.Errorf("stdout %q", r.stdout)
			}
		})
	}
}

// TestNoPolicies holds what is said by the newest server, which has never heard of policies.
func TestNoPolicies(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for command, want := range map[string]struct {
		exit int
		text string
	}{
		"psp list":           {0, "v1.37"},
		"psp explain hidden": {2, "v1.37"},
		"psp check default":  {0, "v1.37"},
		"psp plan default":   {0, "plugin-off    notNeeded"},
	} {
		r := s.pss(t, strings.Fields(command)...)
		if said := r.stdout + r.stderr; r.exit != want.exit || !strings.Contains(said, "PodSecurityPolicy") || !strings.Contains(said, want.text) {
			t.Errorf("kubectl pss %s: %+v", command, r)
		}
	}
}

// mayNot holds what is said to somebody who may not look.
func (s *server) mayNot(t *testing.T) {
	t.Helper()
	for command, want := range map[string]struct {
		exit   int
		stdout string
		stderr string
	}{
		"psp list":             {exit: 3, stdout: "Could not read podsecuritypolicies.policy: forbidden"},
		"psp explain hardened": {exit: 2, stderr: `policy "hardened" was not found, and not everything could be read`},
		"psp check shop":       {exit: 2, stderr: `User "nobody" cannot get resource "namespaces"`},
		"psp check":            {exit: 2, stderr: "(Forbidden)"},
		"psp plan shop":        {exit: 2, stderr: `User "nobody" cannot get resource "namespaces"`},
		"who-can use hardened": {exit: 3, stdout: "Could not read clusterroles.rbac.authorization.k8s.io: forbidden"},
	} {
		r := s.pss(t, append(strings.Fields(command), "--as", "nobody")...)
		if r.exit != want.exit || !strings.Contains(r.stdout, want.stdout) || !strings.Contains(r.stderr, want.stderr) {
			t.Errorf("kubectl pss %s --as nobody: %+v", command, r)
		}
	}
}
