package commands

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// cell is one rule's object and one request.
type cell struct{ Object, Request string }

// verdicts are what refused requests are told, in the order in which a rule says it. Others are not in it.
type verdicts map[cell][]string

// namespace is where pods are made.
const namespace = "shop"

// render gives the documents of a set's rules for a target. What it writes is tried on its own.
func render(t *testing.T, target export.Target, s *export.Set, o export.Options) []report.Document {
	t.Helper()
	rules := *s
	rules.Mutations = nil
	docs, err := target.Render(&rules, o)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return docs
}

// objects are the documents' objects of a kind, decoded.
func objects[T any](t *testing.T, docs []report.Document, kind string) []*T {
	t.Helper()
	var all []*T
	for _, d := range docs {
		data, err := json.Marshal(d.Object)
		if err != nil {
			t.Fatal(err)
		}
		var of struct{ Kind string }
		if err := json.Unmarshal(data, &of); err != nil {
			t.Fatal(err)
		}
		if of.Kind != kind {
			continue
		}
		object := new(T)
		if err := json.Unmarshal(data, object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

// request is what an engine is asked.
type request struct {
	name string
	cel.Request
}

// creations are requests to create pods, each under a name of its own.
func creations(pods map[string]*corev1.Pod) []request {
	all := make([]request, 0, len(pods))
	for _, name := range slices.Sorted(maps.Keys(pods)) {
		all = append(all, request{name: name, Request: cel.Request{Pod: named(pods[name], name)}})
	}
	return all
}

// named is a pod as a command reads it.
func named(pod *corev1.Pod, name string) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.APIVersion, pod.Kind = "v1", "Pod"
	pod.Name, pod.GenerateName, pod.Namespace = name, "", namespace
	return pod
}

// server is a set as the API server's own engine judges by it: the policies that are rendered for it.
type server struct {
	set      *export.Set
	names    []string // of the rules' objects, which every target gives them
	policies cel.Policies
}

func newServer(t *testing.T, s *export.Set) *server {
	t.Helper()
	rules := objects[admissionv1.ValidatingAdmissionPolicy](t, render(t, export.VAP, s, export.Options{Enforce: true}), "ValidatingAdmissionPolicy")
	policies, err := cel.CompilePolicies(rules)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	out := &server{set: s, policies: policies}
	for _, r := range rules {
		out.names = append(out.names, r.Name)
	}
	return out
}

// judge adds what requests are told.
func (s *server) judge(t *testing.T, to verdicts, requests []request) {
	t.Helper()
	for _, r := range requests {
		refusals, err := s.policies.Judge(t.Context(), r.Request)
		if err != nil {
			t.Fatalf("%s: %s: %v", s.set.Name, r.name, err)
		}
		for _, f := range refusals {
			c := cell{Object: f.Rule, Request: r.name}
			to[c] = append(to[c], f.Message)
		}
	}
}

// refused are the requests that a rule refuses, in their order. It has to refuse some and to admit some, or they prove
// nothing of it.
func (s *server) refused(t *testing.T, rule string, from verdicts, requests []request) []request {
	t.Helper()
	var some []request
	for _, r := range requests {
		if len(from[cell{Object: rule, Request: r.name}]) > 0 {
			some = append(some, r)
		}
	}
	if len(some) == 0 || len(some) == len(requests) {
		t.Errorf("%s refuses %d of %d requests, which proves nothing", rule, len(some), len(requests))
	}
	return some
}

// stream is objects as a file of JSON documents.
func stream(t *testing.T, objects ...any) []byte {
	t.Helper()
	var out []byte
	for _, object := range objects {
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		out = fmt.Appendf(out, "---\n%s\n", data)
	}
	return out
}

// content is the documents' objects.
func content(docs []report.Document) []any {
	var all []any
	for _, d := range docs {
		if d.Object != nil {
			all = append(all, d.Object)
		}
	}
	return all
}
