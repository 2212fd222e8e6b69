package binaries

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

const (
	// recipe belongs into the key of the cache: count it up when a build would come out differently for a reason that
	// is not in the templates.
	recipe = 1

	lockPoll = 500 * time.Millisecond
)

// CacheRoot is where the builds of the user are kept whose environment getenv reads.
func CacheRoot(getenv func(string) string) string {
	base := getenv("XDG_CACHE_HOME")
	if base == "" && getenv("HOME") != "" {
		base = filepath.Join(getenv("HOME"), ".cache")
	}
	if base == "" {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("cache-%d", os.Getuid()))
	}

	return filepath.Join(base, "kubectl-pss", "localkube")
}

// cacheName is the folder of one build: whatever would change the outcome changes the name.
func cacheName(rel release.Release, goVersion string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, recipe, goVersion, runtime.GOOS, runtime.GOARCH, kwokVersion, linkFlags(rel), stages())
	err := fs.WalkDir(templates, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := templates.ReadFile(path)
		fmt.Fprintln(sum, path, len(content), string(content))

		return err
	})
	if err != nil {
		return "", err
	}

	return fmt.Sprintf("%s-%x", rel, sum.Sum(nil)[:6]), nil
}

// lock waits until no other process builds the same. The kernel lets go of the lock when its holder dies.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), file.Close())
		}
		waiting()
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(lockPoll):
		}
	}
}

// removeLeftovers removes what builds that were killed have left; the lock must be held.
func removeLeftovers(target string) error {
	left, err := filepath.Glob(target + temporarySuffix + "*")
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}

	return nil
}
