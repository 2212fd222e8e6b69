package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRemade(t *testing.T) {
	const key = corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "c"
	stored := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{key: "unconfined"}}}
	stored.Spec.Containers = []corev1.Container{{Name: "c"}}
	before := stored.DeepCopy()
	unconfined := &corev1.SecurityContext{AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}}
	for minor, want := range map[int]*corev1.SecurityContext{29: nil, 30: unconfined, 37: unconfined} {
		if diff := cmp.Diff(want, Remade(stored, minor).Spec.Containers[0].SecurityContext); diff != "" {
			t.Errorf("v1.%d (-want +got):\n%s", minor, diff)
		}
	}
	// The other way round a server writes annotations, and not into the pod that it was given.
	declared := before.DeepCopy()
	declared.Annotations, declared.Spec.Containers[0].SecurityContext = nil, unconfined
	if got := Remade(declared, 30).Annotations[key]; got != "unconfined" || declared.Annotations != nil {
		t.Errorf("annotated %q, %v", got, declared.Annotations)
	}
	if diff := cmp.Diff(before, stored); diff != "" {
		t.Errorf("the pod that was stored has changed (-before +after):\n%s", diff)
	}
}
