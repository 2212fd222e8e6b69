// Package conformance lets upstream judge us: every fixture of k8s.io/pod-security-admission goes through the way that
// a file takes (manifest, survey), under the level and version that its directory names, and has to come out as the
// directory says.
package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// How many fixtures upstream has. A new release of the module may bring more: then these numbers move, and not by
// themselves.
const wantPass, wantFail = 1051, 3486

// testdata is where the fixtures are.
func testdata(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("finding upstream's fixtures: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "test", "testdata")
}

// class is a directory of fixtures: LEVEL/VERSION/{pass,fail}.
type class struct {
	dir     string
	level   api.Level
	version api.Version
	pass    bool
}

func classes(t *testing.T) []class {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(testdata(t), "*", "v1.*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var list []class
	for _, dir := range dirs {
		parts := strings.Split(filepath.ToSlash(dir), "/")
		parts = parts[len(parts)-3:]
		version, err := api.ParseVersion(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dir); err == nil && info.IsDir() { // base.yaml lies beside pass and fail
			list = append(list, class{dir: dir, level: api.Level(parts[0]), version: version, pass: parts[2] == "pass"})
		}
	}
	return list
}

// procMountSince is the first server minor that keeps procMount as it is written; older ones reset it before Pod
// Security sees it, which upstream's fixtures, made for the evaluator alone, do not know (semantics 7.3, case 26).
const procMountSince = 33

// allowed says whether a server of that minor lets the pod of a file in.
func (c class) allowed(file string, minor int) bool {
	return c.pass || minor < procMountSince && strings.HasPrefix(filepath.Base(file), "procmount")
}

// Every server from the first that has Pod Security to the newest comes to upstream's verdict on every fixture, when
// the namespace pins the fixture's version. Each fixture is seen: files are counted against workloads.
func TestFixtures(t *testing.T) {
	list := classes(t)
	for _, minor := range []int{24, 33, standard.NewestMinor} {
		t.Run(fmt.Sprintf("v1.%d", minor), func(t *testing.T) {
			t.Parallel()
			pass, fail := 0, 0
			for _, c := range list {
				if c.version.Minor() > minor {
					continue // a version that this server takes for an older one
				}
				n := c.check(t, minor, c.version.String())
				if c.pass {
					pass += n
				} else {
					fail += n
				}
			}
			if minor == standard.NewestMinor && (pass != wantPass || fail != wantFail) {
				t.Errorf("%d fixtures pass and %d fail, want %d and %d", pass, fail, wantPass, wantFail)
			}
			t.Logf("%d of %d fixtures of versions up to this server's", pass+fail, wantPass+wantFail)
		})
	}
}

// A server of the fixture's own version, asked for latest, comes to the same.
func TestFixturesAtLatest(t *testing.T) {
	for _, c := range classes(t) {
		c.check(t, c.version.Minor(), "latest")
	}
}

// check judges a directory on a server of that minor, and returns how many fixtures there were.
func (c class) check(t *testing.T, minor int, version string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := manifest.NewSource(manifest.Options{Filenames: []string{c.dir}, Minor: minor})
	if err != nil {
		t.Fatal(err)
	}
	r := c.survey(t, source, minor, version)
	for _, e := range source.Errors() {
		t.Error(e)
	}
	for _, w := range source.Warnings() {
		t.Errorf("warning about an upstream fixture: %s", w)
	}
	judged := map[string]bool{}
	for _, item := range r.Items {
		for i := range item.Workloads {
			w := &item.Workloads[i]
			judged[w.Location.File] = true
			if w.Blocks == c.allowed(w.Location.File, minor) {
				t.Errorf("v1.%d, %s:%s: %s blocks: %t; %s", minor, c.level, version, w.Location.File, w.Blocks, w.Evidence[0].Outcome.Pod.Message)
			}
		}
	}
	for _, file := range files {
		if !judged[file] {
			t.Errorf("%s was not judged", file)
		}
	}
	return len(judged)
}

func (c class) survey(tb testing.TB, source *manifest.Source, minor int, version string) *report.CheckReport {
	tb.Helper()
	config, err := simulate.DefaultConfig()
	if err != nil {
		tb.Fatal(err)
	}
	admission, err := simulate.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := survey.Run(tb.Context(), source, survey.Options{
		Minor: minor, Admission: admission,
		Candidate: survey.Candidate{survey.Enforce: survey.Edit{Level: c.level, Version: version}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
