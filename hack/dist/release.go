package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const module = "github.com/kubectl-pss/kubectl-pss"

// platform is what an archive is for.
type platform struct{ os, arch string }

// String names the platform as archives do.
func (p platform) String() string { return p.os + "_" + p.arch }

func platforms() []platform {
	return []platform{
		{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
	}
}

// binary is the plugin's file name.
func (p platform) binary() string {
	if p.os == "windows" {
		return "kubectl-pss.exe"
	}
	return "kubectl-pss"
}

// shim is the file of plugins with the program that kubectl runs for completions, and the names that it looks for. On
// Windows it takes a plugin's name from its file, extension and all, and so looks for one behind kubectl_complete-pss.exe.
func (p platform) shim() (file string, names []string) {
	if p.os == "windows" {
		return "kubectl_complete-pss.cmd", []string{"kubectl_complete-pss.cmd", "kubectl_complete-pss.exe.cmd"}
	}
	return "kubectl_complete-pss", []string{"kubectl_complete-pss"}
}

// release is what is built.
type release struct {
	version string
	// toolchain is the Go release that builds it, such as go1.26.11; empty for the one that is installed.
	toolchain string
	when      time.Time
	platforms []platform
}

// archive is a platform's file name.
func (r *release) archive(p platform) string {
	extension := ".tar.gz"
	if p.os == "windows" {
		extension = ".zip"
	}
	return "kubectl-pss_" + r.version + "_" + p.String() + extension
}

// files are all that a release consists of.
func (r *release) files() []string {
	var files []string
	for _, p := range r.platforms {
		files = append(files, r.archive(p))
	}
	return append(files, checksumsFile, manifestFile)
}

// write builds the release into a directory.
func (r *release) write(ctx context.Context, out string) error {
	sums := map[string]string{}
	var list strings.Builder
	for _, p := range r.platforms {
		content, err := r.pack(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		name := r.archive(p)
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		sums[name] = hex.EncodeToString(sum[:])
		fmt.Fprintf(&list, "%s  %s\n", sums[name], name)
	}
	if err := os.WriteFile(filepath.Join(out, checksumsFile), []byte(list.String()), 0o644); err != nil {
		return err
	}
	template, err := os.ReadFile("krew-manifest.yaml")
	if err != nil {
		return err
	}
	manifest, err := render(string(template), r.version, sums)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, manifestFile), []byte(manifest), 0o644)
}

// pack builds one platform's archive.
func (r *release) pack(ctx context.Context, p platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "dist")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, p.binary())
	if err := r.compile(ctx, p, binary); err != nil {
		return nil, err
	}
	var members []member
	add := func(name, file string, mode os.FileMode) error {
		content, err := os.ReadFile(file)
		members = append(members, member{name, mode, content})
		return err
	}
	file, names := p.shim()
	err = errors.Join(add(p.binary(), binary, 0o755), add("LICENSE", "LICENSE", 0o644))
	for _, name := range names {
		err = errors.Join(err, add(name, filepath.Join("plugins", file), 0o755))
	}
	if err != nil {
		return nil, err
	}
	if p.os == "windows" {
		return zipped(members, r.when)
	}
	return tarred(members, r.when)
}

// compile builds the plugin and looks at what came of it. What the machine's environment could change about it is set here; the commit is put in by go
// itself.
func (r *release) compile(ctx context.Context, p platform, binary string) error {
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w -X "+module+"/pkg/cmd.version="+r.version,
		"-o", binary, "./cmd/kubectl-pss")
	build.Env = append(os.Environ(), "GOOS="+p.os, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOFLAGS=-trimpath", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	if r.toolchain != "" {
		build.Env = append(build.Env, "GOTOOLCHAIN="+r.toolchain)
	}
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	return inspect(p, r.toolchain, binary)
}
