package standard

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/version"
)

func TestNewestMinorIsTheModules(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\s*(?:require )?k8s\.io/pod-security-admission v0\.(\d+)\.`).FindSubmatch(data)
	if m == nil {
		t.Fatal("go.mod does not require k8s.io/pod-security-admission")
	}
	if got := string(m[1]); got != strconv.Itoa(NewestMinor) {
		t.Errorf("go.mod has minor %s of k8s.io/pod-security-admission, NewestMinor is %d", got, NewestMinor)
	}
}

func TestEffectiveMinor(t *testing.T) {
	const unknown = `cannot tell the server's minor version from "": pass --server-version v1.N`
	for name, c := range map[string]struct {
		info version.Info
		want int
		err  string
	}{
		"plain":                      {info: version.Info{Major: "1", Minor: "30", GitVersion: "v1.30.2"}, want: 30},
		"of a provider":              {info: version.Info{Major: "1", Minor: "27+", GitVersion: "v1.27.9-eks-1"}, want: 27},
		"empty minor":                {info: version.Info{GitVersion: "v1.24.17"}, want: 24},
		"empty minor, no v":          {info: version.Info{GitVersion: "1.24.17"}, want: 24},
		"empty minor, of a provider": {info: version.Info{GitVersion: "v1.31.4-gke.1"}, want: 31},
		"garbage minor":              {info: version.Info{Minor: "x", GitVersion: "v1.29.0"}, want: 29},
		"minor too long to count":    {info: version.Info{Minor: "99999999999999999999", GitVersion: "v1.29.0"}, want: 29},
		"nothing":                    {err: unknown},
		"garbage": {
			info: version.Info{Minor: "+", GitVersion: "v2.x"},
			err:  `cannot tell the server's minor version from "v2.x": pass --server-version v1.N`,
		},
		"git version too long": {
			info: version.Info{GitVersion: "v1.99999999999999999999"},
			err:  `cannot tell the server's minor version from "v1.99999999999999999999": pass --server-version v1.N`,
		},
		"emulating nothing, 1.36":          {info: version.Info{Minor: "36", EmulationMinor: "36"}, want: 36},
		"emulating, 1.36":                  {info: version.Info{Minor: "36", EmulationMinor: "34"}, want: 34},
		"emulating, 1.35":                  {info: version.Info{Minor: "35", EmulationMinor: "33"}, want: 33},
		"emulating, of a provider":         {info: version.Info{Minor: "36+", EmulationMinor: "35+"}, want: 35},
		"emulating, empty minor":           {info: version.Info{GitVersion: "v1.36.3", EmulationMinor: "35"}, want: 35},
		"1.34 leaves out one check":        {info: version.Info{Minor: "34", EmulationMinor: "31"}, want: 33},
		"emulating nothing, 1.34":          {info: version.Info{Minor: "34", EmulationMinor: "34"}, want: 34},
		"1.33 pays no heed":                {info: version.Info{Minor: "33", EmulationMinor: "31"}, want: 33},
		"garbage emulation":                {info: version.Info{Minor: "36", EmulationMinor: "x"}, want: 36},
		"emulating what is newer, in vain": {info: version.Info{Minor: "36", EmulationMinor: "37"}, want: 36},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := EffectiveMinor(c.info)
			if got != c.want {
				t.Errorf("minor %d, want %d", got, c.want)
			}
			text := ""
			if err != nil {
				text = err.Error()
			}
			if text != c.err {
				t.Errorf("error %q, want %q", text, c.err)
			}
		})
	}
}
