package manifest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kubectl-pss/kubectl-pss/pkg/place"
)

// frugal is the disk without files whose aliases stand for far more than is written: kustomize fills aliases in before
// anybody can look at what comes of it.
type frugal struct {
	filesys.FileSystem
	// top is the directory that names of files are relative to.
	top string
	// refused is what is wrong with the first such file. What kustomize makes of the error names everything but that.
	refused error
}

// ReadFile implements filesys.FileSystem.
func (f *frugal) ReadFile(path string) ([]byte, error) {
	data, err := f.FileSystem.ReadFile(path)
	if err == nil && swells(data) {
		err = fmt.Errorf("%s: its aliases stand for more than %d MiB", f.name(path), yamlLimit>>20)
		if f.refused == nil {
			f.refused = err
		}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (f *frugal) name(path string) string {
	top, err := filepath.Abs(f.top)
	if err != nil {
		return path
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if name, err := filepath.Rel(top, whole); err == nil {
		return name
	}
	return path
}

// swells says whether aliases make more of a text than one document may have. What is no YAML is somebody else's business:
// kustomize packs files of all kinds into ConfigMaps.
func swells(text []byte) bool {
	if bytes.IndexByte(text, '*') < 0 || bytes.IndexByte(text, '&') < 0 {
		return false
	}
	for decoder := yamlnode.NewDecoder(bytes.NewReader(text)); ; {
		var top yamlnode.Node
		if err := decoder.Decode(&top); err != nil {
			return false
		}
		if place.Size(&top) > yamlLimit || swellsWithin(&top) {
			return true
		}
	}
}

// swellsWithin is the same of texts in a text, such as the patches of a kustomization.
func swellsWithin(n *yamlnode.Node) bool {
	if n.Kind == yamlnode.ScalarNode {
		return swells([]byte(n.Value))
	}
	return slices.ContainsFunc(n.Content, swellsWithin)
}
