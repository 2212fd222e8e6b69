package binaries

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/progress"
)

// fakeGo is a go command that builds empty files, puts itself on PATH and writes down what it was asked.
type fakeGo struct {
	// dir holds go.mod and the sources of every module it pretends to download.
	dir string
}

const fakeScript = `#!/bin/sh
dir=@DIR@
echo "$@" >> $dir/calls
case "$1" in
env)   cat $dir/env ;;
mod)
  case "$2" in
  download)
    if [ -f $dir/refuse ]; then
      printf '{"Error": "%s: unknown revision"}\n' "$4"
      exit 1
    fi
    printf '{"Dir": "%s", "GoMod": "%s/upstream.mod"}\n' $dir $dir ;;
  esac ;;
list)  echo a/one; echo b/two ;;
build)
  if [ -f $dir/broken ]; then
    echo "a/one" >&2; echo "# b/two" >&2; echo "two.go:1:1: syntax error" >&2
    exit 1
  fi
  echo a/one >&2; echo b/two >&2
  while [ "$1" != -o ]; do shift; done
  echo "built $3" > "$2" ;;
esac
`

const upstreamMod = `module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require (
	github.com/kylelemons/godebug v1.1.0 // indirect
	k8s.io/api v0.0.0
	k8s.io/kube-openapi v0.0.0-20260721103909-000000000000
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/kubectl => ./staging/src/k8s.io/kubectl
)
`

func newFakeGo(t *testing.T) fakeGo {
	t.Helper()
	fake := fakeGo{dir: t.TempDir()}
	bin := t.TempDir()
	fake.write(t, "env", "go1.26.8\nlocal\n")
	fake.write(t, "upstream.mod", upstreamMod)
	for _, stage := range stages() {
		fake.write(t, "kustomize/stage/"+stage, "stage "+stage)
	}
	script := strings.ReplaceAll(fakeScript, "@DIR@", fake.dir)
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))

	return fake
}

func (f fakeGo) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// calls counts the commands that begin with prefix.
func (f fakeGo) calls(t *testing.T, prefix string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(f.dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, prefix) {
			count++
		}
	}

	return count
}

// newBuilder returns a builder with an empty cache, and what it says.
func newBuilder(t *testing.T) (Builder, *bytes.Buffer) {
	t.Helper()
	said := &bytes.Buffer{}
	line := progress.Start(said)
	t.Cleanup(line.Stop)

	return Builder{Root: filepath.Join(t.TempDir(), "cache"), Line: line}, said
}
