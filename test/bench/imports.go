//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// importsName is the scenario that the start-up of the plugin is compared with.
const importsName = "imports"

// buildImports builds a program that imports what the plugin imports of others' packages and does nothing: its
// start is the least that the plugin's could cost. Its source is written each time, so that it cannot go stale.
func buildImports(ctx context.Context, root, dir string) (string, error) {
	c := command(ctx, "go", "list", "-C", root, "-deps", "-f", `{{with .Module}}{{if .Main}}{{join $.Imports "\n"}}{{end}}{{end}}`, "./cmd/kubectl-pss")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	listed, err := output(c)
	if err != nil {
		return "", err
	}
	source, overlay := filepath.Join(dir, "imports.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(source, []byte(importing(strings.Fields(listed))), 0o644); err != nil {
		return "", err
	}
	replace := map[string]map[string]string{"Replace": {filepath.Join(root, "test", "bench", "imports", "main.go"): source}}
	data, err := json.Marshal(replace)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, data, 0o644); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "imports")
	return path, buildAt(ctx, root, path, "./test/bench/imports", "-overlay", overlay)
}

// importing is a program that imports packages, all but our own.
func importing(packages []string) string {
	packages = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(packages))), func(path string) bool {
		return path == module || strings.HasPrefix(path, module+"/")
	})
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, path := range packages {
		fmt.Fprintf(&b, "\t_ %q\n", path)
	}
	b.WriteString(")\n\nfunc main() {}\n")
	return b.String()
}
