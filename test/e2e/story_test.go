//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tellStory runs the commands that README tells its story with, as they stand there, and looks whether they do what it
// says: everything is raised without a refusal, one namespace goes too far and is taken back. They label all that there
// is, so that it takes a server of which nobody else makes use meanwhile.
func (s *server) tellStory(t *testing.T) {
	before := s.podSecurityLabels(t.Context(), t)
	state := t.TempDir()
	t.Cleanup(func() { // what comes after wants it as it was
		after := context.WithoutCancel(t.Context())
		for code := 0; code == 0; {
			_, code = s.shell(after, t, state, "kubectl pss rollback --yes")
		}
		if diff := cmp.Diff(before, s.podSecurityLabels(after, t)); diff != "" {
			t.Errorf("labels after everything was taken back (-before +after):\n%s", diff)
		}
	})
	codes := map[string]int{}
	for _, command := range story(t, "from check to change") {
		out, code := s.shell(t.Context(), t, state, command)
		t.Logf("$ %s\nexit code %d", command, code)
		if code != 0 && code != 1 {
			t.Fatalf("$ %s\n%s\nexit code %d", command, out, code)
		}
		codes[command] = code
		switch {
		case strings.Contains(command, "--recommend"):
			if now := s.podSecurityLabels(t.Context(), t); cmp.Equal(before, now) {
				t.Errorf("$ %s\n%s\nchanged nothing", command, out)
			}
		case strings.Contains(command, "--watch"):
			if got := s.podSecurityLabels(t.Context(), t)["identity"]["pod-security.kubernetes.io/enforce"]; got != "restricted" {
				t.Errorf("$ %s\n%s\nleft identity at %q", command, out, got)
			}
		case strings.Contains(command, "--enforce restricted --dry-run"):
			if code != 1 || !strings.Contains(out, "Refused from then on") {
				t.Errorf("$ %s\n%s\nexit code %d: the story needs a refusal here", command, out, code)
			}
		case strings.Contains(command, "rollback --yes"):
			if got := s.podSecurityLabels(t.Context(), t)["identity"]["pod-security.kubernetes.io/enforce"]; got != "baseline" {
				t.Errorf("$ %s\n%s\nleft identity at %q", command, out, got)
			}
		case strings.Contains(command, "rollback --list"):
			if n := strings.Count(out, "\n"); n != 4 {
				t.Errorf("$ %s\n%s\n%d lines, want a heading and three runs", command, out, n)
			}
		}
	}
	if len(codes) < 8 {
		t.Errorf("the story has %d commands only", len(codes))
	}
}

// story are the commands of README's block that begins with a comment.
func story(t *testing.T, mark string) []string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n# " + regexp.QuoteMeta(mark) + "\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("README.md tells no story %s", mark)
	}
	var commands []string
	for line := range strings.Lines(string(block[1])) {
		command, _, _ := strings.Cut(line, " #")
		commands = append(commands, strings.TrimSpace(command))
	}
	return commands
}

// shell runs a command line as a user would, with kubectl and the plugin on the PATH.
func (s *server) shell(ctx context.Context, t *testing.T, state, command string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", command)
	c.Env = append(os.Environ(), "KUBECONFIG="+s.Kubeconfig, "XDG_STATE_HOME="+state,
		"PATH="+filepath.Dir(suite.plugin)+":"+filepath.Dir(s.Kubectl)+":"+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatalf("$ %s: %v", command, err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// podSecurityLabels are the labels of Pod Security by namespace.
func (s *server) podSecurityLabels(ctx context.Context, t *testing.T) map[string]map[string]string {
	t.Helper()
	all, err := s.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]string{}
	for i := range all.Items {
		own := map[string]string{}
		for key, value := range all.Items[i].Labels {
			if strings.HasPrefix(key, "pod-security.kubernetes.io/") {
				own[key] = value
			}
		}
		found[all.Items[i].Name] = own
	}
	return found
}
