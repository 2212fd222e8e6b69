package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rendered(t *testing.T) string {
	t.Helper()
	template, err := os.ReadFile(filepath.Join("..", "..", "krew-manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := release{version: testVersion, platforms: platforms()}
	text, err := render(string(template), r.version, fakeSums(&r))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestManifestHasEveryPlatform(t *testing.T) {
	m, err := parse("pss", rendered(t))
	if err != nil {
		t.Fatal(err)
	}
	r := release{version: testVersion, platforms: platforms()}
	if m.Spec.Version != testVersion || len(m.Spec.Platforms) != len(r.platforms) {
		t.Errorf("version %s, %d platforms", m.Spec.Version, len(m.Spec.Platforms))
	}
	if text := rendered(t); !strings.HasPrefix(text, "apiVersion: ") {
		t.Errorf("the manifest begins with %.40q", text)
	}
	sums := fakeSums(&r)
	for _, p := range r.platforms {
		k, err := m.platformFor(p)
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		want := krewPlatform{
			Selector: k.Selector, Sha256: sums[r.archive(p)], Bin: p.binary(),
			URI: "https://" + module + "/releases/download/" + testVersion + "/" + r.archive(p),
		}
		if diff := cmp.Diff(&want, k); diff != "" {
			t.Errorf("%s: %s", p, diff)
		}
	}
	if _, err := m.platformFor(platform{"plan9", "386"}); err == nil || err.Error() != "no platform of the manifest is meant for it" {
		t.Errorf("plan9: %v", err)
	}
}

// Each rule bites.
func TestManifestRules(t *testing.T) {
	good := rendered(t)
	for _, tt := range []struct{ change, into, want string }{
		{"v1alpha2", "v1", "krew.googlecontainertools.github.com/v1 Plugin is no plugin manifest"},
		{"kind: Plugin", "kind: Receipt", "krew.googlecontainertools.github.com/v1alpha2 Receipt is no plugin manifest"},
		{"name: pss", "name: psp", `the name "psp" is not that of the file, "pss"`},
		{"version: v0", "version: 0", `the version "0.1.2-test.3" is no semantic version behind a v`},
		{"version: v0.1.2-test.3", "version: v1", `the version "v1" is no semantic version behind a v`},
		{"shortDescription: ", "shortDescription: '' #", "the short description has 0 characters, not 1 to 50 in a line"},
		{"shortDescription: ", "shortDescription: Really ", "the short description has 55 characters, not 1 to 50 in a line"},
		{"shortDescription: Predict and change", "shortDescription: kubectl", `the short description "kubectl Pod Security Standards levels" ends in a full stop or repeats kubectl`},
		{"Standards levels\n", "Standards.\n", `the short description "Predict and change Pod Security Standards." ends in a full stop or repeats kubectl`},
		{"homepage: https", "homepage: ftp", `the homepage "ftp://github.com/kubectl-pss/kubectl-pss" is no address`},
		{"os: linux\n        arch: amd64", "os: linux\n        cpu: amd64", `platform 0: the selector asks for "cpu", not os or arch`},
		{"      matchLabels:\n        os: linux\n        arch: amd64", "      {}", "platform 0: the selector is empty"},
		{"uri: https", "uri: http", `platform 0: the uri "http://github.com/kubectl-pss/kubectl-pss/releases/download/v0.1.2-test.3/kubectl-pss_v0.1.2-test.3_linux_amd64.tar.gz" is no address`},
		{"linux_amd64.tar.gz", "linux_amd64.rpm", `platform 0: the uri "https://github.com/kubectl-pss/kubectl-pss/releases/download/v0.1.2-test.3/kubectl-pss_v0.1.2-test.3_linux_amd64.rpm" is no archive`},
		{`sha256: "2222`, `sha256: "222`, `platform 0: the sha256 "` + strings.Repeat("2", 63) + `" is none`},
		{"bin: kubectl-pss", "files: []", "platform 0: there is no bin\nplatform 0: files is empty: leave it out"},
		{"bin: kubectl-pss", "files: [{from: x}]\n    bin: x", `platform 0: a file goes from "x" to ""`},
		{"bin: kubectl-pss", "binary: kubectl-pss", `error unmarshaling JSON: while decoding JSON: json: unknown field "binary"`},
	} {
		if !strings.Contains(good, tt.change) {
			t.Errorf("there is no %q to change", tt.change)
		}
		_, err := parse("pss", strings.Replace(good, tt.change, tt.into, 1))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if diff := cmp.Diff(tt.want, text); diff != "" {
			t.Errorf("%s -> %s: %s", tt.change, tt.into, diff)
		}
	}
	for name, want := range map[string]string{
		"Pss":      `the name "Pss" is not lower-case words with hyphens`,
		"p_s":      `the name "p_s" is not lower-case words with hyphens`,
		"com1":     `the name "com1" is a device on Windows`,
		"kube-pss": `the name "kube-pss" repeats kube`,
	} {
		if _, err := parse(name, strings.Replace(good, "name: pss", "name: "+name, 1)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	empty := &manifest{}
	for _, want := range []string{"there is no description", "there is no platform"} {
		found := false
		for _, err := range empty.wrong("pss") {
			found = found || err.Error() == want
		}
		if !found {
			t.Errorf("an empty manifest: not said that %s", want)
		}
	}
}

func TestTwoPlatformsForOne(t *testing.T) {
	m, err := parse("pss", strings.Replace(rendered(t), "arch: arm64", "arch: amd64", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.platformFor(platform{"linux", "amd64"}); err == nil || err.Error() != "two platforms of the manifest are meant for it" {
		t.Errorf("got %v", err)
	}
}

func TestRenderRefuses(t *testing.T) {
	for template, want := range map[string]string{
		`{{addURIAndSha "https://x/y_{{ .TagName }}.zip" .TagName}}`: "y_v1.zip was not built",
		`{{ .Nothing }}`: "can't evaluate field Nothing",
		`{{`:             "unclosed action",
	} {
		if _, err := render(template, "v1", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", template, err)
		}
	}
}
