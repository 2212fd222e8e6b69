package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/process"
)

const (
	// starterGrace is how long an "up" that is still at work may take to clean up after itself.
	starterGrace = 15 * time.Second
	// componentGrace is short: what the components would still write is about to be removed.
	componentGrace = 4 * time.Second
)

// Down ends every process of the cluster and removes its files. It reports whether there was anything to remove, and
// can be repeated, also after it was itself killed.
func (s Store) Down(name string) (bool, error) {
	if !s.Exists(name) {
		return false, nil
	}
	if state, err := readState(s.Dir(name)); err == nil && state.Phase == Starting {
		if err := process.Stop([]process.Identity{state.Starter}, starterGrace); err != nil {
			return true, err
		}
	}

	return true, s.clear(name)
}

// clear is Down without ending the "up": for the "up" that failed and clears its own remains.
func (s Store) clear(name string) error {
	dir := s.Dir(name)
	run, ended := filepath.Join(dir, runFolder), filepath.Join(dir, endedFolder)
	if err := os.Rename(run, ended); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		return err
	}
	found, err := processes(dir)
	if err != nil {
		return err
	}
	// An API server whose etcd has gone before does not end by itself.
	var first, last []process.Identity
	for _, p := range found {
		if p.Name == etcd {
			last = append(last, p.identity)
		} else {
			first = append(first, p.identity)
		}
	}
	if err := errors.Join(process.Stop(first, componentGrace), process.Stop(last, componentGrace)); err != nil {
		return err
	}

	return s.remove(name)
}
