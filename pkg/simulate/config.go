package simulate

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/admission/api/load"
	"sigs.k8s.io/yaml"
)

// pluginName is Pod Security's entry in an AdmissionConfiguration.
const pluginName = "PodSecurity"

// DefaultConfig is what a server has that was given no configuration: privileged everywhere, nothing exempt.
func DefaultConfig() (*admissionapi.PodSecurityConfiguration, error) { return load.LoadFromData(nil) }

// wrapper is what is needed of an AdmissionConfiguration (apiserver.config.k8s.io, every version).
type wrapper struct {
	Kind    string `json:"kind"`
	Plugins []struct {
		Name          string          `json:"name"`
		Path          string          `json:"path"`
		Configuration json.RawMessage `json:"configuration"`
	} `json:"plugins"`
}

// LoadConfig reads what the API server takes by --admission-control-config-file: an AdmissionConfiguration with an
// entry for PodSecurity (inline or by path, the first entry wins, as on the server), or the PodSecurityConfiguration
// itself, in every version that either ever had. file is its path, to which paths inside it are relative; read is
// os.ReadFile.
func LoadConfig(file string, read func(string) ([]byte, error)) (*admissionapi.PodSecurityConfiguration, error) {
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	var w wrapper
	if err := yaml.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	switch w.Kind {
	case "AdmissionConfiguration":
		return loadWrapped(&w, file, read)
	case "":
		return nil, fmt.Errorf("%s: no kind: expected AdmissionConfiguration or PodSecurityConfiguration", file)
	default:
		return loadBare(data, file)
	}
}

func loadWrapped(w *wrapper, file string, read func(string) ([]byte, error)) (*admissionapi.PodSecurityConfiguration, error) {
	for _, p := range w.Plugins {
		switch {
		case p.Name != pluginName:
			continue
		case len(p.Configuration) > 0 && string(p.Configuration) != "null":
			return loadBare(p.Configuration, file)
		case p.Path != "":
			path := p.Path
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(file), path)
			}
			data, err := read(path)
			if err != nil {
				return nil, fmt.Errorf("%s: configuration of PodSecurity: %w", file, err)
			}
			return loadBare(data, path)
		default:
			return DefaultConfig()
		}
	}
	return DefaultConfig() // a server with this file has Pod Security's defaults
}

func loadBare(data []byte, file string) (*admissionapi.PodSecurityConfiguration, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: empty file", file)
	}
	config, err := load.LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return config, nil
}
