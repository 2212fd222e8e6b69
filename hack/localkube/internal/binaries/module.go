package binaries

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

//go:embed templates
var templates embed.FS

// kubeModule is what the generated go.mod of the control plane is made of.
type kubeModule struct {
	// Go and Godebug are those of Kubernetes, so that the runtime behaves as in its own builds.
	Go      string
	Godebug []string
	Release release.Release
	// Staging are the libraries that the go.mod of Kubernetes finds in its own tree, and that others get as modules.
	Staging []string
}

// readKubeModule takes from the go.mod of Kubernetes what ours has to repeat.
func readKubeModule(rel release.Release, goMod string) (kubeModule, error) {
	result := kubeModule{Release: rel}
	goLine := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(goMod)
	if goLine == nil {
		return kubeModule{}, fmt.Errorf("the go.mod of Kubernetes %s names no go version", rel)
	}
	result.Go = goLine[1]
	for _, match := range regexp.MustCompile(`(?m)^godebug (\w+=\w\S*)$`).FindAllStringSubmatch(goMod, -1) {
		result.Godebug = append(result.Godebug, match[1])
	}
	for _, match := range regexp.MustCompile(`(?m)(\S+) => \./staging/src/`).FindAllStringSubmatch(goMod, -1) {
		result.Staging = append(result.Staging, match[1])
	}
	if len(result.Staging) == 0 {
		return kubeModule{}, fmt.Errorf("the go.mod of Kubernetes %s replaces no staging library", rel)
	}

	return result, nil
}

// writeModule writes the files of a module: go.mod from a template with data, and Go sources as they are.
func writeModule(dir, goMod string, data any, sources map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	parsed, err := template.ParseFS(templates, "templates/"+goMod)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), out.Bytes(), 0o644); err != nil {
		return err
	}
	for name, from := range sources {
		content, err := templates.ReadFile("templates/" + from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}

	return nil
}

// linkFlags strip the binary and give it the version that a release build would have. The server of older releases
// answers from the second of the two packages.
func linkFlags(rel release.Release) string {
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			fmt.Sprintf("-X=%s.gitVersion=%s", pkg, rel),
			fmt.Sprintf("-X=%s.gitMajor=1", pkg),
			fmt.Sprintf("-X=%s.gitMinor=%d", pkg, rel.Minor))
	}

	return strings.Join(flags, " ")
}
