package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestNormaliseVolumes(t *testing.T) { // case 20
	hostPath := corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}
	spec := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "none"}, {Name: "host", VolumeSource: hostPath}}}
	want := []corev1.Volume{
		{Name: "none", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "host", VolumeSource: hostPath},
	}
	pod := &corev1.Pod{Spec: *spec.DeepCopy()}
	Normalise(pod, 37)
	if diff := cmp.Diff(want, pod.Spec.Volumes); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
	template := &corev1.PodTemplateSpec{Spec: *spec.DeepCopy()}
	NormaliseTemplate(template, 37)
	if diff := cmp.Diff(want, template.Spec.Volumes); diff != "" {
		t.Errorf("template (-want +got):\n%s", diff)
	}
}

func TestNormaliseTemplateHostPorts(t *testing.T) { // case 18
	for minor, want := range map[int]int32{24: 8080, 27: 8080, 28: 0, 37: 0} {
		template := &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			HostNetwork: true,
			Containers:  []corev1.Container{{Name: "c", Ports: []corev1.ContainerPort{{ContainerPort: 8080}}}},
		}}
		NormaliseTemplate(template, minor)
		if got := template.Spec.Containers[0].Ports[0].HostPort; got != want {
			t.Errorf("v1.%d: host port %d in a template, want %d", minor, got, want)
		}
	}
}

func TestNormaliseSeccomp(t *testing.T) { // case 56
	const podKey, containerKey = "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/c"
	unconfined := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	runtime := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	name := "audit.json"
	localhost := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &name}
	type profiles struct{ Pod, Container *corev1.SeccompProfile }
	tests := []struct {
		name            string
		minor           int
		annotations     map[string]string
		fields          profiles
		wantFields      profiles
		wantAnnotations map[string]string
	}{
		{
			name: "annotations become fields up to 1.26", minor: 26,
			annotations:     map[string]string{podKey: "docker/default", containerKey: "localhost/audit.json"},
			wantFields:      profiles{Pod: runtime, Container: localhost},
			wantAnnotations: map[string]string{podKey: "docker/default", containerKey: "localhost/audit.json"},
		},
		{
			name: "no longer in 1.27", minor: 27,
			annotations:     map[string]string{podKey: "unconfined"},
			wantAnnotations: map[string]string{podKey: "unconfined"},
		},
		{
			name: "fields become annotations in 1.24", minor: 24,
			fields:          profiles{Pod: unconfined, Container: localhost},
			wantFields:      profiles{Pod: unconfined, Container: localhost},
			wantAnnotations: map[string]string{podKey: "unconfined", containerKey: "localhost/audit.json"},
		},
		{
			name: "no longer in 1.25", minor: 25,
			fields:     profiles{Pod: unconfined},
			wantFields: profiles{Pod: unconfined},
		},
		{
			name: "both are left as they are, and nonsense is not copied", minor: 24,
			annotations:     map[string]string{podKey: "unconfined", containerKey: "localhost/"},
			fields:          profiles{Pod: runtime},
			wantFields:      profiles{Pod: runtime},
			wantAnnotations: map[string]string{podKey: "unconfined", containerKey: "localhost/"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Annotations: tt.annotations},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}},
			}
			if tt.fields.Pod != nil {
				pod.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: tt.fields.Pod}
			}
			if tt.fields.Container != nil {
				pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{SeccompProfile: tt.fields.Container}
			}
			Normalise(pod, tt.minor)
			once := pod.DeepCopy()
			Normalise(pod, tt.minor)
			if diff := cmp.Diff(once, pod); diff != "" {
				t.Errorf("the second time changes (-once +twice):\n%s", diff)
			}
			var got profiles
			if sc := pod.Spec.SecurityContext; sc != nil {
				got.Pod = sc.SeccompProfile
			}
			if sc := pod.Spec.Containers[0].SecurityContext; sc != nil {
				got.Container = sc.SeccompProfile
			}
			if diff := cmp.Diff(tt.wantFields, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantAnnotations, pod.Annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}
