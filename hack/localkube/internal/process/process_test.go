package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be its own shim, as localkube is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ShimCommand {
		fmt.Fprintln(os.Stderr, Become(os.Args[2:]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// shell starts a shell script as a component in a fresh folder and returns once it has recorded itself.
func shell(t *testing.T, script string) (*Running, Identity) {
	t.Helper()
	dir := t.TempDir()
	record := filepath.Join(dir, "run", "sh.json")
	if err := os.Mkdir(filepath.Dir(record), 0o700); err != nil {
		t.Fatal(err)
	}
	running, err := Start(Spec{
		Name: "sh", Path: "/bin/sh", Args: []string{"-c", script}, Log: filepath.Join(dir, "sh.log"), Record: record,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The log is the last thing that a script does before it waits.
	eventually(t, "the script to start", func() bool {
		raw, err := os.ReadFile(running.Log)

		return err == nil && bytes.Contains(raw, []byte("started"))
	})
	id, err := ReadRecord(record)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Stop([]Identity{id}, 0) })

	return running, id
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestStartRecordsTheProgramItself(t *testing.T) {
	running, id := shell(t, "echo started $$; exec sleep 60")
	raw, err := os.ReadFile(running.Log)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("started %d\n", id.PID); string(raw) != want {
		t.Errorf("log is %q, want %q", raw, want)
	}
	if !id.Leads {
		t.Error("the program leads no group of its own")
	}
	if !id.Alive() {
		t.Error("the program counts as dead")
	}
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	child := filepath.Join(t.TempDir(), "child")
	running, id := shell(t, "sleep 61 & echo $! > "+child+"; echo started; wait")
	raw, err := os.ReadFile(child)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(raw), &pid); err != nil {
		t.Fatal(err)
	}
	sleeper, err := Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := Stop([]Identity{id}, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	<-running.Done()
	eventually(t, "the child to end", func() bool { return !sleeper.Alive() })
}

func TestStopKillsWhatIgnoresTheRequest(t *testing.T) {
	running, id := shell(t, "trap '' TERM; echo started; while :; do sleep 1; done")
	if err := Stop([]Identity{id}, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	<-running.Done()
	if id.Alive() {
		t.Error("still alive")
	}
	if running.Err() == nil || !strings.Contains(running.Err().Error(), "killed") {
		t.Errorf("ended with %v, want a kill", running.Err())
	}
}

func TestStopSparesRecycledIDs(t *testing.T) {
	_, id := shell(t, "echo started; exec sleep 62")
	stranger := Identity{PID: id.PID, Start: "another boot/1", Leads: true}
	if stranger.Alive() {
		t.Error("a process with another start counts as the same")
	}
	if err := Stop([]Identity{stranger}, time.Second); err != nil {
		t.Fatal(err)
	}
	if !id.Alive() {
		t.Error("a stranger was ended")
	}
}

func TestStopIsContentWithNothing(t *testing.T) {
	if err := Stop([]Identity{{}, {PID: -1}, {PID: 1 << 30, Start: "x"}}, time.Second); err != nil {
		t.Error(err)
	}
}

func TestZombieIsDead(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "exit 0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process to become a zombie", func() bool {
		_, err := Identify(cmd.Process.Pid)

		return err != nil
	})
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A "down" renames the folder of the records first; whoever comes later must not run.
func TestProgramWithoutPlaceForItsRecordDoesNotRun(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	_, err := Start(Spec{
		Name: "sh", Path: "/bin/sh", Args: []string{"-c", "touch " + trace},
		Log: filepath.Join(dir, "sh.log"), Record: filepath.Join(dir, "run", "sh.json"),
	})
	want := "cannot start sh: exit status 1, see " + filepath.Join(dir, "sh.log")
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("the program ran")
	}
	left, err := filepath.Glob(filepath.Join(dir, "run*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestStartFromStat(t *testing.T) {
	stat := "42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 7 0 987654 1 2 3\n"
	got, err := startFromStat(stat)
	if err != nil || !strings.HasSuffix(got, "/987654") {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := startFromStat(strings.Replace(stat, " S ", " Z ", 1)); err == nil {
		t.Error("a zombie has a start")
	}
	if _, err := startFromStat("42 (a"); err == nil {
		t.Error("half a line has a start")
	}
}

func TestStartFromPS(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here")
	}
	first, err := startFromPS(os.Getpid())
	if err != nil || first == "" {
		t.Fatalf("got %q, %v", first, err)
	}
	if again, err := startFromPS(os.Getpid()); err != nil || again != first {
		t.Errorf("got %q, %v, want %q again", again, err, first)
	}
	if _, err := startFromPS(1 << 30); err == nil {
		t.Error("a process that is not there has a start")
	}
}

func TestReadRecordRefusesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecord(path); err == nil || !strings.Contains(err.Error(), path+" is damaged: ") {
		t.Errorf("got %v", err)
	}
	raw, err := json.Marshal(Identity{PID: 7, Start: "s", Leads: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err := ReadRecord(path); err != nil || id != (Identity{PID: 7, Start: "s", Leads: true}) {
		t.Errorf("got %v, %v", id, err)
	}
}
