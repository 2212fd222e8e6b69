package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"os"
	"slices"
	"time"
)

// member is a file of an archive.
type member struct {
	name    string
	mode    os.FileMode
	content []byte
}

// sorted are the members in the order of their names, whatever order they came in.
func sorted(members []member) []member {
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	return members
}

// tarred is a .tar.gz in which nothing tells of the machine: no owner, no time but the given one.
func tarred(members []member, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(compressed)
	for _, m := range sorted(members) {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: m.name, Mode: int64(m.mode.Perm()), Size: int64(len(m.content)), ModTime: when.UTC(), Format: tar.FormatUSTAR,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(m.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	err = compressed.Close()
	return b.Bytes(), err
}

// zipped is the same as a .zip.
func zipped(members []member, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range sorted(members) {
		header := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: when.UTC()}
		header.SetMode(m.mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(m.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
