package scripts

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for something to happen before it calls that a failure.
const patience = 5 * time.Minute

// command is a command with a script's environment and folder, for what testscript's own exec cannot do: it runs on
// beside the script.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	c := exec.Command(path, args[1:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "KUBECONFIG", "XDG_STATE_HOME", "NO_COLOR", "TERM"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	return c
}

// until waits for something that a process is to do. Where the process ends before, or it takes too long, the script
// fails.
func until(ts *testscript.TestScript, c *exec.Cmd, over <-chan struct{}, what string, isTrue func() bool, said func() string) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !isTrue() {
		select {
		case <-over:
			ts.Fatalf("the command ended with %d before %s; it said: %s", c.ProcessState.ExitCode(), what, said())
		case <-deadline.C:
			_ = c.Process.Kill()
			<-over
			ts.Fatalf("%s did not come; the command said: %s", what, said())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ended passes on what a process has said, and checks its exit code.
func ended(ts *testscript.TestScript, c *exec.Cmd, want int, stdout, stderr string) {
	_, _ = ts.Stdout().Write([]byte(stdout))
	_, _ = ts.Stderr().Write([]byte(stderr))
	if code := c.ProcessState.ExitCode(); code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// interrupted runs a command, sends it SIGINT once the server has got so many requests of a method to a path, and checks
// that it ends with 130: interrupted METHOD COUNT PATH COMMAND ARG...
func interrupted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: interrupted METHOD COUNT PATH COMMAND ARG...")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	requested := func() int {
		got := 0
		for _, r := range server(ts).Requests(args[2]) {
			if r.Method == args[0] {
				got++
			}
		}
		return got
	}
	before := requested()
	c := command(ts, args[3:])
	var stdout, stderr lockedBuffer
	c.Stdout, c.Stderr = &stdout, &stderr
	ts.Check(c.Start())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.Wait()
	}()
	until(ts, c, over, "request "+args[1]+" of "+args[0]+" "+args[2], func() bool { return requested() >= before+count }, stderr.String)
	ts.Check(c.Process.Signal(os.Interrupt))
	<-over
	ended(ts, c, 130, stdout.String(), stderr.String())
}

// answer runs a command whose stdin and stderr are a terminal, waits for its question, presses keys and checks the exit
// code: answer CODE KEYS COMMAND ARG... KEYS are ctrl-c, ctrl-d, enter, or a word that enter follows. What the terminal
// has shown is the script's stderr then.
func answer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: answer CODE KEYS COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	keys, special := map[string]string{"ctrl-c": "\x03", "ctrl-d": "\x04", "enter": "\n"}[args[1]]
	if !special {
		keys = args[1] + "\n"
	}
	person, terminal, err := openTerminal()
	ts.Check(err)
	defer person.Close()
	c := command(ts, args[2:])
	var stdout, shown lockedBuffer
	c.Stdin, c.Stdout, c.Stderr = terminal, &stdout, terminal
	takeTerminal(c)
	err = c.Start()
	ts.Check(terminal.Close())
	ts.Check(err)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = shown.ReadFrom(person) // ends with an error once nobody holds the terminal any more
		_ = c.Wait()
	}()
	until(ts, c, over, "its question", func() bool { return strings.Contains(shown.String(), "[y/N] ") }, shown.String)
	_, err = person.WriteString(keys)
	ts.Check(err)
	<-over
	ended(ts, c, want, stdout.String(), strings.ReplaceAll(shown.String(), "\r\n", "\n"))
}

// lockedBuffer is a buffer that one may read while another writes.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// ReadFrom takes in what a file has, until it ends.
func (b *lockedBuffer) ReadFrom(f *os.File) (int64, error) {
	part, total := make([]byte, 4096), int64(0)
	for {
		n, err := f.Read(part)
		_, _ = b.Write(part[:n])
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
}

// String is what has been written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// stateDir is where the command keeps the journals of a script.
func stateDir(ts *testscript.TestScript) string {
	return filepath.Join(ts.Getenv("XDG_STATE_HOME"), "kubectl-pss", "runs")
}
