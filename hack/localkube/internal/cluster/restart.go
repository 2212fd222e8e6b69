package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

// Restart is what "restart" needs to know: which cluster, and what its API server is to run with in place of what it
// was told when it was started last.
type Restart struct {
	Name            string
	AdmissionConfig string
	APIServerArgs   []string
	// Timeout bounds the wait for the API server.
	Timeout time.Duration
}

// Restart ends the API server of a cluster and returns once another one answers at the same place. When that one does
// not start, the cluster is left without, and can be restarted again.
func (s Store) Restart(ctx context.Context, again Restart, progress Progress) error {
	status, err := s.Status(again.Name)
	if err != nil {
		return err
	}
	if status.Phase != Started || !status.alive(etcd) || len(status.APIServer) == 0 {
		return fmt.Errorf("cluster %q is not running: start it with \"localkube up --name %s\"", again.Name, again.Name)
	}
	if err := status.stopAPIServer(); err != nil {
		return err
	}
	token, err := adminToken(status.Dir)
	if err != nil {
		return err
	}
	client, err := newAPI(status.Dir, access{Server: status.Server, Admin: User{Token: token}})
	if err != nil {
		return err
	}
	p := plan{Options: Options{BinDir: filepath.Dir(status.Kubectl), Timeout: again.Timeout}, dir: status.Dir}
	starting := &starter{plan: p, progress: progress, began: time.Now()}
	args := slices.Concat(status.APIServer, asked(again.AdmissionConfig, again.APIServerArgs))
	if err := starting.start(p.spec(apiserver, args)); err != nil {
		return err
	}

	return starting.await(ctx, "the API server", func(ctx context.Context) error { return client.get(ctx, "/readyz", nil) })
}

// alive reports whether a component runs.
func (s Status) alive(component string) bool {
	return slices.ContainsFunc(s.Processes, func(p ProcessStatus) bool { return p.Name == component && p.Alive })
}

// restartGrace is enough to answer what was asked, but not to wait for watches to end: those begin anew anyhow.
const restartGrace = time.Second

// stopAPIServer ends the API server and forgets it.
func (s Status) stopAPIServer() error {
	for _, p := range s.Processes {
		if p.Name != apiserver {
			continue
		}
		if err := process.Stop([]process.Identity{p.identity}, restartGrace); err != nil {
			return err
		}
	}
	err := os.Remove(recordPath(s.Dir, apiserver))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	return err
}

// adminToken is the first field of the first line: see writeAccess.
func adminToken(dir string) (string, error) {
	raw, err := os.ReadFile(pkiPath(dir, tokensFile))
	if err != nil {
		return "", err
	}
	token, _, _ := strings.Cut(string(raw), ",")

	return token, nil
}
