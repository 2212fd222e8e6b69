package beyond_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
)

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func ptr[T any](v T) *T { return &v }

// good is a container that breaks no control, whichever way it is started.
func good(name string) corev1.Container {
	return corev1.Container{
		Name: name, Image: "registry.example.com/team/" + name + ":1.0" + digest,
		SecurityContext: &corev1.SecurityContext{ReadOnlyRootFilesystem: ptr(true)},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi"),
		}},
	}
}

// pod has a container of each list, and no fault but those that the changes put in.
func pod(changes ...func(*corev1.PodSpec)) *corev1.PodSpec {
	debugger := good("debug")
	debugger.Resources = corev1.ResourceRequirements{}
	s := &corev1.PodSpec{
		InitContainers:               []corev1.Container{good("init")},
		Containers:                   []corev1.Container{good("app")},
		EphemeralContainers:          []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon(debugger)}},
		AutomountServiceAccountToken: ptr(false),
		Volumes: []corev1.Volume{{Name: "model", VolumeSource: corev1.VolumeSource{
			Image: &corev1.ImageVolumeSource{Reference: "registry.example.com/model:1" + digest},
		}}},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// told is a finding as a test spells it: control, path, container, value.
func told(list []beyond.Finding) []string {
	var lines []string
	for i := range list {
		f := &list[i]
		value := "unset"
		switch v := f.Value.(type) {
		case string:
			value = v
		case bool:
			value = map[bool]string{true: "true", false: "false"}[v]
		}
		lines = append(lines, strings.Join([]string{f.Control, f.Path(), f.Container, value}, " "))
	}
	return lines
}

func TestCheck(t *testing.T) {
	mount := func(c *corev1.Container, path string) {
		c.VolumeMounts = []corev1.VolumeMount{{Name: "token", MountPath: path}}
	}
	trusted := []string{"registry.example.com"}
	for _, c := range []struct {
		name     string
		change   func(*corev1.PodSpec)
		template bool
		want     []string
	}{
		{name: "nothing", change: func(*corev1.PodSpec) {}},
		{name: "nothing in a template", change: func(*corev1.PodSpec) {}, template: true},
		{name: "root file systems", change: func(s *corev1.PodSpec) {
			s.InitContainers[0].SecurityContext = nil
			s.Containers[0].SecurityContext.ReadOnlyRootFilesystem = ptr(false)
			s.EphemeralContainers[0].SecurityContext = &corev1.SecurityContext{}
		}, want: []string{
			"read-only-root-filesystem spec.initContainers[0].securityContext.readOnlyRootFilesystem init unset",
			"read-only-root-filesystem spec.containers[0].securityContext.readOnlyRootFilesystem app false",
			"read-only-root-filesystem spec.ephemeralContainers[0].securityContext.readOnlyRootFilesystem debug unset",
		}},
		{name: "root file systems on Windows", change: func(s *corev1.PodSpec) {
			s.OS = &corev1.PodOS{Name: corev1.Windows}
			s.Containers[0].SecurityContext = nil
		}},
		{name: "images of every list and of volumes", change: func(s *corev1.PodSpec) {
			s.InitContainers[0].Image = "nginx"
			s.EphemeralContainers[0].Image = "registry.example.com/debug:latest"
			s.Volumes[0].Image.Reference = "quay.io/model:1"
		}, want: []string{
			"trusted-registries spec.initContainers[0].image init nginx",
			"trusted-registries spec.volumes[0].image.reference  quay.io/model:1",
			"image-tags spec.initContainers[0].image init nginx",
			"image-tags spec.ephemeralContainers[0].image debug registry.example.com/debug:latest",
			"image-digests spec.initContainers[0].image init nginx",
			"image-digests spec.ephemeralContainers[0].image debug registry.example.com/debug:latest",
			"image-digests spec.volumes[0].image.reference  quay.io/model:1",
		}},
		{name: "a template that leaves the token to the server", template: true, change: func(s *corev1.PodSpec) {
			s.AutomountServiceAccountToken = nil
		}, want: []string{"service-account-token spec.automountServiceAccountToken  unset"}},
		{name: "a template that asks for the token", template: true, change: func(s *corev1.PodSpec) {
			s.AutomountServiceAccountToken = ptr(true)
		}, want: []string{"service-account-token spec.automountServiceAccountToken  true"}},
		{name: "a pod whose service account wants none", change: func(s *corev1.PodSpec) {
			s.AutomountServiceAccountToken = nil
			mount(&s.Containers[0], "/var/run/secrets/kubernetes.io/serviceaccount/sub")
		}},
		{name: "a pod with the token in a debugger alone", change: func(s *corev1.PodSpec) {
			s.AutomountServiceAccountToken = nil
			s.EphemeralContainers[0].VolumeMounts = []corev1.VolumeMount{{MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
		}, want: []string{"service-account-token spec.automountServiceAccountToken  unset"}},
		{name: "a pod that says no, and mounts by hand", change: func(s *corev1.PodSpec) {
			mount(&s.Containers[0], "/var/run/secrets/kubernetes.io/serviceaccount")
		}},
		{name: "limits", change: func(s *corev1.PodSpec) {
			s.InitContainers[0].Resources.Limits = nil
			delete(s.Containers[0].Resources.Limits, corev1.ResourceMemory)
			s.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}
		}, want: []string{
			"resource-limits spec.initContainers[0].resources.limits.cpu init unset",
			"resource-limits spec.initContainers[0].resources.limits.memory init unset",
			"resource-limits spec.containers[0].resources.limits.memory app unset",
		}},
		{name: "a limit of the whole pod", change: func(s *corev1.PodSpec) {
			s.Resources = &corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}}
			s.InitContainers[0].Resources.Limits, s.Containers[0].Resources.Limits = nil, nil
		}, want: []string{
			"resource-limits spec.initContainers[0].resources.limits.memory init unset",
			"resource-limits spec.containers[0].resources.limits.memory app unset",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := told(beyond.Check(pod(c.change), c.template, beyond.Options{Registries: trusted}))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every control can be broken alone, so that a count of one says nothing of another.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, change := range []func(*corev1.PodSpec){
		func(s *corev1.PodSpec) { s.Containers[0].SecurityContext = nil },
		func(s *corev1.PodSpec) { s.Containers[0].Image = "team/app:1" + digest },
		func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = nil },
		func(s *corev1.PodSpec) { s.Containers[0].Resources.Limits = nil },
		func(s *corev1.PodSpec) { s.Containers[0].Image = "quay.io/app:1" },
	} {
		for _, f := range beyond.Check(pod(change), true, beyond.Options{}) {
			seen[f.Control] = true
		}
	}
	for _, f := range beyond.Check(pod(func(s *corev1.PodSpec) { s.Containers[0].Image = "quay.io/app" }), true, beyond.Options{}) {
		seen[f.Control] = true
	}
	for _, name := range beyond.Names() {
		if !seen[name] {
			t.Errorf("%s is never broken", name)
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("findings of controls without a name: %v", seen)
	}
}

// Fifty thousand pods pass through here: one that is in order costs nothing, and with a list to fill one that is not
// only what its findings quote.
func TestAllocations(t *testing.T) {
	o := beyond.Options{Registries: []string{"ghcr.io/team", "docker.io/team", "registry.example.com/"}}
	clean := pod()
	if n := testing.AllocsPerRun(100, func() { beyond.Check(clean, false, o) }); n != 0 {
		t.Errorf("%v allocations for a pod without findings", n)
	}
	broken := pod(func(s *corev1.PodSpec) { s.Containers[0] = corev1.Container{Name: "app", Image: "app"} })
	list := make([]beyond.Finding, 0, 16)
	if n := testing.AllocsPerRun(100, func() { list = beyond.Append(list[:0], broken, false, o) }); n > 3 {
		t.Errorf("%v allocations for a pod with three findings of images", n)
	}
	if len(list) != 6 {
		t.Errorf("findings: %v", told(list))
	}
}

func BenchmarkCheck(b *testing.B) {
	o := beyond.Options{Registries: []string{"ghcr.io/team", "registry.example.com"}}
	spec := pod(func(s *corev1.PodSpec) { s.Containers[0] = corev1.Container{Name: "app", Image: "app"} })
	list := make([]beyond.Finding, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		list = beyond.Append(list[:0], spec, false, o)
	}
}
