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

	"github.com/kubectl-pss/kubectl-pss/test/fidelity/compare"
)

const module = "github.com/kubectl-pss/kubectl-pss"

// patience is how long a program that was asked to end may take.
const patience = time.Minute

// localkube starts and ends one cluster at a time.
type localkube struct {
	path, name string
}

// buildLocalkube builds it, unless there is one already.
func buildLocalkube(ctx context.Context, path, dir string) (*localkube, error) {
	l := &localkube{path: path, name: fmt.Sprintf("fidelity-%d", os.Getpid())}
	if path != "" {
		return l, nil
	}
	root, err := output(command(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return nil, err
	}
	say("building localkube")
	l.path = filepath.Join(dir, "localkube")
	_, err = output(command(ctx, "go", "build", "-C", filepath.Join(strings.TrimSpace(root), "hack", "localkube"), "-o", l.path, "."))
	return l, err
}

// up starts a cluster without nodes and with an audit log.
func (l *localkube) up(ctx context.Context, args ...string) (compare.Place, error) {
	args = append([]string{"up", "--name", l.name, "--no-kwok", "--audit-log"}, args...)
	say("localkube %s (the first start of a release builds it, which takes minutes)", strings.Join(args, " "))
	c := command(ctx, l.path, args...)
	c.Env = append(os.Environ(), "GOGC=200") // collecting garbage is a good part of what the servers do
	c.Stderr = os.Stderr                     // how the first, long build gets on
	if err := c.Run(); err != nil {
		return compare.Place{}, fmt.Errorf("starting the cluster: %w", err)
	}
	text, err := output(command(ctx, l.path, "status", "--name", l.name, "-o", "json"))
	if err != nil {
		return compare.Place{}, err
	}
	var status struct {
		Kubeconfig string `json:"kubeconfig"`
		AuditLog   string `json:"auditLog"`
	}
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		return compare.Place{}, err
	}
	return compare.Place{Kubeconfig: status.Kubeconfig, AuditLog: status.AuditLog}, nil
}

// down removes the cluster, also after an interruption.
func (l *localkube) down(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if _, err := output(command(ctx, l.path, "down", "--name", l.name)); err != nil {
		return errors.Join(errors.New("the cluster is still there"), err)
	}
	return nil
}

// command runs in a process group of its own, so that a Ctrl-C reaches it only through us, and as a whole.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, path, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
	c.WaitDelay = patience
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
