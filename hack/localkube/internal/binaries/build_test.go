package binaries

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

var newest = release.Release{Minor: 37, Patch: 1}

func TestEnsureBuildsOnce(t *testing.T) {
	fake := newFakeGo(t)
	builder, said := newBuilder(t)
	built, err := builder.Ensure(t.Context(), newest)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"kube": "built .\n", "etcd": "built .\n", "kube-apiserver": "built .\n", "kube-controller-manager": "built .\n",
		"kube-scheduler": "built .\n", "kubectl": "built k8s.io/kubernetes/cmd/kubectl\n",
		"kwok": "built sigs.k8s.io/kwok/cmd/kwok\n",
	} {
		if raw, err := os.ReadFile(filepath.Join(built.BinDir(), name)); err != nil || string(raw) != want {
			t.Errorf("%s is %q, %v, want %q", name, raw, err, want)
		}
	}
	for _, stage := range stages() {
		raw, err := os.ReadFile(filepath.Join(built.StageDir(), filepath.Base(stage)))
		if err != nil || string(raw) != "stage "+stage {
			t.Errorf("stage %s is %q, %v", stage, raw, err)
		}
	}
	if again, err := builder.Ensure(t.Context(), newest); err != nil || again != built {
		t.Errorf("the second time gives %v, %v", again, err)
	}
	if count := fake.calls(t, "build"); count != 3 {
		t.Errorf("built %d programs, want 3", count)
	}
	builder.Line.Phase("") // Takes the lock of the line, so that said can be read.
	for _, want := range []string{
		"building Kubernetes v1.37.1 from source with go1.26.8: 5 to 10 minutes on 2 cores, once per release\n",
		"fetching the sources of Kubernetes v1.37.1\n", "compiling kube\n", "linking kube\n", "linking kwok\n",
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
}

func TestEnsureAtTheSameTimeBuildsOnce(t *testing.T) {
	fake := newFakeGo(t)
	builder, _ := newBuilder(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := builder.Ensure(t.Context(), newest); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if count := fake.calls(t, "build"); count != 3 {
		t.Errorf("built %d programs, want 3", count)
	}
}

func TestFailedBuildIsToldAndLeavesNothing(t *testing.T) {
	fake := newFakeGo(t)
	fake.write(t, "broken", "")
	builder, _ := newBuilder(t)
	_, err := builder.Ensure(t.Context(), newest)
	if err == nil || !strings.HasPrefix(err.Error(), "cannot build kube: exit status 1\n# b/two\ntwo.go:1:1: syntax error") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(builder.Root, "*"))
	if err != nil || len(left) != 1 || !strings.HasSuffix(left[0], ".lock") {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestLeftoversOfAKilledBuildGo(t *testing.T) {
	newFakeGo(t)
	builder, _ := newBuilder(t)
	name, err := cacheName(newest, "go1.26.8")
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(builder.Root, name+temporarySuffix+"1234", "bin")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := builder.Ensure(t.Context(), newest); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("still there")
	}
}

func TestUnknownRelease(t *testing.T) {
	newFakeGo(t).write(t, "refuse", "")
	builder, _ := newBuilder(t)
	_, err := builder.Ensure(t.Context(), release.Release{Minor: 37, Patch: 99})
	want := "cannot fetch the sources of Kubernetes v1.37.99: k8s.io/kubernetes@v1.37.99: unknown revision\n" +
		"check the network and GOPROXY, or name another patch with --release; v1.37.1 is known to build"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestMissingToolchain(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	builder, _ := newBuilder(t)
	_, err := builder.Ensure(t.Context(), newest)
	const want = "found no go command on PATH: the components are built from source, install Go from https://go.dev/dl"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestOldToolchain(t *testing.T) {
	const want = "go1.24.3 is too old to build Kubernetes v1.37.1, which needs go1.26.0: " +
		"install it from https://go.dev/dl, or let Go fetch it by setting GOTOOLCHAIN=auto"
	for _, mode := range []string{"local", "", "go1.24.3"} {
		newFakeGo(t).write(t, "env", "go1.24.3\n"+mode+"\n")
		builder, _ := newBuilder(t)
		if _, err := builder.Ensure(t.Context(), newest); err == nil || err.Error() != want {
			t.Errorf("GOTOOLCHAIN=%s: got %v, want %s", mode, err, want)
		}
	}
	for _, mode := range []string{"auto", "path", "go1.24.3+auto"} {
		newFakeGo(t).write(t, "env", "go1.24.3\n"+mode+"\n")
		builder, _ := newBuilder(t)
		if _, err := builder.Ensure(t.Context(), newest); err != nil {
			t.Errorf("GOTOOLCHAIN=%s: %v", mode, err)
		}
	}
}
