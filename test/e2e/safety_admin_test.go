//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// admin is somebody with a kubeconfig and a state directory, who labels namespaces.
type admin struct {
	kubeconfig, state string
	// flags follow each command.
	flags []string
}

// newAdmin has a state directory of its own.
func newAdmin(t *testing.T, kubeconfig string, flags ...string) *admin {
	t.Helper()
	return &admin{kubeconfig: kubeconfig, state: t.TempDir(), flags: flags}
}

// process is one call of the plugin that may be under way.
type process struct {
	command        *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{}
	err            error
}

// start starts the plugin. Its stdin is no terminal, and says input.
func (a *admin) start(t *testing.T, input string, args ...string) *process {
	t.Helper()
	p := &process{command: exec.Command(suite.plugin, append(args, a.flags...)...), ended: make(chan struct{})}
	p.command.Env = []string{
		"KUBECONFIG=" + a.kubeconfig, "XDG_STATE_HOME=" + a.state,
		"HOME=" + filepath.Join(suite.dir, "home"), "TMPDIR=" + suite.dir, "PATH=/usr/bin:/bin",
	}
	p.command.Stdin, p.command.Stdout, p.command.Stderr = strings.NewReader(input), &p.stdout, &p.stderr
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = p.command.Wait()
	}()
	return p
}

// kill ends the process by SIGKILL, and returns when it is dead.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may have ended by itself
	<-p.ended
}

// wait returns how the process ended; exit is -1 for one that was killed.
func (p *process) wait(t *testing.T) result {
	t.Helper()
	<-p.ended
	if _, exited := errors.AsType[*exec.ExitError](p.err); p.err != nil && !exited {
		t.Fatal(p.err)
	}
	return result{stdout: p.stdout.String(), stderr: p.stderr.String(), exit: p.command.ProcessState.ExitCode()}
}

// pss runs the plugin.
func (a *admin) pss(t *testing.T, args ...string) result {
	t.Helper()
	return a.start(t, "", args...).wait(t)
}

// must runs the plugin and fails the test unless it ends with that exit code.
func (a *admin) must(t *testing.T, exit int, args ...string) result {
	t.Helper()
	r := a.pss(t, args...)
	if r.exit != exit {
		t.Fatalf("kubectl pss %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.exit, exit, r.stdout, r.stderr)
	}
	return r
}

// plan runs the plugin with -o json and reads the plan that it prints.
func (a *admin) plan(t *testing.T, exit int, args ...string) *report.LabelPlan {
	t.Helper()
	return decodePlan(t, a.must(t, exit, append(args, "-o", "json")...).stdout)
}

// decodePlan reads a plan, strictly.
func decodePlan(t *testing.T, text string) *report.LabelPlan {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var p report.LabelPlan
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return &p
}

// runs is where the admin's journals are.
func (a *admin) runs() string { return filepath.Join(a.state, "kubectl-pss", "runs") }

// journals are the names of the admin's runs, and temporary those of files that will become one.
func (a *admin) journals() (runs, temporary []string) {
	entries, err := os.ReadDir(a.runs())
	if err != nil {
		return nil, nil // made with the first journal
	}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".jsonl"); ok {
			runs = append(runs, id)
		} else {
			temporary = append(temporary, e.Name())
		}
	}
	return runs, temporary
}

// onlyRun is the one run of which there is a journal.
func (a *admin) onlyRun(t *testing.T) string {
	t.Helper()
	runs, _ := a.journals()
	if len(runs) != 1 {
		t.Fatalf("the journals are %q", runs)
	}
	return runs[0]
}

// outcomes are the results of a plan by namespace.
func outcomes(p *report.LabelPlan) map[string]report.Ending {
	found := map[string]report.Ending{}
	for i := range p.Items {
		if r := p.Items[i].Result; r != nil {
			found[p.Items[i].Namespace] = r.Outcome
		}
	}
	return found
}

// says fails the test unless stderr holds the text, and in lines of its own whatever else was asked for.
func (r result) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("stderr does not say %q:\n%s", text, r.stderr)
		}
	}
}
