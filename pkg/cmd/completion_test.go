package cmd

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The programs that kubectl runs are files of the archives, and printed for those whom krew has not given them.
func TestShimsAreThoseOfPlugins(t *testing.T) {
	for file, want := range map[string]string{"kubectl_complete-pss": shim, "kubectl_complete-pss.cmd": windowsShim} {
		content, err := os.ReadFile("../../plugins/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(string(content), "\r\n", "\n"), want); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestTypesLike(t *testing.T) {
	for typed, want := range map[string]string{
		"":         "ns po deploy sts ds rs rc job cj podtemplate",
		"n":        "ns",
		"names":    "namespace",
		"p":        "po podtemplate",
		"pod":      "pod podtemplate",
		"deploy":   "deploy",
		"deploym":  "deployment",
		"stateful": "statefulset",
		"r":        "rs rc",
		"x":        "",
	} {
		if got := strings.Join(typesLike(typed), " "); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
