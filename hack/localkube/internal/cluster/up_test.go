package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/fakekube"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

func TestUpAndDown(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.Audit = true
	var phases []string
	status, err := store.Up(t.Context(), opts, func(phase string) {
		if !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"waiting for etcd", "waiting for the API server", "waiting for the nodes", "waiting for the default service account",
	}
	if !slices.Equal(phases, want) {
		t.Errorf("phases are %q, want %q", phases, want)
	}
	if !status.Running || status.Phase != Started || len(status.Processes) != 5 {
		t.Errorf("status is %+v", status)
	}
	dir := filepath.Join(store.Root, "a")
	if status.Kubeconfig != filepath.Join(dir, "kubeconfig") || status.AuditLog != filepath.Join(dir, "audit.log") ||
		status.Kubectl != filepath.Join(opts.BinDir, "kubectl") || status.Release != "v1.37.1" {
		t.Errorf("status is %+v", status)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	wantNothing(t, store, status.Processes)
	if found, err := store.Down("a"); err != nil || found {
		t.Errorf("second down: %v, %v", found, err)
	}
	if status, err := store.Status("a"); err != nil || status.Phase != Absent || status.Running {
		t.Errorf("status afterwards: %+v, %v", status, err)
	}
}

func TestUpWithLess(t *testing.T) {
	for what, less := range map[string]struct {
		of   func(*Options)
		want []string
	}{
		"no nodes":       {func(o *Options) { o.Nodes = 0 }, []string{etcd, apiserver, controllerManager}},
		"no controllers": {func(o *Options) { o.NoControllers = true }, []string{etcd, apiserver}},
	} {
		t.Run(what, func(t *testing.T) {
			store, opts := newStore(t), options(t)
			less.of(&opts)
			status := mustUp(t, store, opts)
			var names []string
			for _, p := range status.Processes {
				names = append(names, p.Name)
			}
			if !slices.Equal(names, less.want) || !status.Running {
				t.Errorf("%q run, want %q", names, less.want)
			}
		})
	}
}

func TestSecondUpIsRefused(t *testing.T) {
	store, opts := newStore(t), options(t)
	status := mustUp(t, store, opts)
	_, err := store.Up(t.Context(), opts, silent)
	want := fmt.Sprintf("cluster \"a\" is already running at %s: stop it with \"localkube down --name a\", "+
		"or start another one with --name", status.Server)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if after, err := store.Status("a"); err != nil || !after.Running {
		t.Errorf("the first one suffered: %+v, %v", after, err)
	}
	opts.Name = "b"
	mustUp(t, store, opts)
}

func TestUpOverADeadCluster(t *testing.T) {
	store, opts := newStore(t), options(t)
	status := mustUp(t, store, opts)
	for _, p := range status.Processes {
		if p.Name == apiserver {
			if err := process.Stop([]process.Identity{p.identity}, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	after, err := store.Status("a")
	if err != nil || after.Running || !after.Busy() {
		t.Errorf("status is %+v, %v", after, err)
	}
	_, err = store.Up(t.Context(), opts, silent)
	const want = `cluster "a" is there but not running: clear it with "localkube down --name a"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := store.Down("a"); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, store, status.Processes)
}

func TestComponentThatEndsIsQuoted(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.APIServerArgs = []string{fakekube.FailArg}
	_, err := store.Up(t.Context(), opts, silent)
	const want = "kube-apiserver ended: exit status 3\n  first line\n  Error: unknown flag: --fake-failure"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	wantNothing(t, store, nil)
}

func TestUpGivesUp(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.APIServerArgs, opts.Timeout = []string{fakekube.NeverReadyArg}, time.Second
	_, err := store.Up(t.Context(), opts, silent)
	const want = "gave up waiting for the API server: not there within --timeout " +
		"(last: the API server answers 500: etcd failed)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	wantNothing(t, store, nil)
}

func TestInterruptedUpLeavesNothing(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.APIServerArgs = []string{fakekube.NeverReadyArg}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := store.Up(ctx, opts, func(phase string) {
		if phase == "waiting for the API server" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, store, nil)
}

func TestDownAfterAKilledUp(t *testing.T) {
	store, opts := newStore(t), options(t)
	status := mustUp(t, store, opts)
	// What a kill in the middle would have left: the phase, and the identity of an "up" that is no more.
	status.Phase, status.Starter = Starting, process.Identity{PID: 1 << 30, Start: "gone"}
	if err := status.write(); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	wantNothing(t, store, status.Processes)
}

func TestDownAfterAKilledDown(t *testing.T) {
	store, opts := newStore(t), options(t)
	status := mustUp(t, store, opts)
	dir := store.Dir("a")
	if err := os.Rename(filepath.Join(dir, runFolder), filepath.Join(dir, endedFolder)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(status.Processes[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	wantNothing(t, store, status.Processes)
}

func TestDownOfAnEmptyFolder(t *testing.T) {
	store := newStore(t)
	if _, err := store.reserve("a", ""); err != nil {
		t.Fatal(err)
	}
	if status, err := store.Status("a"); err != nil || status.Phase != Starting || status.Running || status.Busy() {
		t.Errorf("status is %+v, %v", status, err)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	wantNothing(t, store, nil)
}

func TestBusyPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	store, opts := newStore(t), options(t)
	if opts.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	_, err = store.Up(t.Context(), opts, silent)
	want := "--port " + port + " is in use on 127.0.0.1: choose another one, or 0 for any free one"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	wantNothing(t, store, nil)
}

func TestPortOutOfRange(t *testing.T) {
	for _, port := range []int{-1, 65536} {
		err := CheckPort(port)
		if err == nil || !strings.HasSuffix(err.Error(), "flag: must be 0 (any free port) to 65535") {
			t.Errorf("%d: %v", port, err)
		}
	}
}
