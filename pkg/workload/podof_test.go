package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func declaring(spec corev1.PodSpec, annotations map[string]string, claims ...string) *Object {
	o := &Object{Ref: Ref{Group: "apps", Kind: "StatefulSet", Name: "db"}, Namespace: "ns", Claims: claims, Template: &corev1.PodTemplateSpec{Spec: spec}}
	o.Template.Annotations = annotations
	return o
}

func TestPodOfPutsClaimsInPlaceOfVolumes(t *testing.T) { // case 48
	hostPath := corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/data"}}
	o := declaring(corev1.PodSpec{Volumes: []corev1.Volume{{Name: "logs", VolumeSource: hostPath}, {Name: "data", VolumeSource: hostPath}}}, nil, "wal", "data")
	pod := PodOf(o, 37)
	var got []string
	for _, v := range pod.Spec.Volumes {
		kind := "hostPath"
		if v.PersistentVolumeClaim != nil {
			kind = "claim"
		}
		got = append(got, v.Name+" "+kind)
	}
	if diff := cmp.Diff([]string{"logs hostPath", "data claim", "wal claim"}, got); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	if o.Template.Spec.Volumes[1].HostPath == nil {
		t.Error("the template itself was changed")
	}
}

func TestPodOfDefaultsHostPorts(t *testing.T) { // cases 18, 19
	ports := func() []corev1.ContainerPort {
		return []corev1.ContainerPort{{ContainerPort: 8080}, {ContainerPort: 9, HostPort: 99}}
	}
	spec := corev1.PodSpec{
		HostNetwork:    true,
		InitContainers: []corev1.Container{{Name: "i", Ports: ports()}},
		Containers:     []corev1.Container{{Name: "c", Ports: ports()}},
	}
	pod := PodOf(declaring(spec, nil), 37)
	want := []corev1.ContainerPort{{ContainerPort: 8080, HostPort: 8080}, {ContainerPort: 9, HostPort: 99}}
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		if diff := cmp.Diff(want, c.Ports); diff != "" {
			t.Errorf("container %s (-want +got):\n%s", c.Name, diff)
		}
	}
	spec.HostNetwork = false
	if got := PodOf(declaring(spec, nil), 37).Spec.Containers[0].Ports[0].HostPort; got != 0 {
		t.Errorf("host port %d without host network", got)
	}
}

func TestPodOfSyncsAppArmor(t *testing.T) { // case 21
	key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "c"
	unconfined := &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	tests := map[string]struct {
		annotation     string
		field, podWide *corev1.AppArmorProfile
		windows        bool
		minor          int
		wantField      *corev1.AppArmorProfile
		wantAnnotation string
	}{
		"to field":                       {annotation: "unconfined", minor: 37, wantField: unconfined, wantAnnotation: "unconfined"},
		"localhost to field":             {annotation: "localhost/p", minor: 37, wantField: &corev1.AppArmorProfile{Type: "Localhost", LocalhostProfile: ptr("p")}, wantAnnotation: "localhost/p"},
		"not before fields existed":      {annotation: "unconfined", minor: 29, wantAnnotation: "unconfined"},
		"not on Windows":                 {annotation: "unconfined", windows: true, minor: 37, wantAnnotation: "unconfined"},
		"not over a field":               {annotation: "unconfined", field: &corev1.AppArmorProfile{Type: "RuntimeDefault"}, minor: 37, wantField: &corev1.AppArmorProfile{Type: "RuntimeDefault"}, wantAnnotation: "unconfined"},
		"not where the pod says it":      {annotation: "unconfined", podWide: unconfined, minor: 37, wantAnnotation: "unconfined"},
		"nothing from nonsense":          {annotation: "localhost/", minor: 37, wantAnnotation: "localhost/"},
		"back to annotation before 1.34": {field: unconfined, minor: 33, wantField: unconfined, wantAnnotation: "unconfined"},
		"not back since 1.34":            {field: unconfined, minor: 34, wantField: unconfined},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}
			if tt.field != nil {
				spec.Containers[0].SecurityContext = &corev1.SecurityContext{AppArmorProfile: tt.field}
			}
			if tt.podWide != nil {
				spec.SecurityContext = &corev1.PodSecurityContext{AppArmorProfile: tt.podWide}
			}
			if tt.windows {
				spec.OS = &corev1.PodOS{Name: corev1.Windows}
			}
			var annotations map[string]string
			if tt.annotation != "" {
				annotations = map[string]string{key: tt.annotation}
			}
			pod := PodOf(declaring(spec, annotations), tt.minor)
			var got *corev1.AppArmorProfile
			if sc := pod.Spec.Containers[0].SecurityContext; sc != nil {
				got = sc.AppArmorProfile
			}
			if diff := cmp.Diff(tt.wantField, got); diff != "" {
				t.Errorf("field (-want +got):\n%s", diff)
			}
			if pod.Annotations[key] != tt.wantAnnotation {
				t.Errorf("annotation %q, want %q", pod.Annotations[key], tt.wantAnnotation)
			}
		})
	}
}

func TestPodOfWithoutTemplate(t *testing.T) {
	if pod := PodOf(&Object{}, 37); pod != nil {
		t.Errorf("got %v", pod)
	}
}
