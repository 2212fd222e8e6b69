package binaries

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"strings"
	"time"
)

// interruptWait is how long the go command may take to stop its compilers before it is killed.
const interruptWait = 5 * time.Second

// toolchain is the Go that is installed.
type toolchain struct {
	path string
	// version is like go1.26.8.
	version string
	// fixed means that this Go does not fetch a newer one by itself.
	fixed bool
}

// findToolchain looks for Go on PATH.
func findToolchain(ctx context.Context) (toolchain, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return toolchain{}, fmt.Errorf("found no go command on PATH: the components are built from source, "+
			"install Go from https://go.dev/dl (%w)", err)
	}
	found := toolchain{path: path}
	out, err := found.run(ctx, os.TempDir(), "env", "GOVERSION", "GOTOOLCHAIN")
	if err != nil {
		return toolchain{}, err
	}
	lines := strings.Split(string(out), "\n")
	found.version, _, _ = strings.Cut(strings.TrimSpace(lines[0]), " ")
	// A Go that does not know the second name, as before 1.21, cannot fetch another one either.
	mode := ""
	if len(lines) > 1 {
		mode = strings.TrimSpace(lines[1])
	}
	found.fixed = mode == "" || mode == "local" || strings.HasPrefix(mode, "go") && !strings.Contains(mode, "+")

	return found, nil
}

// check refuses a Go older than what wants needs, where need is as in a go.mod.
func (t toolchain) check(wants, need string) error {
	if !t.fixed || version.Compare(t.version, "go"+need) >= 0 {
		return nil
	}

	return fmt.Errorf("%s is too old to build %s, which needs go%s: install it from https://go.dev/dl, "+
		"or let Go fetch it by setting GOTOOLCHAIN=auto", t.version, wants, need)
}

// command is the go command with an environment in which only the generated module decides what is built.
func (t toolchain) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir = dir
	for _, setting := range os.Environ() {
		switch name, _, _ := strings.Cut(setting, "="); name {
		case "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GO111MODULE", "CGO_ENABLED", "PWD":
		default:
			cmd.Env = append(cmd.Env, setting)
		}
	}
	// An empty GOFLAGS would let "go env -w" decide; the cache may lie in someone's checkout, so that stamping has to
	// be off anyway.
	cmd.Env = append(cmd.Env, "GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED=0", "PWD="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptWait

	return cmd
}

// run returns what the go command prints, and what it complains about as the error.
func (t toolchain) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := t.command(ctx, dir, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}

		return out.Bytes(), fmt.Errorf("go %s: %w\n%s", args[0], err, strings.TrimSpace(complaint.String()))
	}

	return out.Bytes(), nil
}

// module is where the go command put a downloaded module.
type module struct {
	Dir, GoMod, Error string
}

// download fetches one version of a module into the module cache.
func (t toolchain) download(ctx context.Context, dir, path string) (module, error) {
	out, err := t.run(ctx, dir, "mod", "download", "-json", path)
	var fetched module
	// The reason of a failure is in the answer; the exit code only says that there is one.
	if decodeErr := json.Unmarshal(out, &fetched); decodeErr != nil {
		return module{}, errors.Join(err, decodeErr)
	}
	if fetched.Error != "" {
		return module{}, errors.New(fetched.Error)
	}

	return fetched, err
}
