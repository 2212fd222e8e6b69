// Package process starts programs that outlive their starter and ends exactly those, never a stranger that was given
// a recycled process id.
package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// errNoProcess says that there is no process with that id, or only a zombie, which nothing can be done to.
var errNoProcess = errors.New("no such process")

// Identity names one run of one program. A process id alone is not enough: ids are used again, so the moment of the
// start belongs to it.
type Identity struct {
	PID int `json:"pid"`
	// Start is opaque and differs between two processes that were given the same id one after the other.
	Start string `json:"start"`
	// Leads says that the process group with the same id was made for this program and may be ended with it.
	Leads bool `json:"leads,omitempty"`
}

// Identify returns the identity of the process that has this id now.
func Identify(pid int) (Identity, error) {
	start, err := startOf(pid)
	if err != nil {
		return Identity{}, err
	}

	return Identity{PID: pid, Start: start}, nil
}

// Alive reports whether this very run still exists. A zombie counts as dead: it holds neither memory nor port.
func (i Identity) Alive() bool {
	if i.PID <= 0 {
		return false
	}
	start, err := startOf(i.PID)

	return err == nil && start == i.Start
}

// ReadRecord reads what Record wrote.
func ReadRecord(path string) (Identity, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Identity{}, err
	}
	var id Identity
	if err := json.Unmarshal(raw, &id); err != nil {
		return Identity{}, fmt.Errorf("%s is damaged: %w", path, err)
	}

	return id, nil
}

// Record writes the identity of the calling process, which Start gave a group of its own, to path. It fails when the folder of path is gone, which is how
// Stop keeps late starters from running: the folder is renamed before the records in it are read.
func Record(path string) error {
	id, err := Identify(os.Getpid())
	if err != nil {
		return err
	}
	id.Leads = syscall.Getpgrp() == id.PID
	raw, err := json.Marshal(id)
	if err != nil {
		return err
	}
	// The temporary file lies beside the folder, so that a reader of the folder never sees half a record.
	temporary := fmt.Sprintf("%s.%d.tmp", filepath.Dir(path), id.PID)
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}

	return nil
}

// startOf returns when the process started, in a form that is only good for comparison.
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err == nil {
		return startFromStat(string(stat))
	}
	if _, statErr := os.Stat("/proc/self/stat"); statErr == nil {
		return "", errNoProcess
	}

	return startFromPS(pid)
}

// startFromStat reads field 22 (start time in ticks since boot) and adds the boot, for ticks begin anew with each one.
// The second field is the program's name in brackets and may itself hold blanks and brackets.
func startFromStat(stat string) (string, error) {
	const stateField, startField = 0, 19
	_, rest, found := cutLast(stat, ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) <= startField {
		return "", fmt.Errorf("cannot read process state %q", stat)
	}
	if fields[stateField] == "Z" || fields[stateField] == "X" {
		return "", errNoProcess
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // Hidden in some sandboxes; the ticks alone are still a good distinction.
	}

	return strings.TrimSpace(string(boot)) + "/" + fields[startField], nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}

	return s, "", false
}

// startFromPS serves systems without /proc, such as macOS.
func startFromPS(pid int) (string, error) {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return "", errNoProcess
	}
	cmd := exec.Command("ps", "-o", "stat=", "-o", "lstart=", "-p", strconv.Itoa(pid))
	// The start has to read the same whoever asks.
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	out, err := cmd.Output()
	state, start, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !found || strings.HasPrefix(state, "Z") {
		return "", errNoProcess
	}

	return strings.TrimSpace(start), nil
}
