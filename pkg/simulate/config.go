package simulate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/admission/api/load"
	"sigs.k8s.io/yaml"
)

// pluginName is Pod Security's entry in an AdmissionConfiguration.
const pluginName = "PodSecurity"

// DefaultConfig is what a server has that was given no configuration: privileged everywhere, nothing exempt.
func DefaultConfig() (*admissionapi.PodSecurityConfiguration, error) { return load.LoadFromData(nil) }

// plugin is an entry of an AdmissionConfiguration.
type plugin struct {
	Name          string          `json:"name"`
	Path          string          `json:"path"`
	Configuration json.RawMessage `json:"configuration"`
}

// inline says whether the configuration stands in the entry itself; the server then looks at no path.
func (p *plugin) inline() bool { return len(p.Configuration) > 0 && string(p.Configuration) != "null" }

// typed is what every file begins with.
type typed struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// wrapper is an AdmissionConfiguration; all its versions are alike.
type wrapper struct {
	typed   `json:",inline"`
	Plugins []plugin `json:"plugins"`
}

// KnownWrapper says whether there are servers that know an AdmissionConfiguration of that apiVersion: none was added
// since 1.17, and none taken away.
func KnownWrapper(apiVersion string) bool {
	return apiVersion == "apiserver.config.k8s.io/v1" || apiVersion == "apiserver.k8s.io/v1alpha1"
}

// ConfigFile is a configuration of Pod Security, and how it stands in its file.
type ConfigFile struct {
	Config *admissionapi.PodSecurityConfiguration
	// Wrapped says that it came in an AdmissionConfiguration, and Wrapper the apiVersion of that.
	Wrapped bool
	Wrapper string
	// Version is the apiVersion that the PodSecurityConfiguration was written in, without its group; empty where the
	// file has none.
	Version string
	// Ignored is what the server takes no notice of.
	Ignored []Ignored
}

// Ignored is a part of a file that a server takes no notice of.
type Ignored struct {
	// Field is where it stands, Value what stands there, Why the reason in one clause.
	Field, Value, Why string
	// Meant says that the author will have meant it to count.
	Meant bool
}

// LoadConfig reads what the API server takes by --admission-control-config-file: an AdmissionConfiguration with an
// entry for PodSecurity (inline or by path, the first entry wins, as on the server), or the PodSecurityConfiguration
// itself, in every version that either ever had. file is its path, to which paths inside it are relative; read is
// os.ReadFile.
func LoadConfig(file string, read func(string) ([]byte, error)) (*admissionapi.PodSecurityConfiguration, error) {
	f, err := ReadConfig(file, read)
	if err != nil {
		return nil, err
	}
	return f.Config, nil
}

// ReadConfig is LoadConfig that tells of the file as well.
func ReadConfig(file string, read func(string) ([]byte, error)) (*ConfigFile, error) {
	read = frugally(read)
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	var t typed
	if err := yaml.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", file, plain(err))
	}
	f := &ConfigFile{}
	switch t.Kind {
	case "AdmissionConfiguration":
		err = f.wrapped(data, file, read)
	case "":
		return nil, fmt.Errorf("%s: no kind: expected AdmissionConfiguration or PodSecurityConfiguration", file)
	default:
		err = f.bare(data, file)
	}
	if err != nil {
		return nil, err
	}
	f.documents(data)
	return f, nil
}

// wrapped finds Pod Security's entry. The server is strict about the file, so that a typo does not pass for silence.
func (f *ConfigFile) wrapped(data []byte, file string, read func(string) ([]byte, error)) error {
	var w wrapper
	if err := yaml.UnmarshalStrict(data, &w); err != nil {
		return fmt.Errorf("%s: %w", file, plain(err))
	}
	f.Wrapped, f.Wrapper = true, w.APIVersion
	at := f.find(w.Plugins)
	if at < 0 {
		return f.builtIn()
	}
	p := &w.Plugins[at]
	switch {
	case p.inline():
		if p.Path != "" {
			f.ignore(fmt.Sprintf("plugins[%d].path", at), p.Path, true, "the configuration beside it takes its place")
		}
		return f.bare(p.Configuration, file)
	case p.Path != "":
		path := p.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		data, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: configuration of PodSecurity: %w", file, err)
		}
		return f.bare(data, path)
	default:
		return f.builtIn()
	}
}

// plain words what encoding/json says of a value of the wrong type, which names our own types.
func plain(err error) error {
	misfit, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	want := "an object"
	switch misfit.Type.Kind() {
	case reflect.String:
		want = "a string"
	case reflect.Slice:
		want = "a list"
	default:
	}
	what := cmp.Or(misfit.Field, "the file")
	if want == "an object" && misfit.Field != "" {
		what = "each of " + what
	}
	return fmt.Errorf("%s has to be %s, and is of type %s", what, want, misfit.Value)
}

// find is the index of the entry that the server takes, -1 for none, and notes those that it passes over.
func (f *ConfigFile) find(plugins []plugin) int {
	at := -1
	for i := range plugins {
		field := fmt.Sprintf("plugins[%d]", i)
		switch name := plugins[i].Name; {
		case name == pluginName && at < 0:
			at = i
		case name == pluginName:
			f.ignore(field, name, true, fmt.Sprintf("the server takes the first entry for a plugin, which is plugins[%d]", at))
		case strings.EqualFold(name, pluginName):
			f.ignore(field+".name", name, true, "the plugin is called PodSecurity, and no other spelling is known")
		}
	}
	if at < 0 {
		f.ignore("plugins", "", false, "it has no entry for PodSecurity: a server with it enforces privileged and exempts nothing")
	}
	return at
}

func (f *ConfigFile) ignore(field, value string, meant bool, why string) {
	f.Ignored = append(f.Ignored, Ignored{Field: field, Value: value, Why: why, Meant: meant})
}

// builtIn is what a server has that is told nothing of Pod Security.
func (f *ConfigFile) builtIn() (err error) {
	f.Config, err = DefaultConfig()
	return err
}

// bare reads a PodSecurityConfiguration.
func (f *ConfigFile) bare(data []byte, file string) error {
	if len(data) == 0 {
		return fmt.Errorf("%s: empty file", file)
	}
	var err error
	if f.Config, err = load.LoadFromData(data); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var t typed
	if err := yaml.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	gv, err := schema.ParseGroupVersion(t.APIVersion)
	f.Version = gv.Version
	return err
}

// documents notes what stands behind the first YAML document, which is the only one that is read.
func (f *ConfigFile) documents(data []byte) {
	count := 0
	for document := range strings.SplitSeq("\n"+string(data), "\n---") {
		for line := range strings.Lines(document) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				count++
				break
			}
		}
	}
	if count > 1 {
		f.ignore("document 2", "", true, "the server reads the first document of a file and no other")
	}
}
