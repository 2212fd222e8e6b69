package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// installAs does what krew does on a platform, with the archives of a directory in place of downloads, and throws the
// result away.
func installAs(manifestPath, archives string, p platform) error {
	dir, err := os.MkdirTemp("", "krew")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_, err = install(manifestPath, archives, p, dir)
	return err
}

// install puts a platform's files into a directory and returns the path of the plugin there.
func install(manifestPath, archives string, p platform, dir string) (plugin string, err error) {
	text, err := os.ReadFile(manifestPath)
	if err != nil {
		return "", err
	}
	m, err := parse(strings.TrimSuffix(filepath.Base(manifestPath), ".yaml"), string(text))
	if err != nil {
		return "", err
	}
	k, err := m.platformFor(p)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(filepath.Join(archives, path.Base(k.URI)))
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != k.Sha256 {
		return "", fmt.Errorf("the checksum of %s is not the manifest's", path.Base(k.URI))
	}
	files, err := unpacked(content, strings.HasSuffix(k.URI, ".zip"))
	if err != nil {
		return "", err
	}
	chosen, err := moved(files, k.Files)
	if err != nil {
		return "", err
	}
	for _, f := range chosen {
		file := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(file, f.content, f.mode); err != nil {
			return "", err
		}
	}
	if !filepath.IsLocal(k.Bin) {
		return "", fmt.Errorf("bin leads out of the plugin's directory: %s", k.Bin)
	}
	plugin = filepath.Join(dir, k.Bin)
	switch info, err := os.Stat(plugin); {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return "", fmt.Errorf("bin %s cannot be run", k.Bin)
	case p.os == "windows" && !strings.HasSuffix(k.Bin, ".exe"):
		return "", fmt.Errorf("bin %s is no .exe, which is all that krew takes on Windows", k.Bin)
	}
	return plugin, nil
}

// unpacked are the files of an archive.
func unpacked(content []byte, isZip bool) ([]member, error) {
	var files []member
	add := func(name string, mode fs.FileMode, r io.Reader) error {
		if !mode.IsRegular() || !filepath.IsLocal(name) {
			return fmt.Errorf("%s is no file, or leads out of the archive", name)
		}
		content, err := io.ReadAll(r)
		files = append(files, member{name, mode.Perm(), content})
		return err
	}
	if isZip {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return nil, err
		}
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			if err := add(f.Name, f.Mode(), r); err != nil {
				return nil, err
			}
		}
		return files, nil
	}
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if err := add(header.Name, header.FileInfo().Mode(), archive); err != nil {
			return nil, err
		}
	}
}

// moved are the files that a manifest takes out of an archive, under their new names: without any rule all of them, else
// those that a pattern matches, below the place it sends them to.
func moved(files []member, moves []fileMove) ([]member, error) {
	if moves == nil {
		return files, nil
	}
	var chosen []member
	for _, move := range moves {
		before := len(chosen)
		for _, f := range files {
			ok, err := path.Match(move.From, f.name)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			f.name = path.Join(move.To, path.Base(f.name))
			if move.To != "." && !strings.ContainsAny(move.From, "*?[") {
				f.name = path.Clean(move.To) // one file, which may get another name
			}
			if !filepath.IsLocal(f.name) {
				return nil, fmt.Errorf("%s leads out of the plugin's directory", move.To)
			}
			chosen = append(chosen, f)
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("no file of the archive matches %s", move.From)
		}
	}
	return chosen, nil
}
