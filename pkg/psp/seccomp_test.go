package psp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestAdmitSeccomp: annotations and fields say the same of a pod that the server has stored, whoever said it first.
func TestAdmitSeccomp(t *testing.T) {
	const (
		pod       = corev1.SeccompPodAnnotationKey
		container = corev1.SeccompContainerAnnotationKeyPrefix + "c"
	)
	runtime := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	unconfined := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	local := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("x")}
	type said struct {
		Annotations    map[string]string
		Pod, Container *corev1.SeccompProfile
	}
	tests := []struct {
		name, byDefault string
		pod, want       said
	}{
		{"nothing", "", said{}, said{}},
		{"the policy", "runtime/default", said{}, said{map[string]string{pod: "runtime/default"}, runtime, nil}},
		{"the policy, as it was called once", "docker/default", said{}, said{map[string]string{pod: "docker/default"}, runtime, nil}},
		{"the policy, a file", "localhost/x", said{}, said{map[string]string{pod: "localhost/x"}, local, nil}},
		{
			"the pod's field before the policy", "runtime/default",
			said{Pod: unconfined},
			said{map[string]string{pod: "unconfined"}, unconfined, nil},
		},
		{
			"the pod's annotation before the policy", "runtime/default",
			said{Annotations: map[string]string{pod: "localhost/x"}},
			said{map[string]string{pod: "localhost/x"}, local, nil},
		},
		{
			"an empty annotation is none", "unconfined",
			said{Annotations: map[string]string{pod: ""}},
			said{map[string]string{pod: "unconfined"}, unconfined, nil},
		},
		{"a container's field", "", said{Container: local}, said{map[string]string{container: "localhost/x"}, nil, local}},
		{
			"a container's annotation", "",
			said{Annotations: map[string]string{container: "docker/default"}},
			said{map[string]string{container: "docker/default"}, nil, runtime},
		},
		{
			"annotations that fields cannot say", "",
			said{Annotations: map[string]string{pod: "localhost/", container: "odd"}},
			said{map[string]string{pod: "localhost/", container: "odd"}, nil, nil},
		},
		{
			"a field that annotations cannot say", "unconfined",
			said{Pod: &corev1.SeccompProfile{Type: "Localhost"}},
			said{nil, &corev1.SeccompProfile{Type: "Localhost"}, nil},
		},
		{
			"where both are there, neither changes", "",
			said{map[string]string{pod: "unconfined", container: "unconfined"}, runtime, local},
			said{map[string]string{pod: "unconfined", container: "unconfined"}, runtime, local},
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			p := policyFrom(t, `{metadata: {annotations: {`+SeccompAllowedAnnotation+`: "*"}}}`)
			if c.byDefault != "" {
				p.Annotations[SeccompDefaultAnnotation] = c.byDefault
			}
			before := readPod(t, `{spec: {containers: [{name: c}]}}`)
			before.Annotations = c.pod.Annotations
			if c.pod.Pod != nil {
				before.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: c.pod.Pod}
			}
			if c.pod.Container != nil {
				before.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{SeccompProfile: c.pod.Container}
			}
			after, errs := p.Admit(before)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			got := said{Annotations: after.Annotations, Pod: podContext(after).SeccompProfile}
			got.Container = containerContext(after, &after.Spec.Containers[0]).SeccompProfile
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
