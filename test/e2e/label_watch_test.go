//go:build e2e

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

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

// watchCase is what is deleted and made while label follows a namespace, and what it says.
type watchCase struct {
	name       string
	unforeseen bool
	exit       int
	says       []*regexp.Regexp
	never      string
}

func watchCases() []watchCase {
	// A look may come between the deletions of the two pods.
	const old, violates = `Deployment/old lacks [12] of 2 pods, as foreseen: `, `violates PodSecurity "baseline:latest": host namespaces \(hostPID=true\)`
	return []watchCase{
		{"foreseen", false, 0, patterns(old+violates, `1 workload refused in `, `all as foreseen`), "NOT"},
		{"unforeseen", true, 1, patterns(
			old, `Deployment/new lacks 1 of 1 pods, NOT foreseen: `+violates,
			`and not foreseen: something in `, `to take it back there: kubectl pss rollback 2`,
		), "all as foreseen"},
	}
}

func patterns(texts ...string) []*regexp.Regexp {
	var list []*regexp.Regexp
	for _, text := range texts {
		list = append(list, regexp.MustCompile(text))
	}
	return list
}

// TestLabelWatch deletes pods while label follows a namespace: what comes as foreseen is told apart from what does not.
func TestLabelWatch(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for _, tc := range watchCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// Where a busy machine was too slow for a short watch, a long one tells.
			if wrong := tc.follow(t, s, "watched-"+tc.name, 15*time.Second); len(wrong) == 0 {
				return
			}
			if wrong := tc.follow(t, s, "watched-longer-"+tc.name, 3*time.Minute); len(wrong) > 0 {
				t.Error(strings.Join(wrong, "\n"))
			}
		})
	}
}

// follow labels a namespace, follows it for some time, and returns what is wrong with what is said meanwhile.
func (tc *watchCase) follow(t *testing.T, s *server, name string, d time.Duration) (wrong []string) {
	t.Helper()
	ns := s.namespace(t, name, nil)
	create(t, s, lasting(plainPod(ns, "old", hostPID), 2))
	create(t, s, deployment(plainPod(ns, "fine"), 1))
	s.eventuallyPods(t, ns, 3)
	a := newAdmin(t, s.Kubeconfig)
	p := a.start(t, "", "label", "ns", ns, "--enforce=baseline", "--allow-violations", "--yes", "--watch="+d.String())
	eventually(t, "the labels of "+ns, func() (bool, error) {
		got, err := s.client.CoreV1().Namespaces().Get(t.Context(), ns, metav1.GetOptions{})
		return err == nil && got.Labels[labelKey("enforce")] == "baseline", err
	})
	s.awaitLabels(t, ns)
	if err := s.client.CoreV1().Pods(ns).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if tc.unforeseen {
		create(t, s, lasting(plainPod(ns, "new", hostPID), 1))
	}
	r := p.wait(t)
	if r.exit != tc.exit {
		wrong = append(wrong, fmt.Sprintf("exit code %d, want %d", r.exit, tc.exit))
	}
	for _, pattern := range tc.says {
		if !pattern.MatchString(r.stderr) {
			wrong = append(wrong, fmt.Sprintf("stderr does not say %s:\n%s", pattern, r.stderr))
		}
	}
	if strings.Contains(r.stderr, tc.never) || strings.Contains(r.stderr, "Deployment/fine") {
		t.Errorf("stderr says too much:\n%s", r.stderr)
	}
	if tc.unforeseen && len(wrong) == 0 {
		s.takenBack(t, a, ns, r.stderr)
	}
	return wrong
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
