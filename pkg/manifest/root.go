package manifest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stdin is the filename that stands for standard input.
const stdin = "-"

// root is a path as the command line gives it.
type root struct {
	path      string
	directory bool
	kustomize bool
}

// extensions are those that kubectl looks for in directories.
func extensions() []string { return []string{".json", ".yaml", ".yml"} }

func rootsOf(o *Options) ([]root, error) {
	switch {
	case o.Kustomize != "" && (len(o.Filenames) > 0 || o.Recursive):
		return nil, errors.New("--kustomize cannot be used together with --filename or --recursive")
	case o.Kustomize != "":
		r, err := kustomizeRoot(o.Kustomize)
		return []root{r}, err
	case len(o.Filenames) == 0 && o.Recursive:
		return nil, errors.New("--recursive needs --filename to say where")
	case len(o.Filenames) == 0:
		return nil, errors.New("must specify one of --filename and --kustomize")
	}
	var roots []root
	for _, name := range o.Filenames {
		found, err := expand(name, o)
		if err != nil {
			return nil, err
		}
		roots = append(roots, found...)
	}
	return roots, nil
}

// expand finds what a filename means, as kubectl does: itself, or else what matches it as a pattern.
func expand(name string, o *Options) ([]root, error) {
	switch {
	case name == stdin && o.Stdin == nil:
		return nil, errors.New("there is no standard input to read")
	case name == stdin:
		return []root{{path: stdin}}, nil
	case name == "":
		return nil, errors.New("--filename must not be empty")
	case strings.Contains(name, "://"):
		return nil, fmt.Errorf("%q is a URL, and files are judged offline: curl -fsSL %[1]s | kubectl pss check -f -", name)
	}
	matches := []string{name}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		if matches, err = filepath.Glob(name); err != nil {
			return nil, fmt.Errorf("pattern %q is not valid: %w", name, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("the path %q does not exist", name)
		}
	}
	roots := make([]root, 0, len(matches))
	for _, m := range matches {
		info, err := os.Stat(m)
		if err != nil {
			return nil, fmt.Errorf("the path %q cannot be accessed: %w", m, err)
		}
		roots = append(roots, root{path: m, directory: info.IsDir()})
	}
	return roots, nil
}

// file is a file to be read. One found in a directory may be a link, a pipe or a device.
type file struct {
	path string
	odd  bool
}

// files lists the files of a root, in order. Of a directory it takes those with the right extension.
func (r root) files(ctx context.Context, recursive bool) ([]file, error) {
	if !r.directory {
		return []file{{path: filepath.Clean(r.path)}}, nil
	}
	var list []file
	// With the separator a link to a directory is followed, as the user who names it expects.
	top := filepath.Clean(r.path) + string(filepath.Separator)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case entry.IsDir() && path != top && !recursive:
			return filepath.SkipDir
		case !entry.IsDir() && slices.Contains(extensions(), filepath.Ext(path)):
			list = append(list, file{path: filepath.Clean(path), odd: !entry.Type().IsRegular()})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("error reading %q: %w", r.path, err)
	}
	return list, nil
}
