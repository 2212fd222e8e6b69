package manifest

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRefusedOptions(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": podYAML})
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"nothing", Options{}, "must specify one of --filename and --kustomize"},
		{"recursive alone", Options{Recursive: true}, "--recursive needs --filename to say where"},
		{"-f and -k", Options{Filenames: []string{"a"}, Kustomize: "b"}, "--kustomize cannot be used together with --filename or --recursive"},
		{"-k and -R", Options{Recursive: true, Kustomize: "b"}, "--kustomize cannot be used together with --filename or --recursive"},
		{"empty name", Options{Filenames: []string{""}}, "--filename must not be empty"},
		{"absent file", Options{Filenames: []string{"/nowhere/a.yaml"}}, `the path "/nowhere/a.yaml" does not exist`},
		{"pattern without match", Options{Filenames: []string{"/nowhere/*.yaml"}}, `the path "/nowhere/*.yaml" does not exist`},
		{"bad pattern", Options{Filenames: []string{"[a"}}, `pattern "[a" is not valid: syntax error in pattern`},
		{"no stdin", Options{Filenames: []string{"-"}}, "there is no standard input to read"},
		{"URL", Options{Filenames: []string{"https://example.org/a.yaml"}}, `"https://example.org/a.yaml" is a URL, and files are judged offline: curl -fsSL https://example.org/a.yaml | kubectl pss check -f -`},
		{"remote kustomization", Options{Kustomize: "github.com/x/y?ref=v1"}, `"github.com/x/y?ref=v1" is remote, and files are judged offline: kubectl kustomize github.com/x/y?ref=v1 | kubectl pss check -f -`},
		{"absent kustomization", Options{Kustomize: "/nowhere"}, `the path "/nowhere" does not exist`},
		{"kustomization of a file", Options{Kustomize: filepath.Join(dir, "a.yaml")}, `the path "` + filepath.Join(dir, "a.yaml") + `" is no directory: --kustomize wants the one that holds the kustomization file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewSource(tt.options)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestNothingToJudge(t *testing.T) {
	tests := []struct {
		name, path string
		files      map[string]string
		want       string // DIR stands for the folder
	}{
		{"empty file", "a.yaml", map[string]string{"a.yaml": ""}, "no objects found in DIR/a.yaml"},
		{"only comments", "a.yaml", map[string]string{"a.yaml": "# nothing\n---\n"}, "no objects found in DIR/a.yaml"},
		{"null", "a.yaml", map[string]string{"a.yaml": "null\n"}, "no objects found in DIR/a.yaml"},
		{"empty list", "a.yaml", map[string]string{"a.yaml": "apiVersion: v1\nkind: List\nitems: []\n"}, "no objects found in DIR/a.yaml"},
		{"empty directory", "", nil, "error reading DIR: recognized file extensions are .json, .yaml, .yml"},
		{"only below", "", map[string]string{"sub/a.yaml": podYAML}, "error reading DIR: recognized file extensions are .json, .yaml, .yml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, tt.files)
			s, err := NewSource(Options{Filenames: []string{filepath.Join(dir, tt.path)}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Namespaces(t.Context())
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestWhichFilesAreRead(t *testing.T) {
	named := func(name string) string { return strings.Replace(podYAML, "name: p", "name: "+name, 1) }
	dir := write(t, map[string]string{
		"b.yml": named("b"), "a.yaml": named("a"), "c.json": `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}`,
		"notes.txt": named("txt"), "sub/d.yaml": named("d"), "sub/deep/e.yaml": named("e"), "other/f.yaml": named("f"),
	})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "sub"), link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		filenames []string
		recursive bool
		want      string
	}{
		{"directory", []string{dir}, false, "a b c"},
		{"recursive", []string{dir}, true, "a b c d e f"},
		{"any extension when named", []string{filepath.Join(dir, "notes.txt")}, false, "txt"},
		{"pattern", []string{filepath.Join(dir, "*", "*.yaml")}, false, "d f"},
		{"in the order given, each once", []string{filepath.Join(dir, "b.yml"), dir, dir + "/./a.yaml"}, false, "a b c"},
		{"link to a directory", []string{link}, true, "d e"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got, _, _ := read(t, Options{Filenames: tt.filenames, Recursive: tt.recursive})
			var names []string
			for i := range got.pods {
				names = append(names, got.pods[i].Name)
			}
			slices.Sort(names)
			if diff := cmp.Diff(tt.want, strings.Join(names, " ")); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
		})
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func TestTooMuch(t *testing.T) {
	s, err := NewSource(Options{Filenames: []string{"-"}, Stdin: endless{}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "the manifests are larger than 64 MiB all together: check them in parts"
	if _, err := s.Namespaces(t.Context()); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Whoever waits for standard input can be interrupted.
func TestInterrupted(t *testing.T) {
	stdin, typing := io.Pipe()
	defer func() { _ = typing.Close() }()
	s, err := NewSource(Options{Filenames: []string{"-"}, Stdin: stdin})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Namespaces(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}
