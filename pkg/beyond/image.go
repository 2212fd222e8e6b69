package beyond

import (
	"errors"
	"fmt"
	"strings"
)

// registry is what an image's name is short of, to be put before it: nothing where it names its registry itself.
func registry(image string) (missing string) {
	first, _, more := strings.Cut(image, "/")
	switch {
	case !more:
		return "docker.io/library/"
	case strings.ContainsAny(first, ".:") || first == "localhost":
		return ""
	default:
		return "docker.io/"
	}
}

// trusts says whether a list of registries trusts an image; without a list, whether it names its registry.
func trusts(registries []string, image string) bool {
	missing := registry(image)
	if len(registries) == 0 {
		return missing == ""
	}
	for _, entry := range registries {
		if rest, ok := after(missing, image, strings.TrimRight(entry, "/")); ok && (rest == "" || strings.IndexByte("/:@", rest[0]) >= 0) {
			return true
		}
	}
	return false
}

// after is what follows a prefix in the concatenation of two texts, without making it.
func after(one, other, prefix string) (rest string, ok bool) {
	if len(prefix) < len(one) {
		rest, ok = strings.CutPrefix(one, prefix)
		return rest, ok
	}
	prefix, ok = strings.CutPrefix(prefix, one)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(other, prefix)
}

// tagged says that an image has a digest, or a tag that is meant to stay.
func tagged(image string) bool {
	if strings.Contains(image, "@") {
		return true
	}
	name := image[strings.LastIndexByte(image, '/')+1:]
	return strings.Contains(name, ":") && !strings.HasSuffix(name, ":latest")
}

// pinned says that an image ends in a digest of an algorithm that registries know.
func pinned(image string) bool {
	digest := image[strings.LastIndexByte(image, '@')+1:]
	if len(digest) == len(image) {
		return false
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	if !(algorithm == "sha256" && len(hex) == 64 || algorithm == "sha512" && len(hex) == 128) {
		return false
	}
	for i := range len(hex) {
		if c := hex[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// nameCharacters are those of the names of images. No shell has another meaning for any of them.
const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./:@_-"

// ValidRegistry says what is wrong with an entry of a list of trusted registries: a registry, with the beginning of a
// path or a whole name where only that is trusted. It may end in a slash.
func ValidRegistry(entry string) error {
	name := strings.TrimRight(entry, "/")
	host, _, _ := strings.Cut(name, "/")
	switch {
	case name == "":
		return errors.New("an empty registry would trust nothing; name one, such as registry.example.com/team")
	case strings.Contains(entry, "://"):
		return fmt.Errorf("%q has a scheme: images are named without one, such as registry.example.com/team", entry)
	case strings.ContainsAny(entry, "*?"):
		return fmt.Errorf("%q has a wildcard: a registry trusts all that is below it without one", entry)
	case strings.ContainsFunc(entry, func(r rune) bool { return !strings.ContainsRune(nameCharacters, r) }):
		return fmt.Errorf("%q has characters that no image's name has", entry)
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		return fmt.Errorf("%q names no registry, and images without one are those of docker.io: write docker.io/%s if those are meant", entry, name)
	default:
		return nil
	}
}
