package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Who may have changed pods is said where they differ from their template, and where nothing shows what becomes of them.
func TestMayBeChangedBy(t *testing.T) {
	changers := func() []workload.Changer {
		var list []workload.Changer
		for _, name := range []string{"mesh", "app", "elsewhere"} {
			w := admissionv1.MutatingWebhook{Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}}}
			switch name {
			case "app":
				w.ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
			case "elsewhere":
				w.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"mesh": "on"}}
			}
			list = append(list, workload.WebhookChanger(&admissionv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionv1.MutatingWebhook{w},
			}))
		}
		return list
	}
	all := []string{"MutatingWebhookConfiguration/app", "MutatingWebhookConfiguration/mesh"}
	for name, tt := range map[string]struct {
		replicas bool
		pods     corev1.PodSpec
		admit    map[string]workload.Admission
		want     []string
	}{
		"no pods":              {want: all},
		"pods like their own":  {replicas: true, pods: plain()},
		"pods with a sidecar":  {replicas: true, pods: sidecar(plain()), want: all},
		"a dry run shows":      {admit: map[string]workload.Admission{"web": shows(plain())}},
		"a dry run differs":    {admit: map[string]workload.Admission{"web": shows(sidecar(plain()))}, want: all},
		"a dry run is refused": {admit: map[string]workload.Admission{"web": {Reason: "quota"}}, want: all},
	} {
		t.Run(name, func(t *testing.T) {
			source := &fakeSource{namespaces: []corev1.Namespace{namespace("a")}}
			if tt.replicas {
				source.running("web", plain(), tt.pods)
			} else {
				source.deployment("a", "web", plain(), "1")
			}
			source.deploys[0].Spec.Template.Labels = map[string]string{"app": "web"}
			o := Options{Changers: changers}
			if tt.admit != nil {
				o.Admit = (&answers{by: tt.admit}).admit
			}
			if diff := cmp.Diff(tt.want, run(t, source, o).Items[0].Workloads[0].MayBeChangedBy); diff != "" {
				t.Error(diff)
			}
		})
	}
}
