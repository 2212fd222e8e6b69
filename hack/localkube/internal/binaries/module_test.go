package binaries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

func TestGeneratedModule(t *testing.T) {
	module, err := readKubeModule(newest, upstreamMod)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := writeModule(dir, "kube.mod.tmpl", module, map[string]string{"main.go": "kube.go.tmpl"}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `module localkube.invalid/kube

go 1.26.0

godebug default=go1.26

require k8s.io/kubernetes v1.37.1

replace (
	k8s.io/api => k8s.io/api v0.37.1
	k8s.io/kubectl => k8s.io/kubectl v0.37.1
)
`
	if string(raw) != want {
		t.Errorf("got\n%s\nwant\n%s", raw, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
		t.Error(err)
	}
}

func TestModuleRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		"module k8s.io/kubernetes\n": "the go.mod of Kubernetes v1.37.1 names no go version",
		"go 1.26.0\n":                "the go.mod of Kubernetes v1.37.1 replaces no staging library",
	} {
		if _, err := readKubeModule(newest, text); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestLinkFlagsStampBothPackages(t *testing.T) {
	flags := linkFlags(release.Release{Minor: 24, Patch: 17})
	for _, want := range []string{
		"-s -w ", "-X=k8s.io/component-base/version.gitVersion=v1.24.17", "-X=k8s.io/client-go/pkg/version.gitMinor=24",
	} {
		if !strings.Contains(flags, want) {
			t.Errorf("%q lacks %q", flags, want)
		}
	}
}

func TestCacheName(t *testing.T) {
	name, err := cacheName(newest, "go1.26.8")
	if err != nil || !strings.HasPrefix(name, "v1.37.1-") || len(name) != len("v1.37.1-")+12 {
		t.Errorf("got %q, %v", name, err)
	}
	if again, err := cacheName(newest, "go1.26.8"); err != nil || again != name {
		t.Errorf("got %q, %v the second time", again, err)
	}
	if other, err := cacheName(newest, "go1.26.9"); err != nil || other == name {
		t.Errorf("another Go has the same name %q, %v", other, err)
	}
}

func TestCacheRoot(t *testing.T) {
	for _, test := range []struct{ xdg, home, want string }{
		{"/x", "/home/me", "/x/kubectl-pss/localkube"},
		{"", "/home/me", "/home/me/.cache/kubectl-pss/localkube"},
	} {
		getenv := func(name string) string {
			return map[string]string{"XDG_CACHE_HOME": test.xdg, "HOME": test.home}[name]
		}
		if got := CacheRoot(getenv); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	if got := CacheRoot(func(string) string { return "" }); !filepath.IsAbs(got) {
		t.Errorf("without a home: %s", got)
	}
}
