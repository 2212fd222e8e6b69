package standard

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// fixture is one of upstream's pods, with what upstream says of it.
type fixture struct {
	name  string
	level api.Level
	// version is the policy version that the pod was made for.
	version api.Version
	pass    bool
	// check is the ID in lower case.
	check string
	pod   *corev1.Pod
}

// fixtures are upstream's, from the module cache: read once, then only read.
var fixtures = sync.OnceValues(readFixtures)

func allFixtures(t *testing.T) []fixture {
	t.Helper()
	all, err := fixtures()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readFixtures() ([]fixture, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		return nil, fmt.Errorf("finding upstream's fixtures: %w", err)
	}
	root := os.DirFS(filepath.Join(strings.TrimSpace(string(out)), "test", "testdata"))
	names, err := fs.Glob(root, "*/v1.*/*/*.yaml")
	if err != nil {
		return nil, err
	}
	// A pod of one text is made once, which both reads and tests faster.
	pods := map[string]*corev1.Pod{}
	all := make([]fixture, 0, len(names))
	for _, name := range names {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		parts := strings.Split(strings.TrimSuffix(name, ".yaml"), "/")
		version, err := api.ParseVersion(parts[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text := strings.Replace(string(data), "\n  name: "+parts[3]+"\n", "\n", 1)
		if pods[text] == nil {
			pods[text] = &corev1.Pod{}
			if err := yaml.UnmarshalStrict([]byte(text), pods[text]); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		all = append(all, fixture{
			name: name, level: api.Level(parts[0]), version: version, pass: parts[2] == "pass",
			check: strings.TrimRight(parts[3], "0123456789"), pod: pods[text],
		})
	}
	return all, nil
}

// classes are the versions from which on some check differs from the version before: one for each class of equal versions.
func classes() []api.Version {
	var found []api.Version
	for _, check := range policy.DefaultChecks() {
		for _, r := range check.Versions {
			if !slices.Contains(found, r.MinimumVersion) {
				found = append(found, r.MinimumVersion)
			}
		}
	}
	slices.SortFunc(found, func(a, b api.Version) int { return cmp.Compare(a.Minor(), b.Minor()) })
	return found
}

// pick is the revision of a check that is in force at a version, nil if there is none yet.
func pick(check policy.Check, v api.Version) *policy.VersionedCheck {
	var picked *policy.VersionedCheck
	for i := range check.Versions {
		if !v.Older(check.Versions[i].MinimumVersion) {
			picked = &check.Versions[i]
		}
	}
	return picked
}

// checkByID is upstream's check.
func checkByID(t *testing.T, id policy.CheckID) policy.Check {
	t.Helper()
	for _, check := range policy.DefaultChecks() {
		if check.ID == id {
			return check
		}
	}
	t.Fatalf("upstream has no check %q", id)
	return policy.Check{}
}

func TestFixturesAreAllThere(t *testing.T) {
	all := allFixtures(t)
	pass := 0
	for _, f := range all {
		if f.pass {
			pass++
		}
	}
	// A new release of the module may bring more: then these numbers move, and not by themselves.
	if got, want := fmt.Sprintf("%d pass, %d fail", pass, len(all)-pass), "1051 pass, 3486 fail"; got != want {
		t.Errorf("fixtures: %s, want %s", got, want)
	}
	if got := len(classes()); got != 13 {
		t.Errorf("%d classes of versions, want 13", got)
	}
}

// The table must have a row for every revision that upstream has, and no other.
func TestRevisionsAreUpstreams(t *testing.T) {
	checks := policy.DefaultChecks()
	if len(checks) != 19 {
		t.Errorf("upstream has %d checks, want 19: look at what is new", len(checks))
	}
	for _, check := range checks {
		var got, want []int
		for _, r := range revisions(check.ID) {
			got = append(got, r.since)
		}
		for _, r := range check.Versions {
			want = append(want, r.MinimumVersion.Minor())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: revisions since %v, upstream's %v", check.ID, got, want)
		}
	}
}
