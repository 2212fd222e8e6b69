// Package release knows how Kubernetes numbers its releases and what follows from a number.
package release

import (
	"fmt"
	"regexp"
	"strconv"
)

const (
	// Newest is what runs when no release is named.
	Newest = "v1.37.1"

	oldestMinor = 24
	newestMinor = 37
)

// Release is a patch release of Kubernetes, such as v1.37.1.
type Release struct {
	Minor, Patch int
}

// Parse reads a release as --release takes it, with or without the v.
func Parse(text string) (Release, error) {
	match := regexp.MustCompile(`^v?1\.(\d{1,3})\.(\d{1,3})$`).FindStringSubmatch(text)
	if match == nil {
		return Release{}, fmt.Errorf(
			"invalid argument %q for \"--release\" flag: must be a patch release such as %s", text, Newest)
	}
	minor, minorErr := strconv.Atoi(match[1])
	patch, patchErr := strconv.Atoi(match[2])
	if minorErr != nil || patchErr != nil || minor < oldestMinor || minor > newestMinor {
		return Release{}, fmt.Errorf("invalid argument %q for \"--release\" flag: only v1.%d to v1.%d are known to build",
			text, oldestMinor, newestMinor)
	}

	return Release{Minor: minor, Patch: patch}, nil
}

// String is the release as Kubernetes writes it.
func (r Release) String() string { return fmt.Sprintf("v1.%d.%d", r.Minor, r.Patch) }

// Staging is the version of the libraries, such as k8s.io/api, that belong to the release.
func (r Release) Staging() string { return fmt.Sprintf("v0.%d.%d", r.Minor, r.Patch) }
