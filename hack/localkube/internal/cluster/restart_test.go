package cluster

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/fakekube"
)

// commandLine is what the API server of a cluster runs with.
func commandLine(t *testing.T, status Status) []string {
	t.Helper()
	for _, p := range status.Processes {
		if p.Name != apiserver {
			continue
		}
		raw, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(p.PID)).Output()
		if err != nil {
			t.Fatal(err)
		}

		return strings.Fields(string(raw))
	}
	t.Fatal("no API server")

	return nil
}

func TestRestart(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.APIServerArgs = []string{"--first"}
	before := mustUp(t, store, opts)
	old := commandLine(t, before)
	again := Restart{Name: "a", AdmissionConfig: "/tmp/a.yaml", APIServerArgs: []string{"--second"}, Timeout: 20 * time.Second}
	if err := store.Restart(t.Context(), again, silent); err != nil {
		t.Fatal(err)
	}
	after, err := store.Status("a")
	if err != nil || !after.Running || len(after.Processes) != 5 || after.Server != before.Server {
		t.Errorf("status is %+v, %v", after, err)
	}
	want := append(slices.Clone(old[:len(old)-1]), "--admission-control-config-file=/tmp/a.yaml", "--second")
	if got := commandLine(t, after); old[len(old)-1] != "--first" || !slices.Equal(got, want) {
		t.Errorf("arguments are %q, and were %q", got, old)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	wantNothing(t, store, append(before.Processes, after.Processes...))
}

func TestRestartThatFailsCanBeRepeated(t *testing.T) {
	store, opts := newStore(t), options(t)
	mustUp(t, store, opts)
	again := Restart{Name: "a", APIServerArgs: []string{fakekube.FailArg}, Timeout: 20 * time.Second}
	err := store.Restart(t.Context(), again, silent)
	const want = "kube-apiserver ended: exit status 3\n  first line\n  Error: unknown flag: --fake-failure"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if status, err := store.Status("a"); err != nil || status.Running {
		t.Errorf("status is %+v, %v", status, err)
	}
	again.APIServerArgs = nil
	if err := store.Restart(t.Context(), again, silent); err != nil {
		t.Fatal(err)
	}
	if status, err := store.Status("a"); err != nil || !status.Running {
		t.Errorf("status is %+v, %v", status, err)
	}
}

func TestRestartOfNothing(t *testing.T) {
	err := newStore(t).Restart(t.Context(), Restart{Name: "a"}, silent)
	const want = `cluster "a" is not running: start it with "localkube up --name a"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
