package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

func kustomizeRoot(dir string) (root, error) {
	if isRemote(dir) {
		return root{}, fmt.Errorf("%q is remote, and files are judged offline: kubectl kustomize %[1]s | kubectl pss check -f -", dir)
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return root{}, fmt.Errorf("the path %q does not exist", dir)
	case err != nil:
		return root{}, fmt.Errorf("the path %q cannot be accessed: %w", dir, err)
	case !info.IsDir():
		return root{}, fmt.Errorf("the path %q is no directory: --kustomize wants the one that holds the kustomization file", dir)
	}
	return root{path: dir, kustomize: true}, nil
}

// build is kubectl kustomize.
func build(dir string) ([]byte, error) {
	disk := &frugal{FileSystem: filesys.MakeFsOnDisk(), top: dir}
	if err := offline(disk, dir, map[string]bool{}); err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	resources, err := krusty.MakeKustomizer(options).Run(disk, dir)
	if disk.refused != nil {
		return nil, disk.refused
	}
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}

// kustomization is what of a kustomization file may name something remote.
type kustomization struct {
	// The first may also be directories with kustomizations of their own.
	Resources, Bases, Components, Generators, Transformers, Validators []string
	Crds, Configurations, PatchesStrategicMerge                        []string

	Patches, PatchesJSON6902, Replacements []struct{ Path string }
	OpenAPI                                struct{ Path string }
	ConfigMapGenerator, SecretGenerator    []struct {
		Files, Envs []string
		Env         string
	}
}

// offline refuses kustomizations that kustomize would fetch parts of, which it does without asking: that of dir, and
// those that it names.
func offline(disk *frugal, dir string, seen map[string]bool) error {
	dir = filepath.Clean(dir)
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := filepath.Join(dir, name)
		data, err := disk.ReadFile(file)
		if disk.refused != nil {
			return disk.refused
		}
		if err != nil {
			continue // kustomize itself says what is wrong with it
		}
		var k kustomization
		if err := yaml.Unmarshal(data, &k); err != nil {
			continue
		}
		nested := slices.Concat(k.Resources, k.Bases, k.Components, k.Generators, k.Transformers, k.Validators)
		for _, path := range slices.Concat(nested, k.leaves()) {
			if _, err := os.Stat(filepath.Join(dir, path)); err != nil && isRemote(path) {
				return fmt.Errorf("%s names %q, which is remote, and files are judged offline: kubectl kustomize %s | kubectl pss check -f -", file, path, disk.top)
			}
		}
		for _, path := range nested {
			if err := offline(disk, filepath.Join(dir, path), seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaves are the names of plain files.
func (k *kustomization) leaves() []string {
	list := slices.Concat(k.Crds, k.Configurations, k.PatchesStrategicMerge, []string{k.OpenAPI.Path})
	for _, p := range slices.Concat(k.Patches, k.PatchesJSON6902, k.Replacements) {
		list = append(list, p.Path)
	}
	for _, g := range slices.Concat(k.ConfigMapGenerator, k.SecretGenerator) {
		for _, file := range slices.Concat(g.Files, g.Envs, []string{g.Env}) {
			if _, path, named := strings.Cut(file, "="); named {
				file = path
			}
			list = append(list, file)
		}
	}
	return list
}

// isRemote recognises what kustomize may take for a repository or a download.
func isRemote(path string) bool {
	if strings.Contains(path, "\n") {
		return false // written out in place
	}
	lower := strings.ToLower(path)
	return slices.ContainsFunc([]string{"://", "git@", "git::", "gh:", "github.com", "?ref=", ".git/"}, func(sign string) bool {
		return strings.Contains(lower, sign)
	})
}
