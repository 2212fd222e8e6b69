package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccess(t *testing.T) {
	opts := options(t)
	opts.Users = []User{{Name: "jane", Groups: []string{"devs", "qa"}, Token: "secret"}}
	p, err := newPlan(opts, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	people, err := p.writeFiles()
	if err != nil {
		t.Fatal(err)
	}
	tokens := read(t, pkiPath(p.dir, tokensFile))
	for _, want := range []string{
		people.Admin.Token + `,"admin",0,"system:masters"` + "\n", `secret,"jane",1,"devs,qa"` + "\n",
		`,"system:kube-controller-manager",2,""` + "\n", `,"system:kube-scheduler",3,""` + "\n",
	} {
		if !strings.Contains(tokens, want) {
			t.Errorf("%s lacks %s", tokens, want)
		}
	}
	config := read(t, kubeconfigPath(p.dir, adminUser))
	for _, want := range []string{
		"server: " + p.server() + "\n", `current-context: "localkube-a"` + "\n",
		`- name: "localkube-a-jane"` + "\n" + `  context: {cluster: "localkube-a", user: "jane"}` + "\n",
		`user: {token: "secret"}`, `user: {token: "` + people.Admin.Token + `"}`,
	} {
		if !strings.Contains(config, want) {
			t.Errorf("%s lacks %s", config, want)
		}
	}
	// A component is not to know more than its own token.
	if own := read(t, kubeconfigPath(p.dir, scheduler)); strings.Contains(own, people.Admin.Token) || strings.Contains(own, "jane") {
		t.Errorf("the scheduler knows too much: %s", own)
	}
	if one, other := newToken(), newToken(); len(one) < 32 || one == other {
		t.Error("tokens can be guessed")
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	p, err := newPlan(options(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.writeFiles(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(p.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == p.dir {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}

		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	return string(raw)
}
