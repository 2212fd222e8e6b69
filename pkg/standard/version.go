package standard

import (
	"fmt"
	"regexp"
	"strconv"

	"k8s.io/apimachinery/pkg/version"
)

const (
	// NewestMinor is the newest Kubernetes 1.x minor whose checks are compiled in: the minor of the
	// k8s.io/pod-security-admission module. Upstream does not export it; a test holds it to go.mod.
	NewestMinor = 37
	// ExactSince is the oldest server minor whose answers were held against ours: those of a server of its own, and of
	// the libraries of those between it and NewestMinor. Older ones are judged as it is, with their own policy version.
	ExactSince = 24
)

// Server minors from which Pod Security follows the emulated version.
const (
	emulationPartly = 34
	emulationFully  = 35
)

// EffectiveMinor is the minor that "latest" means on a server that calls itself info: its own, or the one that
// it emulates where Pod Security follows emulation.
func EffectiveMinor(info version.Info) (int, error) {
	binary, err := BinaryMinor(info)
	if err != nil {
		return 0, err
	}
	emulated, err := strconv.Atoi(digits(info.EmulationMinor))
	switch {
	case err != nil || emulated >= binary:
		return binary, nil
	case binary >= emulationFully:
		return emulated, nil
	case binary == emulationPartly:
		// 1.34 leaves out only the one check that was new in it.
		return binary - 1, nil
	default:
		return binary, nil
	}
}

// BinaryMinor is the minor of the release that a server is, whatever it emulates: "27+" counts as 27, and where a
// custom build leaves it empty the git version tells.
func BinaryMinor(info version.Info) (int, error) {
	if n, err := strconv.Atoi(digits(info.Minor)); err == nil {
		return n, nil
	}
	if m := gitMinor().FindStringSubmatch(info.GitVersion); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("cannot tell the server's minor version from %q: pass --server-version v1.N", info.GitVersion)
}

func gitMinor() *regexp.Regexp { return regexp.MustCompile(`^v?1\.(\d+)`) }

// digits are the leading digits of s.
func digits(s string) string {
	for i, r := range s {
		if r < '0' || r > '9' {
			return s[:i]
		}
	}
	return s
}
