//go:build unix

package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file that cannot be read is an error of its own; the others are judged.
func TestUnreadableFile(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": podYAML})
	if err := os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "c.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, got, _, _ := read(t, Options{Filenames: []string{dir}})
	want := []string{
		"DIR/b.yaml: stat DIR/b.yaml: no such file or directory",
		"DIR/c.yaml: is no regular file but prw-------",
	}
	var texts []string
	for _, l := range lines(s.Errors()) {
		texts = append(texts, strings.ReplaceAll(l, dir, "DIR"))
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if len(got.pods) != 1 {
		t.Errorf("%d pods of the good file, want 1", len(got.pods))
	}
}
