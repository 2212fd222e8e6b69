package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// releaseToolchain is the Go release that go.mod names. Releases are built with it whatever is installed, so that they are
// the same everywhere, and have its standard library with all that was mended in it: TLS and HTTP are a part of each
// request.
func releaseToolchain(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "mod", "edit", "-json").Output()
	if err != nil {
		return "", fmt.Errorf("reading go.mod: %w", err)
	}
	var mod struct{ Toolchain string }
	if err := json.Unmarshal(out, &mod); err != nil {
		return "", fmt.Errorf("reading go.mod: %w", err)
	}
	if mod.Toolchain == "" {
		return "", errors.New("go.mod names no toolchain to build a release with")
	}
	return mod.Toolchain, nil
}
