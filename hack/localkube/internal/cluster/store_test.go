package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDirElsewhere(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.Dir = filepath.Join(t.TempDir(), "deep", "folder")
	status := mustUp(t, store, opts)
	if status.Dir != opts.Dir || !status.Running {
		t.Errorf("status is %+v", status)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
	if _, err := os.Stat(opts.Dir); err == nil {
		t.Error("the folder is left")
	}
	wantNothing(t, store, status.Processes)
}

func TestDirWithSomethingInItIsRefused(t *testing.T) {
	store, opts := newStore(t), options(t)
	opts.Dir = t.TempDir()
	precious := filepath.Join(opts.Dir, "precious")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Up(t.Context(), opts, silent)
	want := "--dir " + opts.Dir + ` is not empty: name a new or an empty folder, "down" removes it`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	opts.Dir = precious
	if _, err := store.Up(t.Context(), opts, silent); err == nil || !strings.HasPrefix(err.Error(), "cannot use --dir: ") {
		t.Errorf("a file as folder: %v", err)
	}
	wantNothing(t, store, nil)
}

func TestDownSparesAFolderThatIsNotTheClusters(t *testing.T) {
	store, dir := newStore(t), t.TempDir()
	if _, err := store.reserve("a", dir); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Down("a")
	if err == nil || !strings.HasPrefix(err.Error(), "left "+dir+" alone, it is not empty and not certainly a cluster's: ") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
	if err := os.Remove(precious); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Down("a"); err != nil || !found {
		t.Errorf("down: %v, %v", found, err)
	}
}

func TestReserveGivesANameOnce(t *testing.T) {
	store := newStore(t)
	if _, err := store.reserve("a", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := store.reserve("a", ""); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if _, err := store.reserve("a", filepath.Join(t.TempDir(), "x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if _, err := store.reserve("b", ""); err != nil {
		t.Fatal(err)
	}
	if names, err := store.Names(); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("names are %v, %v", names, err)
	}
}

func TestNamesOfAnEmptyStore(t *testing.T) {
	if names, err := newStore(t).Names(); err != nil || len(names) != 0 {
		t.Errorf("got %v, %v", names, err)
	}
}

func TestCheckName(t *testing.T) {
	for _, good := range []string{"a", "pss", "e2e-1"} {
		if err := CheckName(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "A", "-a", "a-", "a/b", "..", "a b", strings.Repeat("a", 41)} {
		err := CheckName(bad)
		if err == nil || !strings.HasSuffix(err.Error(),
			`for "--name" flag: must be at most 40 lower-case letters, digits and hyphens`) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOpenStore(t *testing.T) {
	for _, test := range []struct{ xdg, home, want string }{
		{"/x", "/home/me", "/x/kubectl-pss/localkube"},
		{"", "/home/me", "/home/me/.local/state/kubectl-pss/localkube"},
	} {
		getenv := func(name string) string {
			return map[string]string{"XDG_STATE_HOME": test.xdg, "HOME": test.home}[name]
		}
		if got := OpenStore(getenv); got.Root != test.want {
			t.Errorf("got %s, want %s", got.Root, test.want)
		}
	}
	if got := OpenStore(func(string) string { return "" }); !filepath.IsAbs(got.Root) {
		t.Errorf("without a home: %s", got.Root)
	}
}
