package simulate

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

const bare = `
apiVersion: pod-security.admission.config.k8s.io/VERSION
kind: PodSecurityConfiguration
defaults: {enforce: baseline, enforce-version: v1.30}
exemptions: {namespaces: [kube-system]}
`

func wrapped(inner string) string {
	return "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n" +
		"- {name: EventRateLimit, path: other.yaml}\n- name: PodSecurity\n" + inner
}

func indent(s string) string {
	return "  configuration:\n" + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ") + "\n"
}

func TestLoadConfig(t *testing.T) {
	v1 := strings.Replace(bare, "VERSION", "v1", 1)
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"v1": v1, "v1beta1": strings.Replace(bare, "VERSION", "v1beta1", 1), "v1alpha1": strings.Replace(bare, "VERSION", "v1alpha1", 1),
		"etc/inline": wrapped(indent(v1)), "etc/path": wrapped("  path: psa.yaml\n"), "etc/psa.yaml": v1,
		"etc/lost": wrapped("  path: nowhere.yaml\n"), "etc/empty": wrapped("  path: nothing\n"), "etc/nothing": "",
		"etc/absent": wrapped("- {name: PodSecurity}\n"), "none": "kind: AdmissionConfiguration\n",
		"typo": v1 + "exemption: {}\n", "typo2": "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugin: []\n", "other": "apiVersion: v1\nkind: ConfigMap\n", "nokind": "a: b\n", "garbage": "\x00\x01",
		"list": "- a\n", "word": "kind: AdmissionConfiguration\nplugins: all\n", "words": "kind: AdmissionConfiguration\nplugins: [all]\n",
		"map":   "kind: {}\n",
		"level": strings.Replace(v1, "baseline", "strict", 1),
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	read := func(name string) ([]byte, error) { return fs.ReadFile(files, name) }
	for _, name := range []string{"v1", "v1beta1", "v1alpha1", "etc/inline", "etc/path"} {
		config, err := LoadConfig(name, read)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := New(config)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := a.Defaults().Enforce.String(); got != "baseline:v1.30" || !a.ExemptNamespace("kube-system") || a.ExemptNamespace("") {
			t.Errorf("%s: enforce %s", name, got)
		}
	}
	for _, name := range []string{"etc/absent", "none"} {
		config, err := LoadConfig(name, read)
		if err != nil || config.Defaults.Enforce != "privileged" {
			t.Errorf("%s: %v, %v", name, config, err)
		}
	}
	for name, want := range map[string]string{
		"missing": "file does not exist", "etc/lost": "configuration of PodSecurity", "etc/empty": "empty file",
		"typo": `unknown field "exemption"`, "typo2": `unknown field "plugin"`, "other": "no kind", "nokind": "no kind: expected", "garbage": "control characters",
		"list": "list: the file has to be an object, and is of type array", "word": "plugins has to be a list, and is of type string",
		"words": "each of plugins has to be an object, and is of type string", "map": "kind has to be a string, and is of type object",
	} {
		if _, err := LoadConfig(name, read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	config, err := LoadConfig("level", read)
	if err == nil {
		_, err = New(config)
	}
	if err == nil || !strings.Contains(err.Error(), "must be one of privileged, baseline, restricted") {
		t.Errorf("bad level: %v", err)
	}
}
