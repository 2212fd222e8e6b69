package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAboutRule(t *testing.T) {
	r := &Rule{Title: "Pods are small", Source: "PodSecurityPolicy small", Notes: []Note{
		{Text: "everywhere"}, {Target: VAP, Text: "in the API server"}, {Target: Kyverno, Text: "in Kyverno"},
	}}
	want := []string{"Pods are small.", "Source: PodSecurityPolicy small.", "Note: everywhere", "Note: in Kyverno"}
	if diff := cmp.Diff(want, aboutRule(r, Kyverno)); diff != "" {
		t.Error(diff)
	}
}

func TestRuleVariables(t *testing.T) {
	r := &Rule{
		Params:    []Param{{Name: "least", Value: int64(1)}},
		Variables: []Variable{{Name: "next", Expression: "variables.least + 1"}},
	}
	got, err := r.variables()
	if err != nil {
		t.Fatal(err)
	}
	want := []Variable{{Name: "least", Expression: "1"}, {Name: "next", Expression: "variables.least + 1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.Params[0].Value = 1.5
	if _, err := r.variables(); err == nil {
		t.Error("a parameter of no type is no error")
	}
}
