package commands

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// install is the path of a command, which is built where it is missing.
func install(t *testing.T, tool string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", "..", "hack", "tools", "install.sh"), tool)
	cmd.Stderr = os.Stderr // building takes minutes
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("installing %s: %v", tool, err)
	}
	return strings.TrimSpace(string(out))
}

// run gives what a command prints. Commands that find violations end with 1, which says no more than what they print.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), "KUBECONFIG=/dev/null")
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	t.Logf("%s %s took %v of CPU", filepath.Base(name), args[0], (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(time.Millisecond))
	if stderr.Len() > 0 {
		t.Logf("%s: %s", filepath.Base(name), stderr.String())
	}
	return stdout.Bytes()
}

// file writes a file into a folder and gives its path.
func file(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
