package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// gatedSpec holds, in every place there is, what older servers drop, beside what all of them keep.
func gatedSpec() corev1.PodSpec {
	context := func() *corev1.SecurityContext {
		return &corev1.SecurityContext{
			Privileged: ptr(true), ProcMount: ptr(corev1.UnmaskedProcMount),
			AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined},
		}
	}
	return corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{
			RunAsUser: ptr(int64(1)), AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: ptr("p")},
		},
		InitContainers: []corev1.Container{{Name: "i", SecurityContext: context()}},
		Containers:     []corev1.Container{{Name: "c", SecurityContext: context()}, {Name: "plain"}, {Name: "empty", SecurityContext: &corev1.SecurityContext{}}},
		EphemeralContainers: []corev1.EphemeralContainer{{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "e", SecurityContext: context()},
		}},
		Volumes: []corev1.Volume{
			{Name: "image", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "example.com/a:1"}}},
			{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}},
		},
	}
}

func TestNormaliseDropsWhatServersDo(t *testing.T) { // cases 26, 38
	for _, tt := range []struct {
		minor                     int
		appArmor, unmasked, image bool // what is kept
	}{
		{minor: 24},
		{minor: 29},
		{minor: 30, appArmor: true},
		{minor: 32, appArmor: true},
		{minor: 33, appArmor: true, unmasked: true},
		{minor: 34, appArmor: true, unmasked: true},
		{minor: 35, appArmor: true, unmasked: true, image: true},
		{minor: 37, appArmor: true, unmasked: true, image: true},
	} {
		want := gatedSpec()
		if !tt.image {
			want.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}
		if !tt.appArmor {
			want.SecurityContext.AppArmorProfile = nil
		}
		for _, c := range []*corev1.SecurityContext{
			want.InitContainers[0].SecurityContext, want.Containers[0].SecurityContext, want.EphemeralContainers[0].SecurityContext,
		} {
			if !tt.appArmor {
				c.AppArmorProfile = nil
			}
			if !tt.unmasked {
				c.ProcMount = ptr(corev1.DefaultProcMount)
			}
		}
		pod, template := &corev1.Pod{Spec: gatedSpec()}, &corev1.PodTemplateSpec{Spec: gatedSpec()}
		for range 2 { // once more changes nothing
			Normalise(pod, tt.minor)
			NormaliseTemplate(template, tt.minor)
			if diff := cmp.Diff(want, pod.Spec); diff != "" {
				t.Errorf("v1.%d: pod (-want +got):\n%s", tt.minor, diff)
			}
			if diff := cmp.Diff(want, template.Spec); diff != "" {
				t.Errorf("v1.%d: template (-want +got):\n%s", tt.minor, diff)
			}
		}
	}
}

// A template that a server has stored shows what its gates let through.
func TestPodOfKeepsWhatIsStored(t *testing.T) {
	for _, minor := range []int{24, 31, 37} {
		pod := PodOf(declaring(gatedSpec(), nil), minor)
		if diff := cmp.Diff(gatedSpec(), pod.Spec); diff != "" {
			t.Errorf("v1.%d (-stored +pod):\n%s", minor, diff)
		}
	}
}
