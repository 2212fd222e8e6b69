package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// ShimCommand is the hidden first argument with which this program is started again to become another one.
const ShimCommand = "__run"

const recordPoll = 2 * time.Millisecond

// Spec says what to start.
type Spec struct {
	// Name is what people call it, such as kube-apiserver.
	Name string
	// Path is the program, which sees it as its own name.
	Path string
	Args []string
	// Log receives what the program prints; it is appended to.
	Log string
	// Record is where the program's identity is written before it runs.
	Record string
}

// Running is a program that this process started. It goes on when this process ends.
type Running struct {
	Spec

	done chan struct{}
	err  error
}

// Done is closed when the program has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

// Err says how the program ended; only meaningful after Done.
func (r *Running) Err() error { return r.err }

// Start runs spec in a session of its own, detached from the terminal. The program records its own identity before its
// first instruction: a starter that is killed in between leaves nothing behind that could not be found again.
func Start(spec Spec) (*Running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()

	cmd := exec.Command(self, append([]string{ShimCommand, spec.Record, spec.Path}, spec.Args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", spec.Name, err)
	}
	running := &Running{Spec: spec, done: make(chan struct{})}
	go func() {
		running.err = cmd.Wait()
		close(running.done)
	}()

	return running, running.recorded()
}

// recorded waits for the record, so that whoever looks after Start finds all that was started.
func (r *Running) recorded() error {
	for {
		if _, err := os.Stat(r.Record); err == nil {
			return nil
		}
		select {
		case <-r.done:
			if _, err := os.Stat(r.Record); err == nil {
				return nil
			}

			return fmt.Errorf("cannot start %s: %w, see %s", r.Name, r.err, r.Log)
		case <-time.After(recordPoll):
		}
	}
}

// Become is the other half of Start: it records the identity and turns into the program. It returns only on failure.
func Become(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: " + ShimCommand + " RECORD PROGRAM [ARGUMENT...]")
	}
	if err := Record(args[0]); err != nil {
		return err
	}

	return syscall.Exec(args[1], args[1:], os.Environ())
}
