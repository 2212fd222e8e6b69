package cel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
)

func mutations(list ...admissionv1.Mutation) *admissionv1.MutatingAdmissionPolicy {
	return &admissionv1.MutatingAdmissionPolicy{Spec: admissionv1.MutatingAdmissionPolicySpec{Mutations: list}}
}

func merge(expression string) admissionv1.Mutation {
	return admissionv1.Mutation{
		PatchType: admissionv1.PatchTypeApplyConfiguration, ApplyConfiguration: &admissionv1.ApplyConfiguration{Expression: expression},
	}
}

func patched(expression string) admissionv1.Mutation {
	return admissionv1.Mutation{PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: expression}}
}

// TestMutate has a second mutation that sees what the first has written.
func TestMutate(t *testing.T) {
	m, err := CompileMutations(mutations(
		merge("Object{spec: Object.spec{hostNetwork: true}}"),
		patched("object.spec.hostNetwork ? [JSONPatch{op: 'add', path: '/spec/containers/0/image', value: 'other'}] : []"),
	))
	if err != nil {
		t.Fatal(err)
	}
	before := pod(false, nil, "a", "b")
	after, err := m.Mutate(t.Context(), Request{Pod: before})
	if err != nil {
		t.Fatal(err)
	}
	want := typed(pod(true, nil, "a", "b"))
	want.Spec.Containers[0].Image = "other"
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(pod(false, nil, "a", "b"), before); diff != "" {
		t.Errorf("the pod itself was changed:\n%s", diff)
	}
}

func TestMutateFails(t *testing.T) {
	for want, mutation := range map[string]admissionv1.Mutation{
		"may not mutate atomic arrays": merge("Object{spec: Object.spec{securityContext: Object.spec.securityContext{supplementalGroups: [1]}}}"),
		"no such key: hostPID":         merge("Object{spec: Object.spec{hostNetwork: object.spec.hostPID}}"),
		"nonexistent key":              patched("[JSONPatch{op: 'remove', path: '/spec/hostPID'}]"),
		"not declared in":              merge("Object{spec: Object.spec{hostNet: true}}"),
	} {
		m, err := CompileMutations(mutations(mutation))
		if err != nil {
			t.Fatal(err)
		}
		after, err := m.Mutate(t.Context(), Request{Pod: pod(false, nil, "a")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q; pod %v", err, want, after)
		}
	}
	if _, err := CompileMutations(mutations(merge("object.spec"), merge("Objekt{}"))); err == nil {
		t.Error("an expression of no such type compiles")
	}
}
