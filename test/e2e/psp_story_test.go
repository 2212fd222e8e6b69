//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// tellWayOut runs the commands that README tells of the way out of PodSecurityPolicy, as they stand there, and looks
// whether they do what it says: the documented dry run is content, psp check is not, and in the end everything comes back.
func (s *server) tellWayOut(t *testing.T) {
	t.Helper()
	s.awaitGone(t)
	state, w := t.TempDir(), &walk{server: s}
	before, checks := w.running(t), 0
	commands := story(t, "from PodSecurityPolicy to Pod Security")
	if len(commands) < 10 {
		t.Errorf("the story has %d commands only", len(commands))
	}
	for _, command := range commands {
		out, code := s.shell(t.Context(), t, state, "set -o pipefail; "+command)
		wantCode, wantText, bad := 0, "", "error:"
		switch {
		case strings.HasSuffix(command, "psp list"):
			wantText = "hardened"
		case strings.Contains(command, "--dry-run=server"):
			bad = "Warning"
		case strings.HasSuffix(command, "psp check"):
			wantCode, wantText = 1, "Trapped: "
		case strings.HasSuffix(command, "psp check shop"):
			if checks++; checks == 1 {
				wantCode, wantText = 1, "after PSP is off the next pod is refused"
			} else {
				bad = "refused"
			}
		case strings.Contains(command, "-o patch | sh"):
			wantCode, wantText = 1, "deployment.apps/storefront patched" // psp check's own: there were traps
		case strings.Contains(command, "--step harden"):
			wantText = "deployment.apps/gift-finder patched"
		case strings.Contains(command, "delete pods"):
			eventually(t, "the shop to come back", func() (bool, error) { return alike(before, w.running(t)) })
		case strings.HasSuffix(command, "psp plan"):
			wantText = "Next: permissions"
		}
		if code != wantCode || !strings.Contains(out, wantText) || strings.Contains(out, bad) {
			t.Fatalf("$ %s\n%s\nexit code %d, want %d, %q and no %q", command, out, code, wantCode, wantText, bad)
		}
	}
	for _, e := range s.refusals(t.Context(), t, "shop") {
		t.Errorf("refused in the shop: %s", e.Message)
	}
}
