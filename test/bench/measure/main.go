//go:build unix

// Command measure runs a command and writes to file descriptor 3 how it went: exit code, wall, user and system
// time in nanoseconds, and its peak memory as the system counts it.
//
// It is a program of its own because Linux counts the memory that the parent had at the time of the fork as the
// child's: a child of the bench, which has just loaded a cluster, would seem to need hundreds of megabytes.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("measure COMMAND [ARG...]")
	}
	command := exec.Command(args[0], args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	began := time.Now()
	err := command.Run()
	wall := time.Since(began)
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return err
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not say what a process used")
	}
	_, err = fmt.Fprintln(os.NewFile(3, "result"), command.ProcessState.ExitCode(), wall.Nanoseconds(),
		usage.Utime.Nano(), usage.Stime.Nano(), usage.Maxrss)
	return err
}
