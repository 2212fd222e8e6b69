package beyond

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestTrusts(t *testing.T) {
	for _, c := range []struct {
		registries string
		image      string
		want       bool
	}{
		{"", "nginx", false},
		{"", "nginx:1.25", false}, // the colon is that of a tag, not of a port
		{"", "team/nginx", false},
		{"", "localhost/nginx", true},
		{"", "registry:5000/nginx", true},
		{"", "quay.io/team/nginx@sha256:" + hash, true},

		{"docker.io", "nginx", true},
		{"docker.io/", "team/nginx:1", true},
		{"docker.io/library", "nginx:1.25", true},
		{"docker.io/library/", "nginx", true},
		{"docker.io/library", "team/nginx", false},
		{"docker.io/library/nginx", "nginx", true},
		{"docker.io/library/nginx", "nginx:1.25", true},
		{"docker.io/library/nginx", "nginx@sha256:" + hash, true},
		{"docker.io/library/nginx", "nginx-evil", false},
		{"docker.io/library/nginx", "docker.io/library/nginx:1", true},
		{"docker.io/li", "nginx", false},
		{"docker", "nginx", false},
		{"docker.io/team", "team/nginx", true},
		{"docker.io/team", "team-evil/nginx", false},

		{"registry.example.com", "registry.example.com/app", true},
		{"registry.example.com", "registry.example.com.evil.net/app", false},
		{"registry.example.com", "registry.example.community/app", false},
		{"registry.example.com", "evil.net/registry.example.com/app", false},
		{"registry.example.com", "registry.example.com:5000/app", true},
		{"registry.example.com:5000", "registry.example.com/app", false},
		{"registry.example.com/team//", "registry.example.com/team/app", true},
		{"registry.example.com/team", "registry.example.com/teams/app", false},
		{"quay.io registry.example.com/team", "registry.example.com/team/app", true},
		{"quay.io registry.example.com/team", "registry.example.com/app", false},
		{"docker.io", "", true},
	} {
		if got := trusts(strings.Fields(c.registries), c.image); got != c.want {
			t.Errorf("registries %q, image %q: %v, want %v", c.registries, c.image, got, c.want)
		}
	}
}

func TestTagged(t *testing.T) {
	for image, want := range map[string]bool{
		"":                                false,
		"nginx":                           false,
		"nginx:latest":                    false,
		"nginx:1.25":                      true,
		"nginx:latest-alpine":             true,
		"registry:5000/nginx":             false,
		"registry:5000/nginx:latest":      false,
		"registry:5000/nginx:1":           true,
		"nginx@sha256:" + hash:            true,
		"nginx:latest@sha256:" + hash:     true,
		"registry:5000/team/nginx@sha256": true,
	} {
		if got := tagged(image); got != want {
			t.Errorf("%q: %v, want %v", image, got, want)
		}
	}
}

func TestPinned(t *testing.T) {
	for image, want := range map[string]bool{
		"":                                          false,
		"nginx":                                     false,
		"sha256:" + hash:                            false,
		"nginx:1.25@sha256:" + hash:                 true,
		"nginx@sha256:" + hash[1:]:                  false,
		"nginx@sha256:" + hash + "0":                false,
		"nginx@sha256:" + strings.ToUpper(hash):     false,
		"nginx@SHA256:" + hash:                      false,
		"nginx@sha512:" + hash:                      false,
		"nginx@sha512:" + hash + hash:               true,
		"nginx@sha384:" + hash:                      false,
		"nginx@sha256:" + hash + "@sha256:" + hash:  true,
		"nginx@sha256:" + hash + "/nginx:1":         false,
		"nginx@sha256:" + hash[:63] + "g":           false,
		"nginx@sha256:" + hash[:63] + "\u0661"[0:1]: false,
	} {
		if got := pinned(image); got != want {
			t.Errorf("%q: %v, want %v", image, got, want)
		}
	}
}

// The three answers, for texts made of what they look at, are those of their definitions written down plainly.
func TestImagesByDefinition(t *testing.T) {
	parts := []string{
		"docker.io", "localhost", "registry", "quay.io", "library", "nginx", "team", "latest", "1.25", "5000",
		"/", "/", ":", "@", ".", "sha256:" + hash, "@sha256:" + hash, "@sha512:" + hash + hash,
	}
	r := rand.New(rand.NewPCG(8, 1))
	text := func() string {
		var b strings.Builder
		for range r.IntN(7) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	counts := map[string]int{}
	for range 30_000 {
		image, entries := text(), []string{text(), text()}[:r.IntN(3)]
		got := fmt.Sprint(trusts(entries, image), tagged(image), pinned(image))
		want := fmt.Sprint(trustsPlainly(entries, image), taggedPlainly(image), digested.MatchString(image))
		if got != want {
			t.Fatalf("registries %q, image %q: trusted, tagged and pinned are %s, want %s", entries, image, got, want)
		}
		counts[got]++
	}
	if len(counts) < 6 { // what is pinned is tagged: more than six there are not
		t.Errorf("not every answer was drawn: %v", counts)
	}
}

func trustsPlainly(entries []string, image string) bool {
	words := strings.Split(image, "/")
	host := len(words) > 1 && (strings.Contains(words[0], ".") || strings.Contains(words[0], ":") || words[0] == "localhost")
	switch {
	case len(entries) == 0:
		return host
	case len(words) == 1:
		image = "docker.io/library/" + image
	case !host:
		image = "docker.io/" + image
	}
	for _, e := range entries {
		e = strings.TrimRight(e, "/")
		if image == e || strings.HasPrefix(image, e+"/") || strings.HasPrefix(image, e+":") || strings.HasPrefix(image, e+"@") {
			return true
		}
	}
	return false
}

func taggedPlainly(image string) bool {
	words := strings.Split(image, "/")
	last := words[len(words)-1]
	tags := strings.Split(last, ":")[1:]
	return strings.Contains(image, "@") || len(tags) > 0 && tags[len(tags)-1] != "latest"
}

var digested = regexp.MustCompile(`@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)

func TestValidRegistry(t *testing.T) {
	for entry, want := range map[string]string{
		"registry.example.com":       "",
		"registry.example.com/team/": "",
		"localhost":                  "",
		"registry:5000/team":         "",
		"docker.io/library/nginx":    "",
		"":                           "an empty registry would trust nothing; name one, such as registry.example.com/team",
		"//":                         "an empty registry would trust nothing; name one, such as registry.example.com/team",
		"https://registry":           `"https://registry" has a scheme: images are named without one, such as registry.example.com/team`,
		"*.example.com":              `"*.example.com" has a wildcard: a registry trusts all that is below it without one`,
		"quay.io /x":                 `"quay.io /x" has characters that no image's name has`,
		"quay.io/x'":                 `"quay.io/x'" has characters that no image's name has`,
		"library/nginx":              `"library/nginx" names no registry, and images without one are those of docker.io: write docker.io/library/nginx if those are meant`,
	} {
		got := ""
		if err := ValidRegistry(entry); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", entry, diff)
		}
	}
}
