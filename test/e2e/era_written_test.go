//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// compareWritten asks the plugin what the old server would say to a pod as somebody writes it, before any server has
// changed anything, and asks that server.
func (s *server) compareWritten(t *testing.T, pod *corev1.Pod, m modes) verdict {
	t.Helper()
	written := s.inScratch(t, pod, m)
	predicted := s.checkWritten(t, m, written).written(t, written)
	real := s.verdict(t, s.dryCreate(t.Context(), "", written))
	same(t, fmt.Sprintf("pod %s as written under %+v", pod.Name, m), predicted, real)
	return real
}

// checkWritten has the plugin check a manifest for the old server, without asking it.
func (s *server) checkWritten(t *testing.T, m modes, objects ...object) *foresight {
	t.Helper()
	var manifest bytes.Buffer
	for _, o := range objects {
		kinds, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			t.Fatal(err)
		}
		o.GetObjectKind().SetGroupVersionKind(kinds[0])
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&manifest, "---\n%s", text)
	}
	file := filepath.Join(t.TempDir(), "written.yaml")
	if err := os.WriteFile(file, manifest.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return foresee(s.check(t, append([]string{"-f", file, "--server-version=v1.24"}, m.flags()...)...))
}

// written is what is predicted of an object in a manifest.
func (f *foresight) written(t *testing.T, o object) verdict {
	t.Helper()
	if _, isPod := o.(*corev1.Pod); isPod {
		if have, ok := f.pods[o.GetNamespace()][o.GetName()]; ok {
			return ofPod(have.evidence.Outcome.Pod)
		}
		return verdict{Allowed: true} // no evidence names pods that violate nothing
	}
	w := workloadOf(t, f.items[o.GetNamespace()], kindOf(o), o.GetName())
	return ofWorkload(evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent).Outcome.Workload)
}

// fixtures are upstream's pods, each text once, out of the module cache.
func fixtures(t *testing.T) []*corev1.Pod {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "test", "testdata", "*", "v1.*", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var pods []*corev1.Pod
	seen := map[string]bool{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict(data, pod); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text := strings.Replace(string(data), "name: "+pod.Name+"\n", "", 1); !seen[text] {
			seen[text] = true
			pods = append(pods, pod)
		}
	}
	return pods
}

// TestOldFixtures holds every pod that upstream tests with, as written, and a Deployment of it, against the old server.
func TestOldFixtures(t *testing.T) {
	t.Parallel()
	const fewest = 2160 // of three times 363 pods and as many Deployments; two have probes that this server refuses
	s, pods := old(t), fixtures(t)
	var asked []*ask
	for _, m := range []modes{all(restricted), told(baseline), told("restricted:v1.18")} {
		var objects []object
		for i, pod := range pods {
			o, ok := s.inScratch(t, pod, m).(*corev1.Pod)
			if !ok {
				t.Fatal("a copy of a pod is none")
			}
			o.Name, o.Labels = fmt.Sprintf("%s-%d", strings.ReplaceAll(o.Name, "_", "-"), i), map[string]string{"app": "a"} // a name stands for several texts
			objects = append(objects, o, deployment(o, 0))
		}
		foreseen := s.checkWritten(t, m, objects...)
		for _, o := range objects {
			what := fmt.Sprintf("%s %s as written under %+v", kindOf(o), o.GetName(), m)
			asked = append(asked, &ask{what: what, about: o, predicted: []verdict{foreseen.written(t, o)}})
		}
	}
	s.askAll(t.Context(), asked)
	held, invalid := 0, map[string]bool{}
	for _, a := range asked {
		if a.answer.code() == http.StatusUnprocessableEntity {
			invalid[a.about.GetName()] = true
			continue
		}
		held++
		same(t, a.what, a.predicted[0], s.verdict(t, a.answer))
	}
	t.Logf("%d pods, %d of them invalid here; %d answers held", len(pods), len(invalid), held)
	if held < fewest {
		t.Errorf("only %d answers were held, fewer than %d", held, fewest)
	}
}
