//go:build e2e

package e2e

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lasting is a Deployment that the demo's load.sh does not wait for: the server is going to refuse its pods.
func lasting(p *corev1.Pod, replicas int32) *appsv1.Deployment {
	d := deployment(p, replicas)
	d.Annotations = map[string]string{"demo.example.com/never-ready": "refused by Pod Security"}
	return d
}

// TestLabelWatch deletes pods while label follows a namespace: what comes as foreseen is told apart from what does not.
func TestLabelWatch(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for _, tc := range []struct {
		name       string
		unforeseen bool
		exit       int
		says       []string
		never      string
	}{
		{"foreseen", false, 0, []string{"Deployment/old lacks 2 of 2 pods, as foreseen: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)", "1 workload refused in ", "all as foreseen"}, "NOT"},
		{"unforeseen", true, 1, []string{
			"Deployment/old lacks 2 of 2 pods, as foreseen: ",
			"Deployment/new lacks 1 of 1 pods, NOT foreseen: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)",
			"and not foreseen: something in ", "to take it back there: kubectl pss rollback 2",
		}, "all as foreseen"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ns := s.namespace(t, "watched-"+tc.name, nil)
			create(t, s, lasting(plainPod(ns, "old", hostPID), 2))
			create(t, s, deployment(plainPod(ns, "fine"), 1))
			s.eventuallyPods(t, ns, 3)
			a := newAdmin(t, s.Kubeconfig)
			p := a.start(t, "", "label", "ns", ns, "--enforce=baseline", "--allow-violations", "--yes", "--watch=20s")
			eventually(t, "the labels of "+ns, func() (bool, error) {
				got, err := s.client.CoreV1().Namespaces().Get(t.Context(), ns, metav1.GetOptions{})
				return err == nil && got.Labels[labelKey("enforce")] == "baseline", err
			})
			if err := s.client.CoreV1().Pods(ns).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
				t.Fatal(err)
			}
			if tc.unforeseen {
				create(t, s, lasting(plainPod(ns, "new", hostPID), 1))
			}
			r := p.wait(t)
			if r.exit != tc.exit {
				t.Errorf("exit code %d, want %d", r.exit, tc.exit)
			}
			for _, text := range tc.says {
				if !strings.Contains(r.stderr, text) {
					t.Errorf("stderr does not say %q:\n%s", text, r.stderr)
				}
			}
			if strings.Contains(r.stderr, tc.never) || strings.Contains(r.stderr, "Deployment/fine") {
				t.Errorf("stderr says too much:\n%s", r.stderr)
			}
			if tc.unforeseen {
				s.takenBack(t, a, ns, r.stderr)
			}
		})
	}
}

// takenBack types the command for the way back that label has printed.
func (s *server) takenBack(t *testing.T, a *admin, namespace, said string) {
	t.Helper()
	_, command, _ := strings.Cut(said, "to take it back there: kubectl pss ")
	command, _, _ = strings.Cut(command, "\n")
	a.must(t, 0, append(strings.Fields(command), "--yes")...)
	got, err := s.client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil || got.Labels[labelKey("enforce")] != "" {
		t.Errorf("after kubectl pss %s the labels are %v, %v", command, got.Labels, err)
	}
}
