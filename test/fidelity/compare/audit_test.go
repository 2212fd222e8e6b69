package compare

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func logLine(id, stage, annotations string) string {
	return `{"kind":"Event","auditID":"` + id + `","stage":"` + stage + `","annotations":{` + annotations + "}}\n"
}

func TestAuditLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	log := newAuditLog(path, "ours")
	first := logLine("ours-1", "ResponseComplete", `"pod-security.kubernetes.io/exempt":"user","authorization.k8s.io/decision":"allow"`)
	second := logLine("ours-2", "ResponseComplete", `"authorization.k8s.io/decision":"allow"`)
	half := len(second) / 2
	write := func(text string) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write(logLine("theirs-1", "Panic", "") + first + second[:half])
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := log.annotations(ended, []string{"ours-1", "ours-2"}); !errors.Is(err, context.Canceled) {
		t.Errorf("half a line: %v", err)
	}
	write(second[half:])
	got, err := log.annotations(t.Context(), []string{"ours-1", "ours-2"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"ours-1": {"exempt": "user"}, "ours-2": nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	write(logLine("ours-3", "Panic", ""))
	wantError := path + ": request ours-3 ended in the stage Panic"
	if _, err := log.annotations(t.Context(), []string{"ours-3"}); err == nil || !cmp.Equal(err.Error()[len(err.Error())-len(wantError):], wantError) {
		t.Errorf("error %v, want one that ends in %q", err, wantError)
	}
}
