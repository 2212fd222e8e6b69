//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const module = "github.com/kubectl-pss/kubectl-pss"

// ending is how long a program that was asked to end may take, on a machine that has other things to do.
const ending = 5 * time.Minute

// tools are the programs that a bench needs.
type tools struct {
	root                                       string // of the module
	plugin, floor, imports, measure, localkube string
}

// build builds what was not handed in, all of it the way the plugin is built for a release.
func build(ctx context.Context, o *options, dir string) (*tools, error) {
	root, err := output(command(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return nil, err
	}
	t := &tools{root: strings.TrimSpace(root), plugin: o.plugin, localkube: o.localkube}
	for _, part := range []struct {
		path         *string
		name, source string
		in           string
	}{
		{&t.floor, "floor", "./test/bench/floor", t.root},
		{&t.measure, "measure", "./test/bench/measure", t.root},
		{&t.plugin, "kubectl-pss", "./cmd/kubectl-pss", t.root},
		{&t.localkube, "localkube", ".", filepath.Join(t.root, "hack", "localkube")},
	} {
		if *part.path == "" {
			say("building %s", part.name)
			*part.path = filepath.Join(dir, part.name)
			if err := buildAt(ctx, part.in, *part.path, part.source); err != nil {
				return nil, err
			}
		}
		if *part.path, err = filepath.Abs(*part.path); err != nil {
			return nil, err
		}
	}
	say("building imports")
	t.imports, err = buildImports(ctx, t.root, dir)
	return t, err
}

// buildAt builds a program the way the plugin is built for a release.
func buildAt(ctx context.Context, root, path, source string, flags ...string) error {
	args := append([]string{"build", "-C", root, "-trimpath", "-ldflags", "-s -w", "-o", path}, flags...)
	c := command(ctx, "go", append(args, source)...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	_, err := output(c)
	return err
}

// command runs in a process group of its own, so that a Ctrl-C reaches it only through us, and as a whole.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, path, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
	c.WaitDelay = ending
	return c
}

// output is what a command prints; what it complains of becomes the error.
func output(c *exec.Cmd) (string, error) {
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}

// localkube is a cluster of our own.
type localkube struct {
	path, name string
	status     struct {
		Release    string `json:"release"`
		Server     string `json:"server"`
		Kubeconfig string `json:"kubeconfig"`
		Kubectl    string `json:"kubectl"`
	}
}

// up starts it. There are no nodes, and of the controllers only one that does nothing once the namespaces are
// there: what was loaded stays as it is.
func (l *localkube) up(ctx context.Context, release string) error {
	args := []string{"up", "--name", l.name, "--no-kwok", "--timeout", "10m", "--controller-arg=--controllers=serviceaccount-controller"}
	if release != "" {
		args = append(args, "--release", release)
	}
	c := command(ctx, l.path, args...)
	// Collecting garbage is a good part of what loading costs the servers.
	c.Env = append(os.Environ(), "GOGC=200")
	c.Stderr = os.Stderr // how the first, long build gets on
	if err := c.Run(); err != nil {
		if ctx.Err() == nil {
			l.name = "" // perhaps somebody else's of that name: not ours to take down
		}
		return fmt.Errorf("starting the cluster: %w", err)
	}
	text, err := output(command(ctx, l.path, "status", "--name", l.name, "-o", "json"))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), &l.status)
}

// down removes it, also after an interruption.
func (l *localkube) down(ctx context.Context) error {
	if l.name == "" {
		return nil
	}
	say("removing the cluster %q", l.name)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	if _, err := output(command(ctx, l.path, "down", "--name", l.name)); err != nil {
		return errors.Join(errors.New("the cluster is still there"), err)
	}
	return nil
}
