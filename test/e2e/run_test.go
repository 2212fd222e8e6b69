//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// run holds what all tests share: the built binaries and the clusters.
type run struct {
	dir, bin          string
	plugin, localkube string
	// auditPolicy is the file that says what API servers log.
	auditPolicy string
	// id sets this run's names apart from those of another one, under way or killed.
	id string

	mu      sync.Mutex
	started []string
	servers [serverCount]struct {
		once   sync.Once
		server *server
		err    error
	}
	estate loading
}

// namePrefix is what the clusters of these tests are called by, followed by the process and a name.
const namePrefix = "e2e-"

// newRun builds the plugin and localkube into a folder of its own, and ends clusters that a killed run has left.
func newRun() (*run, error) {
	dir, err := os.MkdirTemp("", "kubectl-pss-e2e-")
	if err != nil {
		return nil, err
	}
	r := &run{dir: dir, bin: filepath.Join(dir, "bin"), id: strconv.Itoa(rand.IntN(9000) + 1000)}
	r.plugin, r.localkube = filepath.Join(r.bin, "kubectl-pss"), filepath.Join(dir, "localkube")
	if r.auditPolicy, err = filepath.Abs("testdata/audit-policy.yaml"); err != nil {
		r.close()
		return nil, err
	}
	builds := [][]string{
		{"build", "-ldflags=-s -w -X github.com/kubectl-pss/kubectl-pss/pkg/cmd.version=v0.0.0-e2e", "-o", r.plugin, "../../cmd/kubectl-pss"},
		{"build", "-C", "../../hack/localkube", "-ldflags=-s -w", "-o", r.localkube, "."},
	}
	for _, args := range builds {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			r.close()
			return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	if err := errors.Join(r.installShims(), r.clearKilledRuns()); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// clearKilledRuns takes down the clusters of runs whose process is gone.
func (r *run) clearKilledRuns() error {
	var list struct {
		Clusters []status `json:"clusters"`
	}
	out, err := exec.Command(r.localkube, "status", "--all", "-o", "json").Output()
	if decodeErr := json.Unmarshal(out, &list); decodeErr != nil {
		return fmt.Errorf("localkube status --all: %w, %w", err, decodeErr) // the exit code only says that none runs
	}
	for _, c := range list.Clusters {
		rest, ours := strings.CutPrefix(c.Name, namePrefix)
		pid, err := strconv.Atoi(strings.SplitN(rest, "-", 2)[0])
		if ours && err == nil && syscall.Kill(pid, 0) != nil {
			r.down(c.Name)
		}
	}
	return nil
}

// close takes down what was started and removes all files.
func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range r.started {
		r.down(name)
	}
	r.started = nil
	_ = os.RemoveAll(r.dir)
}

// end takes a cluster down before the others, whom it would only be in the way of, if it was started for these tests.
func (r *run) end(name string) {
	r.mu.Lock()
	ours := slices.Contains(r.started, name)
	r.started = slices.DeleteFunc(r.started, func(started string) bool { return started == name })
	r.mu.Unlock()
	if ours {
		r.down(name)
	}
}

func (r *run) down(name string) {
	if out, err := exec.Command(r.localkube, "down", "--name", name).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "localkube down --name %s: %v\n%s", name, err, out)
	}
}

// status is what localkube says of a cluster.
type status struct {
	Name       string `json:"name"`
	Running    bool   `json:"running"`
	Server     string `json:"server"`
	Kubeconfig string `json:"kubeconfig"`
	Kubectl    string `json:"kubectl"`
	AuditLog   string `json:"auditLog"`
}

// up starts a cluster with an audit log, which close takes down, and returns it.
func (r *run) up(name string, args ...string) (*server, error) {
	name = fmt.Sprintf("%s%d-%s", namePrefix, os.Getpid(), name)
	r.mu.Lock()
	r.started = append(r.started, name)
	r.mu.Unlock()
	args = slices.Concat([]string{"up", "--name", name, "--audit-log", "--timeout", patience.String()}, r.lean(), args)
	if out, err := r.local(context.Background(), args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("localkube %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return r.attach(name)
}

// local is a command of localkube. What it starts collects garbage less often than it would, which spares a fifth of
// the API servers' work for three hundred megabytes each.
func (r *run) local(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, r.localkube, args...)
	c.Env = append(os.Environ(), fmt.Sprintf("GOGC=%d", garbage))
	return c
}

// restart starts the API server of a cluster anew, with other arguments.
func (r *run) restart(t *testing.T, args ...string) ([]byte, error) {
	args = slices.Concat([]string{"restart", "--timeout", patience.String()}, r.lean(), args)
	return r.local(context.WithoutCancel(t.Context()), args...).CombinedOutput()
}

// attach returns a cluster that runs.
func (r *run) attach(name string) (*server, error) {
	out, err := exec.Command(r.localkube, "status", "--name", name, "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("localkube status --name %s: %w\n%s", name, err, out)
	}
	var s status
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&s); err != nil {
		return nil, err
	}
	return newServer(s)
}

// The admission configurations of the configured and the old server.
const (
	admissionConfig    = "testdata/admission.yaml"
	oldAdmissionConfig = "testdata/admission-1.24.yaml"
)

// oldRelease is the oldest one that the plugin calls itself exact about, and the second that tests may build.
const oldRelease = "v1.24.17"

// The servers that tests ask for.
const (
	plainServer = iota
	spareServer
	configuredServer
	oldServer
	policyServer
	policyEstate
	serverCount
)

// plain is the default cluster: the newest release as it comes, with pods that run.
func plain(t *testing.T) *server {
	t.Helper()
	return suite.server(t, plainServer, func() (*server, error) {
		if name := os.Getenv("PSS_E2E_CLUSTER"); name != "" {
			return suite.attach(name)
		}
		return suite.up("plain")
	})
}

// spare is a server as plain is, for tests that fill it or leave behind what others would stumble upon. Its pods stay
// Pending, and of controllers there are few.
func spare(t *testing.T) *server {
	t.Helper()
	return suite.server(t, spareServer, func() (*server, error) {
		return suite.up("spare", "--no-kwok", only("deployment-controller", "replicaset-controller", "serviceaccount-controller",
			"clusterrole-aggregation-controller", "validatingadmissionpolicy-status-controller"))
	})
}

// configured is a cluster whose API server runs with testdata/admission.yaml. Its pods stay Pending.
func configured(t *testing.T) *server {
	t.Helper()
	return suite.server(t, configuredServer, func() (*server, error) {
		return suite.upConfigured("configured", admissionConfig)
	})
}

// old is a cluster of the oldest release. Its pods stay Pending.
func old(t *testing.T) *server {
	t.Helper()
	return suite.server(t, oldServer, func() (*server, error) {
		return suite.upConfigured("old", oldAdmissionConfig, "--release", oldRelease)
	})
}

// upConfigured starts a cluster with an admission configuration, of which the plugin is told.
func (r *run) upConfigured(name, config string, args ...string) (*server, error) {
	s, err := r.up(name, append([]string{"--no-kwok", "--admission-config", config}, args...)...)
	if err == nil {
		s.flags = []string{"--admission-config", config}
	}
	return s, err
}

func (r *run) server(t *testing.T, which int, start func() (*server, error)) *server {
	t.Helper()
	s := &r.servers[which]
	s.once.Do(func() { s.server, s.err = start() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}
