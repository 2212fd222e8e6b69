package migration

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Pods of a template that has just been patched say nothing of those that come, though no ReplicaSet stands for these yet.
func TestPatchedAMomentAgo(t *testing.T) {
	for name, change := range map[string]func(*corev1.PodTemplateSpec){
		"patched": func(template *corev1.PodTemplateSpec) {
			template.Spec.SecurityContext, template.Spec.Containers = mended()
		},
		"unchanged": func(*corev1.PodTemplateSpec) {},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(t, hardening)
			e.deploy("web", 2, plain(), by(t, hardening))
			today := plain()
			change(&today)
			e.objects[0] = workload.From(&appsv1.Deployment{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: "shop", Name: "web", UID: "web", Generation: 2,
					Annotations: map[string]string{"deployment.kubernetes.io/revision": "1"},
				},
				Spec:   appsv1.DeploymentSpec{Template: today},
				Status: appsv1.DeploymentStatus{ObservedGeneration: 1},
			}, time.Time{})
			w := e.only(t)
			if name == "patched" && (w.Trap != nil || w.Without != "restricted" || len(w.Written) > 0) {
				t.Errorf("passes %s without, trap %+v, written %v", w.Without, w.Trap, w.Written)
			}
			if name == "unchanged" && (w.Trap == nil || w.Without != "baseline" || len(w.Written) != 4) {
				t.Errorf("passes %s without, trap %+v, written %v", w.Without, w.Trap, w.Written)
			}
		})
	}
}

// mended is what the plain template's patch puts in.
func mended() (*corev1.PodSecurityContext, []corev1.Container) {
	no, yes := false, true
	return &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		[]corev1.Container{{Name: "app", Image: "app:1", SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, RunAsNonRoot: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}}}
}
