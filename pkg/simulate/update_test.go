package simulate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	admissionapi "k8s.io/pod-security-admission/admission/api"
)

// TestUpdatePod: only what changes an image, or adds a container, makes the server judge the pod again.
func TestUpdatePod(t *testing.T) {
	const denial = `violates PodSecurity "baseline:latest": hostPath volumes (volume "v")`
	rest := []string{"labels", "annotations", "finalizers", "ownerReferences", "tolerations", "activeDeadlineSeconds", "resize"}
	everything := append([]string{"image", "ephemeralContainers"}, rest...)
	exempting := func(c *admissionapi.PodSecurityConfiguration) {
		c.Exemptions.Namespaces, c.Exemptions.RuntimeClasses, c.Exemptions.Usernames = []string{"free"}, []string{"trusted"}, []string{"controller"}
	}
	class := "trusted"
	for name, tt := range map[string]struct {
		minor     int
		namespace string
		class     *string
		labels    map[string]string
		possible  []string
	}{
		"enforced":                 {37, "ns", nil, labels("enforce", "baseline"), rest},
		"enforced, before resize":  {32, "ns", nil, labels("enforce", "baseline"), rest[:6]},
		"enforced, by annotations": {26, "ns", nil, labels("enforce", "baseline"), append([]string{"labels"}, rest[2:6]...)},
		"privileged":               {37, "ns", nil, nil, everything},
		"only audited":             {37, "ns", nil, labels("audit", "baseline"), everything},
		"exempt namespace":         {37, "free", nil, labels("enforce", "baseline"), everything},
		"exempt runtime class":     {37, "ns", &class, labels("enforce", "baseline"), everything},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmission(t, exempting).ForServer(tt.minor)
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: tt.namespace}, Spec: corev1.PodSpec{RuntimeClassName: tt.class}}
			var possible []string
			kinds := Updates()
			for i := range kinds {
				if !kinds[i].On(a) {
					continue
				}
				answer := a.UpdatePod(tt.labels, pod, &kinds[i], hostPath)
				if answer.Allowed {
					possible = append(possible, kinds[i].Name)
				} else if answer.Message != denial {
					t.Errorf("%s: %s", kinds[i].Name, answer.Message)
				}
			}
			if diff := cmp.Diff(tt.possible, possible); diff != "" {
				t.Errorf("possible (-want +got):\n%s", diff)
			}
		})
	}
}
