package main

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"os"
	"strings"
)

// mostBytes is how large a release's binary may be: it is copied to wherever an admin works.
const mostBytes = 60 << 20

// inspect holds a binary to what a release's has to be: small enough, without cgo, symbols, paths of the machine that it
// was built on, and libraries that a system may lack; and built with that toolchain, where one is named.
func inspect(p platform, toolchain, binary string) error {
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	build, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	var errs []error
	if info.Size() >= mostBytes {
		errs = append(errs, fmt.Errorf("%d bytes, which must be fewer than %d", info.Size(), mostBytes))
	}
	if toolchain != "" && build.GoVersion != toolchain {
		errs = append(errs, fmt.Errorf("was built with %s, and not with %s", build.GoVersion, toolchain))
	}
	settings := map[string]string{}
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	for key, want := range map[string]string{"CGO_ENABLED": "0", "-trimpath": "true", "-race": "", "GOOS": p.os, "GOARCH": p.arch} {
		if settings[key] != want {
			errs = append(errs, fmt.Errorf("was built with %s=%s, and not %q", key, settings[key], want))
		}
	}
	sections, libraries, err := contents(p, binary)
	for _, s := range sections {
		// .debug_info, .zdebug_info, __debug_info; the linker for Windows leaves a .symtab without symbols.
		if s == ".symtab" && p.os != "windows" || strings.Contains(s, "debug") {
			errs = append(errs, fmt.Errorf("is not stripped: has a section %s", s))
		}
	}
	for _, l := range libraries {
		if p.os == "linux" || p.os == "darwin" && !strings.HasPrefix(l, "/usr/lib/") && !strings.HasPrefix(l, "/System/") ||
			p.os == "windows" && !strings.HasSuffix(l, ":kernel32.dll") {
			errs = append(errs, fmt.Errorf("is not static: needs %s", l))
		}
	}
	return errors.Join(append(errs, err)...)
}

// contents names a binary's sections, and what a system has to load beside it.
func contents(p platform, binary string) (sections, libraries []string, err error) {
	switch p.os {
	case "darwin": // which has no other way to its kernel than its own libraries
		f, err := macho.Open(binary)
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = f.Close() }()
		for _, s := range f.Sections {
			sections = append(sections, s.Name)
		}
		libraries, err = f.ImportedLibraries()
		return sections, libraries, err
	case "windows": // nor has Windows
		f, err := pe.Open(binary)
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = f.Close() }()
		for _, s := range f.Sections {
			sections = append(sections, s.Name)
		}
		libraries, err = f.ImportedSymbols()
		return sections, libraries, err
	default:
		f, err := elf.Open(binary)
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = f.Close() }()
		for _, s := range f.Sections {
			sections = append(sections, s.Name)
		}
		for _, program := range f.Progs {
			if program.Type == elf.PT_INTERP || program.Type == elf.PT_DYNAMIC {
				libraries = append(libraries, program.Type.String())
			}
		}
		return sections, libraries, nil
	}
}
