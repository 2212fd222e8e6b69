// Package binaries builds the components of a Kubernetes release from the Go module proxy and keeps them.
package binaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/progress"
	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

const (
	kwokVersion = "v0.8.0"
	kwokPackage = "sigs.k8s.io/kwok/cmd/kwok"

	temporarySuffix = ".tmp-"
	// fewPackages is what is left to compile when Go's own cache holds the rest.
	fewPackages = 300
)

// stages are the files of KWOK's own module that make pods run, Jobs complete, nodes live and claims bind.
func stages() []string {
	return []string{
		"node/fast/node-initialize.yaml", "node/heartbeat/node-heartbeat.yaml",
		"pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml",
		"volume/fast/pv-bind.yaml", "volume/fast/pv-delete.yaml",
		"volume/fast/pvc-provision.yaml", "volume/fast/pvc-delete.yaml",
	}
}

// names are what the multi-call binary is called by.
func names() []string {
	return []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
}

// Built is a finished build of one release.
type Built struct {
	Dir string
}

// BinDir holds etcd, the kube-* components, kubectl and kwok.
func (b Built) BinDir() string { return filepath.Join(b.Dir, "bin") }

// StageDir holds the stage files for KWOK.
func (b Built) StageDir() string { return filepath.Join(b.Dir, "stages") }

// Builder builds what the cache does not hold.
type Builder struct {
	// Root is the cache.
	Root string
	// Line shows how far a build is.
	Line *progress.Line
}

// Ensure returns the build of a release, from the cache or after some minutes. Two that ask for the same build at the
// same time get the same one, built once.
func (b Builder) Ensure(ctx context.Context, rel release.Release) (Built, error) {
	tools, err := findToolchain(ctx)
	if err != nil {
		return Built{}, err
	}
	name, err := cacheName(rel, tools.version)
	if err != nil {
		return Built{}, err
	}
	built := Built{Dir: filepath.Join(b.Root, name)}
	if _, err := os.Stat(built.Dir); err == nil {
		return built, nil
	}
	if err := os.MkdirAll(b.Root, 0o755); err != nil {
		return Built{}, err
	}
	unlock, err := lock(ctx, built.Dir+".lock", func() {
		b.Line.Phase(fmt.Sprintf("waiting for another build of Kubernetes %s", rel))
	})
	if err != nil {
		return Built{}, err
	}
	defer unlock()
	if _, err := os.Stat(built.Dir); err == nil {
		return built, nil
	}

	return built, b.build(ctx, tools, rel, built.Dir)
}

// build makes everything in a temporary folder and moves it to its place at once.
func (b Builder) build(ctx context.Context, tools toolchain, rel release.Release, target string) error {
	if err := removeLeftovers(target); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+temporarySuffix)
	if err != nil {
		return err
	}
	// Gone by then if all went well, and cleared by the next build if this fails.
	defer func() { _ = os.RemoveAll(temporary) }()
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	job := job{Builder: b, tools: tools, rel: rel, built: Built{Dir: temporary}}
	for _, folder := range []string{job.built.BinDir(), job.built.StageDir()} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
	}
	if err := job.kubernetes(ctx); err != nil {
		return err
	}
	if err := job.kwok(ctx); err != nil {
		return err
	}

	return os.Rename(temporary, target)
}

// job is one build on its way.
type job struct {
	Builder

	tools toolchain
	rel   release.Release
	built Built
}

func (j job) sources(name string) string { return filepath.Join(j.built.Dir, "sources", name) }

// kubernetes builds the control plane and kubectl.
func (j job) kubernetes(ctx context.Context) error {
	j.Line.Note(fmt.Sprintf("building Kubernetes %s from source with %s: 5 to 10 minutes on 2 cores, once per release\n"+
		"(kept in %s)", j.rel, j.tools.version, j.Root))
	j.Line.Phase(fmt.Sprintf("fetching the sources of Kubernetes %s", j.rel))
	fetched, err := j.tools.download(ctx, j.built.Dir, "k8s.io/kubernetes@"+j.rel.String())
	if err != nil {
		return fmt.Errorf("cannot fetch the sources of Kubernetes %s: %w\ncheck the network and GOPROXY, or name "+
			"another patch with --release; %s is known to build", j.rel, err, release.Newest)
	}
	goMod, err := os.ReadFile(fetched.GoMod)
	if err != nil {
		return err
	}
	data, err := readKubeModule(j.rel, string(goMod))
	if err != nil {
		return err
	}
	if err := j.tools.check("Kubernetes "+j.rel.String(), data.Go); err != nil {
		return err
	}
	dir := j.sources("kube")
	files := map[string]string{"main.go": "kube.go.tmpl", "tools.go": "kube-tools.go.tmpl"}
	if err := writeModule(dir, "kube.mod.tmpl", data, files); err != nil {
		return err
	}
	if err := j.tidy(ctx, dir); err != nil {
		return err
	}
	if err := j.compile(ctx, dir, ".", "kube"); err != nil {
		return err
	}
	for _, name := range names() {
		if err := os.Symlink("kube", filepath.Join(j.built.BinDir(), name)); err != nil {
			return err
		}
	}

	return j.compile(ctx, dir, "k8s.io/kubernetes/cmd/kubectl", "kubectl")
}

// kwok builds KWOK, a module of its own because it wants other versions of the same libraries.
func (j job) kwok(ctx context.Context) error {
	j.Line.Phase("fetching the sources of KWOK " + kwokVersion)
	fetched, err := j.tools.download(ctx, j.built.Dir, "sigs.k8s.io/kwok@"+kwokVersion)
	if err != nil {
		return fmt.Errorf("cannot fetch the sources of KWOK %s: %w\ncheck the network and GOPROXY", kwokVersion, err)
	}
	dir := j.sources("kwok")
	if err := writeModule(dir, "kwok.mod.tmpl", struct{ Version string }{kwokVersion},
		map[string]string{"tools.go": "kwok-tools.go.tmpl"}); err != nil {
		return err
	}
	if err := j.tidy(ctx, dir); err != nil {
		return err
	}
	if err := j.compile(ctx, dir, kwokPackage, kwokName); err != nil {
		return err
	}
	for _, stage := range stages() {
		content, err := os.ReadFile(filepath.Join(fetched.Dir, "kustomize", "stage", filepath.FromSlash(stage)))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(j.built.StageDir(), filepath.Base(stage)), content, 0o644); err != nil {
			return err
		}
	}

	return nil
}
