package simulate

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// What a server passes over in a file is told, and what it reads is told by the version that it is written in.
func TestReadConfig(t *testing.T) {
	v1 := strings.Replace(bare, "VERSION", "v1", 1)
	entry := "- name: PodSecurity\n" + indent(v1)
	for _, c := range []struct {
		name, text, version string
		want                []Ignored
	}{
		{name: "bare", text: v1, version: "v1"},
		{name: "alpha", text: strings.Replace(bare, "VERSION", "v1alpha1", 1), version: "v1alpha1"},
		{name: "inline", text: wrapped(indent(v1)), version: "v1"},
		{name: "by path", text: wrapped("  path: bare\n"), version: "v1"},
		{name: "comment before the first document", text: "# ours\n---" + v1, version: "v1"},
		{name: "empty document behind", text: v1 + "---\n# nothing\n", version: "v1"},
		{name: "not a separator", text: "# --- \n#---" + v1, version: "v1"},
		{name: "second document", text: v1 + "---\nkind: x\n", version: "v1", want: []Ignored{
			{Field: "document 2", Why: "the server reads the first document of a file and no other", Meant: true},
		}},
		{name: "second entry", text: wrapped(indent(v1)) + entry, version: "v1", want: []Ignored{
			{Field: "plugins[2]", Value: "PodSecurity", Why: "the server takes the first entry for a plugin, which is plugins[1]", Meant: true},
		}},
		{name: "path beside", text: wrapped("  path: bare\n" + indent(v1)), version: "v1", want: []Ignored{
			{Field: "plugins[1].path", Value: "bare", Why: "the configuration beside it takes its place", Meant: true},
		}},
		{name: "misspelt", text: strings.Replace(wrapped(indent(v1)), "PodSecurity\n", "podSecurity\n", 1), want: []Ignored{
			{Field: "plugins[1].name", Value: "podSecurity", Why: "the plugin is called PodSecurity, and no other spelling is known", Meant: true},
			{Field: "plugins", Why: "it has no entry for PodSecurity: a server with it enforces privileged and exempts nothing"},
		}},
		{name: "nothing in the entry", text: wrapped("  configuration: null\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{"it": {Data: []byte(c.text)}, "bare": {Data: []byte(v1)}}
			f, err := ReadConfig("it", func(name string) ([]byte, error) { return fs.ReadFile(files, name) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, f.Ignored); diff != "" {
				t.Errorf("ignored (-want +got):\n%s", diff)
			}
			if f.Version != c.version {
				t.Errorf("version %q, want %q", f.Version, c.version)
			}
			if wrapped := strings.Contains(c.text, "AdmissionConfiguration"); f.Wrapped != wrapped || wrapped && !KnownWrapper(f.Wrapper) {
				t.Errorf("wrapped %v in %q", f.Wrapped, f.Wrapper)
			}
			enforce := "privileged"
			if c.version != "" {
				enforce = "baseline"
			}
			if f.Config.Defaults.Enforce != enforce {
				t.Errorf("enforce %q, want %q", f.Config.Defaults.Enforce, enforce)
			}
		})
	}
}

func TestKnownWrapper(t *testing.T) {
	for version, want := range map[string]bool{
		"apiserver.config.k8s.io/v1": true, "apiserver.k8s.io/v1alpha1": true,
		"": false, "v1": false, "apiserver.config.k8s.io/v1alpha1": false, "apiserver.k8s.io/v1": false,
	} {
		if got := KnownWrapper(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}
