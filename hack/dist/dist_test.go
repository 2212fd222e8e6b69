package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testVersion = "v0.1.2-test.3"

func someMembers() []member {
	return []member{{"kubectl-pss", 0o755, []byte("binary")}, {"LICENSE", 0o644, []byte("terms")}, {"b/c", 0o600, nil}}
}

func someTime() time.Time { return time.Date(2026, 11, 22, 3, 4, 6, 0, time.UTC) }

// The same members give the same bytes, in whatever order and zone they come.
func TestArchivesAreReproducible(t *testing.T) {
	for name, pack := range map[string]func([]member, time.Time) ([]byte, error){"tar.gz": tarred, "zip": zipped} {
		first, err := pack(someMembers(), someTime())
		if err != nil {
			t.Fatal(err)
		}
		backwards := someMembers()
		slices.Reverse(backwards)
		second, err := pack(backwards, someTime().In(time.FixedZone("elsewhere", 3600)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: not the same bytes", name)
		}
		later, err := pack(someMembers(), someTime().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(first, later) {
			t.Errorf("%s: the time of the commit does not count", name)
		}
	}
}

func TestArchivesHoldTheMembers(t *testing.T) {
	want := []string{"LICENSE -rw-r--r-- terms", "b/c -rw------- ", "kubectl-pss -rwxr-xr-x binary"}
	for name, isZip := range map[string]bool{"tar.gz": false, "zip": true} {
		pack := tarred
		if isZip {
			pack = zipped
		}
		content, err := pack(someMembers(), someTime())
		if err != nil {
			t.Fatal(err)
		}
		files, err := unpacked(content, isZip)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, fmt.Sprintf("%s %s %s", f.name, f.mode, f.content))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// An archive that would write outside of its directory is refused.
func TestUnpackRefuses(t *testing.T) {
	for _, header := range []tar.Header{
		{Name: "../evil", Typeflag: tar.TypeReg, Mode: 0o755},
		{Name: "/evil", Typeflag: tar.TypeReg, Mode: 0o755},
		{Name: "evil", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
	} {
		var b bytes.Buffer
		compressed := gzip.NewWriter(&b)
		w := tar.NewWriter(compressed)
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		w.Close()
		compressed.Close()
		if _, err := unpacked(b.Bytes(), false); err == nil || !strings.Contains(err.Error(), "is no file, or leads out") {
			t.Errorf("%s: %v", header.Name, err)
		}
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("../evil"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := unpacked(b.Bytes(), true); err == nil {
		t.Error("../evil in a zip: no error")
	}
}

func TestMoved(t *testing.T) {
	files := []member{{"LICENSE", 0o644, nil}, {"bin/a", 0o755, nil}, {"bin/b", 0o755, nil}}
	for _, tt := range []struct {
		moves []fileMove
		want  string
		err   string
	}{
		{nil, "LICENSE bin/a bin/b", ""},
		{[]fileMove{{"LICENSE", "."}, {"bin/a", "pss.exe"}}, "LICENSE pss.exe", ""},
		{[]fileMove{{"bin/*", "tools"}}, "tools/a tools/b", ""},
		{[]fileMove{{"bin/*", "."}}, "a b", ""},
		{[]fileMove{{"none", "."}}, "", "no file of the archive matches none"},
		{[]fileMove{{"bin/a", "../a"}}, "", "../a leads out of the plugin's directory"},
		{[]fileMove{{"[", "."}}, "", "syntax error in pattern"},
	} {
		got, err := moved(files, tt.moves)
		var names []string
		for _, f := range got {
			names = append(names, f.name)
		}
		text := ""
		if err != nil {
			text, names = err.Error(), nil
		}
		if strings.Join(names, " ") != tt.want || text != tt.err {
			t.Errorf("%v: got %q, error %q", tt.moves, names, text)
		}
	}
}

// One platform is built for real, packed and installed as krew would; make dist does so with all.
func TestInstallThisPlatform(t *testing.T) {
	here := platform{runtime.GOOS, runtime.GOARCH}
	if !slices.Contains(platforms(), here) {
		t.Skipf("no archive is for %s", here)
	}
	t.Chdir("../..")
	out := t.TempDir()
	r := release{version: testVersion, when: someTime(), platforms: platforms()}
	content, err := r.pack(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	sums := fakeSums(&r)
	sums[r.archive(here)] = hex.EncodeToString(sum[:])
	template, err := os.ReadFile("krew-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := render(string(template), r.version, sums)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{r.archive(here): content, manifestFile: []byte(text)} {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	plugin, err := install(filepath.Join(out, manifestFile), out, here, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	_, shims := here.shim()
	if diff := cmp.Diff(append([]string{"LICENSE", here.binary()}, shims...), names); diff != "" {
		t.Error(diff)
	}
	said, err := exec.Command(plugin, "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), "kubectl-pss "+testVersion) {
		t.Errorf("version says %q, error %v", said, err)
	}
	if err := os.WriteFile(filepath.Join(out, r.archive(here)), append(content, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := installAs(filepath.Join(out, manifestFile), out, here); err == nil || !strings.HasPrefix(err.Error(), "the checksum of") {
		t.Errorf("an archive that was tampered with: %v", err)
	}
}

// fakeSums are checksums for archives that were not built.
func fakeSums(r *release) map[string]string {
	sums := map[string]string{}
	for i, p := range r.platforms {
		sums[r.archive(p)] = strings.Repeat(fmt.Sprintf("%x", i), 64)
	}
	return sums
}
