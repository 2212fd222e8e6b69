//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func labelCases() []numbered {
	return []numbered{
		{"01", case01},
		{"02", case02},
		{"03", case03},
		{"04", case04},
		{"05", case05},
		{"06", case06},
		{"07", case07},
		{"10", case10},
		{"12", case12},
		{"53", case53},
	}
}

// existing is what the server says of pods that the new level would refuse: a heading, and a line for each set of reasons.
func existing(namespace, lv string, lines ...string) []string {
	if len(lines) == 0 {
		return nil
	}
	return append([]string{fmt.Sprintf("existing pods in namespace %q violate the new PodSecurity enforce level %q", namespace, lv)}, lines...)
}

// expectWarnings fails where the server warns of something else than the case says.
func expectWarnings(t *testing.T, real verdict, want []string) {
	t.Helper()
	expect(t, "the change of labels", verdict{Allowed: true, Warnings: want}, real)
}

// setPhase ends a pod as its kubelet would.
func (s *server) setPhase(t *testing.T, pod *corev1.Pod, phase corev1.PodPhase) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"status":{"phase":%q}}`, phase)
	pods := s.client.CoreV1().Pods(pod.Namespace)
	if _, err := pods.Patch(t.Context(), pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

// case01: pods that have ended are listed.
func case01(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	s.setPhase(t, create(t, s, plainPod(ns, "succeeded", hostPID)), corev1.PodSucceeded)
	s.setPhase(t, create(t, s, plainPod(ns, "failed", hostNetwork)), corev1.PodFailed)
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: baseline}), existing(ns, baseline,
		"failed: host namespaces, hostPort", "succeeded: host namespaces"))
	item := s.checkNamespace(t, ns, modes{enforce: baseline})
	for _, pod := range []string{"succeeded", "failed"} {
		if w := workloadOf(t, item, "Pod", pod); w.Blocks {
			t.Errorf("a pod that has ended blocks: %+v", w)
		}
	}
}

// case02: a pod on its way out is listed, and is not held back from leaving.
func case02(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	create(t, s, plainPod(ns, "p", hostPID, func(p *corev1.Pod) { p.Finalizers = []string{"e2e.pss.dev/stay"} }))
	pods := s.client.CoreV1().Pods(ns)
	if err := pods.Delete(t.Context(), "p", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: baseline}), existing(ns, baseline, "p: host namespaces"))
	s.relabel(t, ns, modes{enforce: baseline})
	patch := []byte(`{"metadata":{"finalizers":null}}`)
	if _, err := pods.Patch(t.Context(), "p", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Error(err)
	}
}

// case03: pods with the same reasons share a line, whoever owns them.
func case03(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	create(t, s, plainPod(ns, "zz", hostPID))
	create(t, s, deployment(plainPod(ns, "w", hostPID), 3))
	names := s.eventuallyPods(t, ns, 4)
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: baseline}), existing(ns, baseline,
		names[0]+" (and 3 other pods): host namespaces"))
}

// violating is a namespace under these labels with a pod that came before them.
func (s *server) violating(t *testing.T, name string, m modes) string {
	t.Helper()
	ns := s.namespace(t, name, nil)
	create(t, s, plainPod(ns, "p", hostPID))
	s.relabel(t, ns, m)
	return ns
}

// case04: only a change of enforce makes the server look at pods.
func case04(t *testing.T, name string) {
	s := plain(t)
	ns := s.violating(t, name, modes{})
	expectWarnings(t, s.compareChange(t, ns, modes{audit: restricted, warn: restricted}), nil)
}

// case05: nor does a level that is not stricter, at the same version.
func case05(t *testing.T, name string) {
	s := plain(t)
	ns := s.violating(t, name, modes{enforce: restricted})
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: baseline}), nil)
}

// case06: another name for the same version is a change.
func case06(t *testing.T, name string) {
	s := plain(t)
	ns := s.violating(t, name, modes{enforce: restricted})
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: "restricted:v1.37"}), existing(ns, "restricted:v1.37",
		"p: host namespaces, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile"))
}

// case07: so is a weaker level at another version.
func case07(t *testing.T, name string) {
	s := plain(t)
	ns := s.violating(t, name, modes{enforce: restricted})
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: "baseline:v1.20"}), existing(ns, "baseline:v1.20", "p: host namespaces"))
}

// case10: a version that is still to come is taken as it is written, and judged as the newest.
func case10(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	pod := create(t, s, plainPod(ns, "p", probeHost))
	const future = "baseline:v1.99"
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: future}), existing(ns, future, "p: probe or lifecycle host"))
	expect(t, "the pod", denied(future, `probe or lifecycle host (container "c" uses probe or lifecycle host "127.0.0.1")`),
		s.comparePod(t, ns, pod, all(future)))
	if as := s.checkNamespace(t, ns, modes{enforce: future}).Candidate.Enforce.EvaluatedAs; as != "v1.37" {
		t.Errorf("%s is evaluated as %s", future, as)
	}
}

// case12: of very many lines only the first ones arrive. The plugin has all of them.
func case12(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	faults := []edit{
		hostPID, podRoot, podUserZero, podUnconfined, sysctl("kernel.msgmax"),
		volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}),
	}
	sets := 1 << len(faults)
	for set := 1; set < sets; set++ {
		var edits []edit
		for i, fault := range faults {
			if set&(1<<i) != 0 {
				edits = append(edits, fault)
			}
		}
		create(t, s, strictPod(ns, fmt.Sprintf("a-pod-with-the-faults-number-%02d", set), edits...))
	}
	arrived := s.compareChange(t, ns, modes{enforce: restricted}).Warnings
	whole := s.checkNamespace(t, ns, modes{enforce: restricted}).LabelChange.Warnings
	if len(whole) != sets || len(arrived) >= sets || !slices.IsSorted(whole[1:]) {
		t.Errorf("%d warnings arrived of %d; there are %d sets of faults", len(arrived), len(whole), sets-1)
	}
	if text := strings.Join(arrived, ""); len(text) < 4096 {
		t.Errorf("the server has cut %d runes short", len(text))
	}
}

// case53: a version label of warn counts even where its level is implied.
func case53(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, map[string]string{labelKey("warn") + "-version": "v1.20"})
	o := create(t, s, deployment(strictPod(ns, "w", drop("all"), podUserZero), 0))
	m := modes{enforce: "restricted:v1.25"}
	item := s.checkNamespace(t, ns, m)
	if got := item.Candidate.Warn.String(); got != "restricted:v1.20" || item.Candidate.Warn.Source != "implied" {
		t.Errorf("warn is %s, %s", got, item.Candidate.Warn.Source)
	}
	s.compareChange(t, ns, m)
	labels := m.labels()
	labels[labelKey("warn")+"-version"] = "v1.20"
	there := s.namespace(t, name+"-there", labels)
	predicted := evidenceOf(t, workloadOf(t, item, "Deployment", "w"), "template", "current").Outcome
	same(t, "the object", ofWorkload(predicted.Workload), s.verdict(t, s.dryCreate(t.Context(), "", copyTo(o, there))))
	same(t, "its pod", ofPod(predicted.Pod), s.verdict(t, s.dryCreate(t.Context(), "", podFrom(o, there))))
}
