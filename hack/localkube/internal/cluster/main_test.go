package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/fakekube"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

func TestMain(m *testing.M) {
	fakekube.Main()
	os.Exit(m.Run())
}

// newStore returns an empty store whose clusters are ended with the test.
func newStore(t *testing.T) Store {
	t.Helper()
	store := Store{Root: filepath.Join(t.TempDir(), "store")}
	t.Cleanup(func() {
		names, err := store.Names()
		if err != nil {
			t.Error(err)
		}
		for _, name := range names {
			if _, err := store.Down(name); err != nil {
				t.Error(err)
			}
		}
	})

	return store
}

// options are those of a cluster of fake components.
func options(t *testing.T) Options {
	t.Helper()
	bin, stages := fakekube.Install(t)

	return Options{
		Name: "a", Release: release.Release{Minor: 37, Patch: 1}, BinDir: bin, StageDir: stages, Nodes: 2,
		Timeout: 20 * time.Second,
	}
}

func silent(string) {}

func mustUp(t *testing.T, store Store, opts Options) Status {
	t.Helper()
	status, err := store.Up(t.Context(), opts, silent)
	if err != nil {
		t.Fatal(err)
	}

	return status
}

// wantNothing checks that neither a file of the store nor a process is left.
func wantNothing(t *testing.T, store Store, processes []ProcessStatus) {
	t.Helper()
	if _, err := os.Stat(store.Root); err == nil {
		t.Error("the store is left")
	}
	for _, p := range processes {
		if p.identity.Alive() {
			t.Errorf("%s is left", p.Name)
		}
	}
}
