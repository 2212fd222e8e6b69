package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestChoose(t *testing.T) {
	const (
		open   = `{}`
		writes = `{spec: {readOnlyRootFilesystem: true}}`
		closed = `{spec: {hostPID: false}}` // and so is each of them, to the pod below
		host   = `{spec: {hostPID: true}}`
	)
	pod := `{spec: {containers: [{name: c}]}}`
	ready := `{spec: {containers: [{name: c, securityContext: {readOnlyRootFilesystem: true}}]}}`
	onHost := `{spec: {hostPID: true, containers: [{name: c}]}}`
	hostRefused := []string{`spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used`}
	type outcome struct {
		Policy   string
		Mutated  bool
		ReadOnly bool
		Refusals map[string][]string
	}
	tests := []struct {
		name     string
		policies map[string]string // those that may be used start with a letter, others with a digit
		pod      string
		want     outcome
	}{
		{"none", nil, pod, outcome{}},
		{"none that may be used", map[string]string{"0": open}, pod, outcome{}},
		{"one", map[string]string{"a": open}, pod, outcome{Policy: "a"}},
		{"one that writes", map[string]string{"a": writes}, pod, outcome{Policy: "a", Mutated: true, ReadOnly: true}},
		{"nothing to write", map[string]string{"a": writes}, ready, outcome{Policy: "a", ReadOnly: true}},
		{"not writing comes first", map[string]string{"a": writes, "b": writes, "z": open}, pod, outcome{Policy: "z"}},
		{"of those that do not write, the first", map[string]string{"b": open, "c": open, "a": writes}, pod, outcome{Policy: "b"}},
		{"of those that write, the first", map[string]string{"b": writes, "a": writes}, pod, outcome{Policy: "a", Mutated: true, ReadOnly: true}},
		{"capitals and digits sort as bytes", map[string]string{"a-b": open, "a.b": open, "a1": open}, pod, outcome{Policy: "a-b"}},
		{
			"refused, and told by whom",
			map[string]string{"a": closed, "b": writes, "0": closed},
			onHost,
			outcome{Refusals: map[string][]string{"a": hostRefused, "b": hostRefused}},
		},
		{
			"one refuses, another does not",
			map[string]string{"a": closed, "b": host},
			onHost,
			outcome{Policy: "b", Refusals: map[string][]string{"a": hostRefused}},
		},
		{"not asked any more", map[string]string{"a": host, "b": closed}, onHost, outcome{Policy: "a"}},
		{
			"one that the plug-in ignores",
			map[string]string{"a": `{spec: {runAsUser: {rule: MustRunAs}}}`, "b": open},
			pod,
			outcome{Policy: "b", Refusals: map[string][]string{"a": {`spec.runAsUser.ranges: Required value: MustRunAs needs at least one range`}}},
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			var policies []*Policy
			for name, text := range c.policies { // in any order
				p := policyFrom(t, text)
				p.Name = name
				policies = append(policies, p)
			}
			original := readPod(t, c.pod)
			choice := Choose(policies, func(name string) bool { return name > "9" }, original)
			got := outcome{Mutated: choice.Mutated}
			if choice.Policy != nil {
				got.Policy = choice.Policy.Name
				only := containerContext(choice.Pod, &choice.Pod.Spec.Containers[0]).ReadOnlyRootFilesystem
				got.ReadOnly = only != nil && *only
			} else if choice.Pod != nil {
				t.Error("nobody admits the pod, and here it is")
			}
			for name, errs := range choice.Refusals {
				if got.Refusals == nil {
					got.Refusals = map[string][]string{}
				}
				got.Refusals[name] = messages(errs)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(readPod(t, c.pod), original); diff != "" {
				t.Errorf("the pod itself was changed:\n%s", diff)
			}
		})
	}
}

// TestChooseBySeccompField: a pod that names its profile in the field alone is written to by every policy, so that
// none of them counts as one that writes nothing, and the first by name wins.
func TestChooseBySeccompField(t *testing.T) {
	named := func(name, text string) *Policy {
		p := policyFrom(t, text)
		p.Name, p.Annotations = name, map[string]string{SeccompAllowedAnnotation: All}
		return p
	}
	policies := []*Policy{named("z-open", `{}`), named("a-writes", `{spec: {readOnlyRootFilesystem: true}}`)}
	all := func(string) bool { return true }
	field := `{spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: c}]}}`
	pod := readPod(t, field)
	if got := Choose(policies, all, pod); got.Policy.Name != "a-writes" || !got.Mutated {
		t.Errorf("%s wins over a pod with the field", got.Policy.Name)
	}
	pod.Annotations = map[string]string{corev1.SeccompPodAnnotationKey: "runtime/default"}
	if got := Choose(policies, all, pod); got.Policy.Name != "z-open" || got.Mutated {
		t.Errorf("%s wins over a pod with the annotation, too", got.Policy.Name)
	}
}
