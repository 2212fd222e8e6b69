package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/cluster"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/fakekube"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

func TestMain(m *testing.M) {
	fakekube.Main()
	os.Exit(m.Run())
}

// result is what one call of localkube left.
type result struct {
	code     int
	out, err string
}

func localkube(t *testing.T, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	code := Main(t.Context(), args, &out, &errOut)

	return result{code, out.String(), errOut.String()}
}

// cleanUser gives the test a user who has no clusters and no builds.
func cleanUser(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

// start runs a cluster of fake components.
func start(t *testing.T, name string) cluster.Status {
	t.Helper()
	bin, stages := fakekube.Install(t)
	store := cluster.OpenStore(os.Getenv)
	t.Cleanup(func() { _, _ = store.Down(name) })
	status, err := store.Up(t.Context(), cluster.Options{
		Name: name, Release: release.Release{Minor: 37, Patch: 1}, BinDir: bin, StageDir: stages, Nodes: 1,
		Timeout: 20 * time.Second, Audit: true,
	}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}

	return status
}

func TestMistakes(t *testing.T) {
	cleanUser(t)
	t.Setenv("PATH", t.TempDir())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	missing := filepath.Join(t.TempDir(), "none.yaml")
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"fly", 2, `unknown command "fly": must be one of up, restart, down, status, env, build`},
		{"up --fly", 2, "unknown flag: --fly"},
		{"up here", 2, `unexpected argument "here": clusters are named with --name`},
		{"up --name A", 2, `invalid argument "A" for "--name" flag: must be at most 40 lower-case letters, digits and hyphens`},
		{"up --release v1.37", 2, `invalid argument "v1.37" for "--release" flag: must be a patch release such as v1.37.1`},
		{"build --release v1.99.0", 2, `invalid argument "v1.99.0" for "--release" flag: only v1.24 to v1.37 are known to build`},
		{"up --nodes 0", 2, `invalid argument "0" for "--nodes" flag: must be 1 to 5000, or use --no-kwok`},
		{"up --user jane", 2, `invalid argument "jane" for "--user" flag: must be NAME[,GROUP...]=TOKEN`},
		{"up --port " + port, 1, "--port " + port + " is in use on 127.0.0.1: choose another one, or 0 for any free one"},
		{"up --admission-config " + missing, 1, "cannot read --admission-config: open " + missing + ": no such file or directory"},
		{"up", 1, "found no go command on PATH: the components are built from source, install Go from https://go.dev/dl"},
		{"build", 1, "found no go command on PATH: the components are built from source, install Go from https://go.dev/dl"},
		{"restart here", 2, `unexpected argument "here": clusters are named with --name`},
		{"restart --admission-config " + missing, 1, "cannot read --admission-config: open " + missing + ": no such file or directory"},
		{"restart", 1, `cluster "pss" is not running: start it with "localkube up --name pss"`},
		{"down --all --name a", 2, "--all cannot be used together with --name"},
		{"down --name ..", 2, `invalid argument ".." for "--name" flag`},
		{"status --all --name a", 2, "--all cannot be used together with --name"},
		{"status -o yaml", 2, `invalid argument "yaml" for "--output" flag: must be json`},
		{"env --name a", 3, `cluster "a" is not running: start it with "localkube up --name a"`},
	} {
		got := localkube(t, strings.Fields(test.args)...)
		if got.code != test.code || !strings.HasPrefix(got.err, "error: "+test.want) || got.out != "" {
			t.Errorf("%s: %+v, want %d and %s", test.args, got, test.code, test.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"--help"}} {
		if got := localkube(t, args...); got.code != 0 || !strings.Contains(got.out, "  down    end a cluster") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	got := localkube(t, "up", "--help")
	if got.code != 0 || !strings.HasPrefix(got.out, "Usage: localkube up [flags]\n\nFlags:\n") || got.err != "" {
		t.Errorf("got %+v", got)
	}
}

func TestNoCluster(t *testing.T) {
	cleanUser(t)
	for args, want := range map[string]result{
		"down":                {0, "no cluster named \"pss\"\n", ""},
		"down --all":          {0, "no cluster\n", ""},
		"status":              {3, "no cluster named \"pss\"\n", ""},
		"status --all":        {3, "no cluster\n", ""},
		"status --all -ojson": {3, "{\n  \"clusters\": []\n}\n", ""},
	} {
		if got := localkube(t, strings.Fields(args)...); got != want {
			t.Errorf("%s: %+v, want %+v", args, got, want)
		}
	}
}

func TestSecondUpIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	cleanUser(t)
	status := start(t, "pss")
	got := localkube(t, "up")
	want := fmt.Sprintf("error: cluster \"pss\" is already running at %s: stop it with \"localkube down --name pss\", "+
		"or start another one with --name\n", status.Server)
	if got.code != 1 || got.err != want {
		t.Errorf("got %+v, want %s", got, want)
	}
}

func TestStatusEnvAndDown(t *testing.T) {
	cleanUser(t)
	status := start(t, "pss")
	start(t, "b")
	got := localkube(t, "status", "-o", "json")
	var read struct {
		Name, Phase, Release, Server, Kubeconfig, Kubectl, AuditLog, Dir string
		Running                                                          bool
		Processes                                                        []struct {
			Name, Log string
			PID       int
			Alive     bool
		}
	}
	if err := json.Unmarshal([]byte(got.out), &read); err != nil || got.code != 0 {
		t.Fatalf("%v in %+v", err, got)
	}
	if read.Name != "pss" || read.Phase != "started" || !read.Running || read.Kubeconfig != status.Kubeconfig ||
		read.AuditLog == "" || read.Release != "v1.37.1" || len(read.Processes) != 5 || !read.Processes[4].Alive {
		t.Errorf("got %+v", read)
	}
	got = localkube(t, "status", "--all")
	for _, want := range []string{"cluster \"b\": running\n", "cluster \"pss\": running\n", ", alive\n", status.Kubeconfig} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%+v lacks %q", got, want)
		}
	}
	got = localkube(t, "env")
	if want := fmt.Sprintf("KUBECONFIG=%s\nKUBECTL=%s\n", status.Kubeconfig, status.Kubectl); got.out != want || got.code != 0 {
		t.Errorf("got %+v, want %s", got, want)
	}
	if got = localkube(t, "down", "--name", "pss"); got != (result{0, "cluster \"pss\" is gone\n", ""}) {
		t.Errorf("got %+v", got)
	}
	if got = localkube(t, "down", "--all"); got != (result{0, "cluster \"b\" is gone\n", ""}) {
		t.Errorf("got %+v", got)
	}
}

func TestUpPrints(t *testing.T) {
	var out bytes.Buffer
	(&app{out: &out}).printUp(cluster.Status{State: cluster.State{
		Name: "pss", Release: "v1.37.1", Server: "https://127.0.0.1:1", Kubeconfig: "/k", Kubectl: "/b/kubectl", AuditLog: "/a",
	}})
	const want = `cluster "pss" runs Kubernetes v1.37.1 at https://127.0.0.1:1

export KUBECONFIG=/k

kubectl:    /b/kubectl
audit log:  /a
end it:     localkube down --name pss
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
