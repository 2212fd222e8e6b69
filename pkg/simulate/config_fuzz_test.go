package simulate

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/pod-security-admission/admission/api/load"
	"sigs.k8s.io/yaml"
)

// FuzzLoadConfig reads what somebody may have written for the API server: it is read or refused, the same way each time,
// the refusal names a file, and a configuration means the same alone, inline and by path.
func FuzzLoadConfig(f *testing.F) {
	v1 := strings.Replace(bare, "VERSION", "v1", 1)
	for _, seed := range []string{
		"", v1, wrapped(indent(v1)), wrapped("  path: psa.yaml\n"), wrapped("  path: ../../etc/shadow\n"), wrapped("- {name: PodSecurity}\n"),
		"kind: AdmissionConfiguration\n", "kind: AdmissionConfiguration\nplugins: [null]\n", "kind: [a]\n", "null", "\x00", "a: &a [*a]\n",
		v1 + "exemption: {}\n", strings.Replace(v1, "v1.30", "v1.999999999999999999999", 1), strings.Replace(v1, "[kube-system]", `["", a, a, "\u202e"]`, 1),
		`{"kind": "AdmissionConfiguration", "plugins": [{"name": "PodSecurity", "configuration": ` + "\"x\"" + `}]}`,
	} {
		f.Add(seed, v1)
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		var paths []string
		read := func(path string) ([]byte, error) {
			paths = append(paths, path)
			return files(text, other)(path)
		}
		config, err := LoadConfig("config", read)
		again, secondErr := LoadConfig("config", read)
		if diff := cmp.Diff(config, again); diff != "" || (err == nil) != (secondErr == nil) {
			t.Fatalf("the second time: %v, then %v: %s", err, secondErr, diff)
		}
		if err != nil {
			if !slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(err.Error(), path+": ") }) {
				t.Errorf("names no file: %v", err)
			}
			return
		}
		a, err := New(config)
		if err != nil {
			return
		}
		if _, errs := a.Policy(nil); len(errs) > 0 {
			t.Errorf("the defaults are no policy: %v", errs)
		}
		sameWrapped(t, text)
	})
}

// sameWrapped checks that a Pod Security configuration means the same alone, and in both places that an
// AdmissionConfiguration has for one.
func sameWrapped(t *testing.T, text string) {
	t.Helper()
	want, err := load.LoadFromData([]byte(text))
	if err != nil || text == "" {
		return
	}
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return
	}
	const around = `{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": [{"name": "Other", "path": "x"}, {"name": "PodSecurity", `
	for _, wrapping := range []string{text, around + `"configuration": ` + string(raw) + "}]}", around + `"path": "sub/psa"}]}`} {
		got, err := LoadConfig("config", files(wrapping, text))
		if err != nil {
			t.Errorf("%s: %v", wrapping, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", wrapping, diff)
		}
	}
}

// files has a file config, no file nowhere, and another file by any other name.
func files(text, other string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		switch path {
		case "config":
			return []byte(text), nil
		case "nowhere":
			return nil, &fs.PathError{Op: "open", Path: path, Err: errors.ErrUnsupported}
		default:
			return []byte(other), nil
		}
	}
}
