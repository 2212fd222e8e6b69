package scripts

import (
	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// admission is what becomes of pods that are created by dry run.
func admission(ts *testscript.TestScript, what, text string) fakeapi.Admit {
	switch what {
	case "inject":
		return func(pod *corev1.Pod) string {
			privileged := true
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{
				Name: "mesh", Image: "registry.example.com/mesh:1", SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
			})
			return ""
		}
	case "harden":
		return func(pod *corev1.Pod) string {
			pod.Spec.Volumes = nil
			return ""
		}
	case "refuse":
		return func(*corev1.Pod) string { return text }
	default:
		ts.Fatalf("usage: api admit inject|harden|refuse TEXT")
		return nil
	}
}
