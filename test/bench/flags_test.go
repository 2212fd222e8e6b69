//go:build unix

package main

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	type parsed struct {
		Sizes     sizes
		Scenarios names
		Reads     bool
		Files     []string
		Error     string
	}
	everything := names{"floor", "check", "json", "candidate", "label", "kubectl-get", "kubectl-label", "loop"}
	usual := parsed{Sizes: sizes{1000, 10000, 50000}, Scenarios: everything}
	for name, tc := range map[string]struct {
		args []string
		want parsed
	}{
		"nothing":                 {want: usual},
		"sizes and scenarios":     {args: []string{"--pods", "50, 100", "--scenarios", "loop,check,loop"}, want: parsed{Sizes: sizes{50, 100}, Scenarios: names{"floor", "loop", "check"}}},
		"saved results":           {args: []string{"--compare", "a", "b"}, want: parsed{Sizes: usual.Sizes, Scenarios: everything, Reads: true, Files: []string{"a", "b"}}},
		"one to compare":          {args: []string{"--compare", "a"}, want: parsed{Error: "1 files given where --compare takes two, --show and --markdown one"}},
		"none to show":            {args: []string{"--show"}, want: parsed{Error: "0 files given where --compare takes two, --show and --markdown one"}},
		"a stray word":            {args: []string{"check"}, want: parsed{Error: `unexpected argument "check"`}},
		"no runs":                 {args: []string{"--runs", "0"}, want: parsed{Error: "--runs must be at least 1"}},
		"no namespaces":           {args: []string{"--loop-namespaces", "0"}, want: parsed{Error: "--loop-namespaces must be at least 1"}},
		"part of a namespace":     {args: []string{"--pods", "60"}, want: parsed{Error: `invalid value "60" for flag -pods: 60 is not a multiple of 50, which is a namespace`}},
		"sizes that shrink":       {args: []string{"--pods", "100,50"}, want: parsed{Error: `invalid value "100,50" for flag -pods: sizes must grow: pods are only added`}},
		"a scenario that is none": {args: []string{"--scenarios", "version"}, want: parsed{Error: `invalid value "version" for flag -scenarios: no scenario "version"`}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parse(tc.args, io.Discard)
			var got parsed
			if err != nil {
				got.Error = err.Error()
			} else {
				got = parsed{o.sizes, o.scenarios, o.read != nil, o.files, ""}
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSavedErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.json")
	if err := (&result{}).save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := saved(path); err == nil || err.Error() != path+" holds no measurements of this bench" {
		t.Errorf("error %v", err)
	}
}
