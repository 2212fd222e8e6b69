// Command dist builds what a release consists of: an archive for each platform, their checksums, and krew's manifest.
// The same commit gives the same bytes, whenever and by whomever it is built: dist builds everything twice and compares.
// Then it does with every archive what krew will do.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names in the output directory.
const (
	checksumsFile = "checksums.txt"
	manifestFile  = "pss.yaml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dist(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "dist: %v\n", err)
		os.Exit(1)
	}
}

func dist(ctx context.Context) error {
	version := flag.String("version", "", "the release, such as v1.2.3")
	out := flag.String("out", "dist", "the directory to write to")
	flag.Parse()
	return run(ctx, *version, *out)
}

func run(ctx context.Context, version, out string) error {
	if version == "" {
		return errors.New("-version is missing")
	}
	when, err := commitTime(ctx)
	if err != nil {
		return err
	}
	toolchain, err := releaseToolchain(ctx)
	if err != nil {
		return err
	}
	if err := clean(out); err != nil {
		return err
	}
	r := release{version: version, toolchain: toolchain, when: when, platforms: platforms()}
	if err := r.write(ctx, out); err != nil {
		return err
	}
	again, err := os.MkdirTemp("", "dist")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(again) }()
	if err := r.write(ctx, again); err != nil {
		return err
	}
	if err := same(out, again, r.files()); err != nil {
		return err
	}
	for _, p := range r.platforms {
		if err := installAs(filepath.Join(out, manifestFile), out, p); err != nil {
			return fmt.Errorf("as krew would install it on %s: %w", p, err)
		}
	}
	fmt.Printf("%s holds %s, byte by byte the same when built again\n", out, strings.Join(r.files(), ", "))
	return nil
}

// commitTime is when the commit was made, or what SOURCE_DATE_EPOCH says, as distributions have it.
func commitTime(ctx context.Context) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("asking git for the commit's time (or set SOURCE_DATE_EPOCH): %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

// clean removes what an earlier run left, and nothing else: others keep things there too.
func clean(out string) error {
	old, err := filepath.Glob(filepath.Join(out, "kubectl-pss_*"))
	if err != nil {
		return err
	}
	for _, file := range append(old, filepath.Join(out, checksumsFile), filepath.Join(out, manifestFile)) {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.MkdirAll(out, 0o755)
}

// same compares files of two directories byte by byte.
func same(a, b string, files []string) error {
	var differ []string
	for _, file := range files {
		one, err := os.ReadFile(filepath.Join(a, file))
		if err != nil {
			return err
		}
		other, err := os.ReadFile(filepath.Join(b, file))
		if err != nil {
			return err
		}
		if !bytes.Equal(one, other) {
			differ = append(differ, file)
		}
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf("built twice, and not the same: %s", strings.Join(differ, ", "))
	}
	return nil
}
