// Package cluster runs Kubernetes control planes of built binaries: each in a folder of its own, found again by name.
package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
)

const stateFile = "state.json"

// Store is the folder that knows every cluster of this user by name. An entry is the cluster's folder itself, or a
// symbolic link to it where it was put elsewhere.
type Store struct {
	Root string
}

// OpenStore finds the store of the user whose environment getenv reads. Nothing is created.
func OpenStore(getenv func(string) string) Store {
	base := getenv("XDG_STATE_HOME")
	if base == "" && getenv("HOME") != "" {
		base = filepath.Join(getenv("HOME"), ".local", "state")
	}
	if base == "" {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("state-%d", os.Getuid()))
	}

	return Store{Root: filepath.Join(base, "kubectl-pss", "localkube")}
}

// CheckName refuses names that could not be a folder, a context and a part of a node name at once.
func CheckName(name string) error {
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`).MatchString(name) {
		return fmt.Errorf(
			"invalid argument %q for \"--name\" flag: must be at most 40 lower-case letters, digits and hyphens", name)
	}

	return nil
}

// Names lists all clusters that have left something, sorted.
func (s Store) Names() ([]string, error) {
	entries, err := os.ReadDir(s.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if CheckName(entry.Name()) == nil {
			names = append(names, entry.Name())
		}
	}
	sort.Strings(names)

	return names, nil
}

// Exists reports whether there is anything of the cluster, be it only a broken link.
func (s Store) Exists(name string) bool {
	_, err := os.Lstat(s.entry(name))

	return err == nil
}

// Dir is where the cluster's files are, or would be.
func (s Store) Dir(name string) string {
	if target, err := os.Readlink(s.entry(name)); err == nil {
		return target
	}

	return s.entry(name)
}

func (s Store) entry(name string) string { return filepath.Join(s.Root, name) }

// reserve makes the folder of a new cluster, in dir or, if that is empty, in the store. Of two that ask for the same
// name at the same time, one gets an error that is fs.ErrExist.
func (s Store) reserve(name, dir string) (string, error) {
	if err := checkEmpty(dir); err != nil {
		return "", err
	}
	// A "down" of the last other cluster removes an empty store, perhaps right between the two steps.
	for attempt := 0; ; attempt++ {
		if err := os.MkdirAll(s.Root, 0o700); err != nil {
			return "", err
		}
		var err error
		if dir == "" {
			err = os.Mkdir(s.entry(name), 0o700)
		} else {
			err = os.Symlink(dir, s.entry(name))
		}
		if err == nil {
			break
		}
		if attempt > 0 || !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if dir == "" {
		return s.entry(name), nil
	}

	return dir, os.MkdirAll(dir, 0o700)
}

// checkEmpty refuses a folder with something in it, for "down" will remove the folder whole.
func checkEmpty(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot use --dir: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("--dir %s is not empty: name a new or an empty folder, \"down\" removes it", dir)
	}

	return nil
}

// remove deletes all files of the cluster, and the store itself when it was the last one.
func (s Store) remove(name string) error {
	dir := s.Dir(name)
	if dir != s.entry(name) {
		if err := removeForeign(dir, name); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.entry(name)); err != nil {
		return err
	}
	// Fails while other clusters are there, or other files of the plugin, which is right.
	_, _ = os.Remove(s.Root), os.Remove(filepath.Dir(s.Root))

	return nil
}

// removeForeign removes a folder outside the store only if it is certain that the cluster made what is in it.
func removeForeign(dir, name string) error {
	state, err := readState(dir)
	if err == nil && state.Name == name {
		return os.RemoveAll(dir)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("left %s alone, it is not empty and not certainly a cluster's: %w", dir, err)
	}

	return nil
}
