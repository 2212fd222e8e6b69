package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// manifest is a krew plugin manifest. sigs.k8s.io/krew is not there to be imported, so that its types and rules are
// written down here, from https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest and the naming guide beside it.
type manifest struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string         `json:"version"`
		Homepage         string         `json:"homepage"`
		ShortDescription string         `json:"shortDescription"`
		Description      string         `json:"description"`
		Caveats          string         `json:"caveats"`
		Platforms        []krewPlatform `json:"platforms"`
	} `json:"spec"`
}

type krewPlatform struct {
	Selector *metav1.LabelSelector `json:"selector"`
	URI      string                `json:"uri"`
	Sha256   string                `json:"sha256"`
	// Files are what to take out of the archive; without any, all of it.
	Files []fileMove `json:"files"`
	Bin   string     `json:"bin"`
}

type fileMove struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// maxShort is how long a short description may be to be shown whole by `kubectl krew search`.
const maxShort = 50

// render fills in the template. It understands what krew-release-bot does, {{ .TagName }} and addURIAndSha, but takes
// the checksums from what was just built.
func render(text, tag string, sums map[string]string) (string, error) {
	data := struct{ TagName string }{tag}
	fill := func(t *template.Template, text string) (string, error) {
		parsed, err := t.Option("missingkey=error").Parse(text)
		if err != nil {
			return "", err
		}
		var b bytes.Buffer
		err = parsed.Execute(&b, data)
		return b.String(), err
	}
	return fill(template.New("manifest").Funcs(template.FuncMap{
		"addURIAndSha": func(address, _ string) (string, error) {
			uri, err := fill(template.New("uri"), address)
			if err != nil {
				return "", err
			}
			sum, ok := sums[path.Base(uri)]
			if !ok {
				return "", fmt.Errorf("%s was not built", path.Base(uri))
			}
			// In quotes: a sum without letters, or with one e among them, is a number in YAML.
			return fmt.Sprintf("uri: %s\n    sha256: %q", uri, sum), nil
		},
	}), text)
}

// parse reads a manifest and refuses what krew, or those who review for its index, would.
func parse(name, text string) (*manifest, error) {
	m := &manifest{}
	if err := yaml.UnmarshalStrict([]byte(text), m); err != nil {
		return nil, err
	}
	return m, errors.Join(m.wrong(name)...)
}

// wrong are the rules that a manifest breaks; name is that of its file.
func (m *manifest) wrong(name string) []error {
	var list []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Errorf(format, args...))
		}
	}
	short := m.Spec.ShortDescription
	rule(m.APIVersion == "krew.googlecontainertools.github.com/v1alpha2" && m.Kind == "Plugin", "%s %s is no plugin manifest", m.APIVersion, m.Kind)
	rule(m.Metadata.Name == name, "the name %q is not that of the file, %q", m.Metadata.Name, name)
	rule(regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name), "the name %q is not lower-case words with hyphens", name)
	rule(!regexp.MustCompile(`^(con|prn|aux|nul|com[1-9]|lpt[1-9])$`).MatchString(name), "the name %q is a device on Windows", name)
	rule(!strings.HasPrefix(name, "kube"), "the name %q repeats kube", name)
	_, err := version.ParseSemantic(m.Spec.Version)
	rule(err == nil && strings.HasPrefix(m.Spec.Version, "v"), "the version %q is no semantic version behind a v", m.Spec.Version)
	rule(short != "" && len(short) <= maxShort && !strings.ContainsAny(short, "\r\n"), "the short description has %d characters, not 1 to %d in a line", len(short), maxShort)
	rule(!strings.HasSuffix(short, ".") && !strings.Contains(strings.ToLower(short), "kubectl"), "the short description %q ends in a full stop or repeats kubectl", short)
	rule(m.Spec.Description != "", "there is no description")
	home, err := url.Parse(m.Spec.Homepage)
	rule(err == nil && home.Scheme == "https" && home.Host != "", "the homepage %q is no address", m.Spec.Homepage)
	rule(len(m.Spec.Platforms) > 0, "there is no platform")
	for i := range m.Spec.Platforms {
		for _, err := range m.Spec.Platforms[i].wrong() {
			list = append(list, fmt.Errorf("platform %d: %w", i, err))
		}
	}
	return list
}

// wrong are the rules that a platform breaks.
func (p *krewPlatform) wrong() []error {
	var list []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Errorf(format, args...))
		}
	}
	address, err := url.Parse(p.URI)
	rule(err == nil && address.Scheme == "https" && address.Host != "", "the uri %q is no address", p.URI)
	rule(strings.HasSuffix(p.URI, ".tar.gz") || strings.HasSuffix(p.URI, ".zip"), "the uri %q is no archive", p.URI)
	rule(regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(p.Sha256), "the sha256 %q is none", p.Sha256)
	rule(p.Bin != "", "there is no bin")
	rule(p.Files == nil || len(p.Files) > 0, "files is empty: leave it out")
	for _, f := range p.Files {
		rule(f.From != "" && f.To != "", "a file goes from %q to %q", f.From, f.To)
	}
	if p.Selector == nil || len(p.Selector.MatchLabels)+len(p.Selector.MatchExpressions) == 0 {
		return append(list, errors.New("the selector is empty"))
	}
	var keys []string
	for key := range p.Selector.MatchLabels {
		keys = append(keys, key)
	}
	for _, e := range p.Selector.MatchExpressions {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		rule(key == "os" || key == "arch", "the selector asks for %q, not os or arch", key)
	}
	return list
}

// platformFor is the only platform of a manifest that is meant for a machine. krew takes the first.
func (m *manifest) platformFor(p platform) (*krewPlatform, error) {
	var found *krewPlatform
	for i := range m.Spec.Platforms {
		selector, err := metav1.LabelSelectorAsSelector(m.Spec.Platforms[i].Selector)
		if err != nil {
			return nil, err
		}
		if !selector.Matches(labels.Set{"os": p.os, "arch": p.arch}) {
			continue
		}
		if found != nil {
			return nil, errors.New("two platforms of the manifest are meant for it")
		}
		found = &m.Spec.Platforms[i]
	}
	if found == nil {
		return nil, errors.New("no platform of the manifest is meant for it")
	}
	return found, nil
}
