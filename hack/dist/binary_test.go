package main

import (
	"debug/buildinfo"
	"debug/elf"
	"os"
	"path/filepath"
	"testing"
)

// mostBytes is how large a release's binary may be: it is copied to wherever an admin works.
const mostBytes = 60 << 20

// TestBinary builds the binary as a release does: it needs no loader and no library, carries no symbols, no paths of the
// machine that it was built on, and is small enough.
func TestBinary(t *testing.T) {
	t.Chdir("../..")
	binary := filepath.Join(t.TempDir(), "kubectl-pss")
	r := release{version: testVersion, when: someTime()}
	if err := r.compile(t.Context(), platform{"linux", "amd64"}, binary); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= mostBytes {
		t.Errorf("%d bytes, which must be fewer than %d", info.Size(), mostBytes)
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("is not static: has a segment %s", p.Type)
		}
	}
	for _, s := range f.Sections {
		switch {
		case s.Type == elf.SHT_DYNAMIC || s.Name == ".interp":
			t.Errorf("is not static: has a section %s", s.Name)
		case s.Type == elf.SHT_SYMTAB || s.Name == ".debug_info" || s.Name == ".zdebug_info":
			t.Errorf("is not stripped: has a section %s", s.Name)
		}
	}
	build, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range build.Settings {
		switch {
		case s.Key == "CGO_ENABLED" && s.Value != "0":
			t.Errorf("was built with cgo")
		case s.Key == "-race", s.Key == "-trimpath" && s.Value != "true":
			t.Errorf("was built with %s=%s", s.Key, s.Value)
		}
	}
}
