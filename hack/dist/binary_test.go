package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBinary builds the binary as a release does, which looks at it.
func TestBinary(t *testing.T) {
	t.Chdir("../..")
	for _, arch := range []string{"amd64", "arm64"} {
		p := platform{"linux", arch}
		if err := (&release{version: testVersion, when: someTime()}).compile(t.Context(), p, filepath.Join(t.TempDir(), "kubectl-pss")); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// What is built otherwise is seen: with symbols, and with the paths of this machine, for each format of binaries.
func TestInspectionFinds(t *testing.T) {
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []platform{{"linux", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}} {
		binary := filepath.Join(t.TempDir(), "plain")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source)
		build.Env = append(build.Environ(), "GOOS="+p.os, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		err := inspect(p, "go1.2.3", binary)
		if err == nil || !strings.Contains(err.Error(), "not stripped") || !strings.Contains(err.Error(), "-trimpath") ||
			!strings.Contains(err.Error(), "not with go1.2.3") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// Releases are built with what go.mod names.
func TestReleaseToolchain(t *testing.T) {
	t.Chdir(t.TempDir())
	if name, err := releaseToolchain(t.Context()); err == nil {
		t.Errorf("without a go.mod: %q", name)
	}
	for content, want := range map[string]string{
		"module x\ngo 1.26.0\ntoolchain go1.26.99\n": "go1.26.99",
		"module x\ngo 1.26.0\n":                      "",
	} {
		if err := os.WriteFile("go.mod", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if name, err := releaseToolchain(t.Context()); name != want || (err == nil) != (want != "") {
			t.Errorf("%q, want %q, error %v", name, want, err)
		}
	}
}
