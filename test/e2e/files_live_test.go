//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// liveCase is a namespace as a cluster has it, and as a manifest declares it; the labels are those of Pod Security, by
// what follows their prefix. A manifest without any has no field labels.
type liveCase struct {
	name string
	// applied are the labels by which kubectl apply has made the namespace, labelled those that somebody set since.
	applied, labelled map[string]string
	// apply is how, beside -f FILE.
	apply []string
	// declared are the labels of the Namespace in the manifests; nil for none there.
	declared map[string]string
}

func liveCases() []liveCase {
	type labels = map[string]string
	serverSide := []string{"--server-side"}
	return []liveCase{
		{name: "labelled", applied: labels{}, labelled: labels{"enforce": "restricted", "enforce-version": "v1.30"}},
		{name: "declared", applied: labels{}, labelled: labels{"audit": "baseline"}, declared: labels{"enforce": "baseline", "warn": "restricted"}},
		{name: "changed", applied: labels{"enforce": "restricted", "enforce-version": "v1.30"}, declared: labels{"enforce": "baseline", "enforce-version": "v1.30"}},
		{name: "dropped", applied: labels{"enforce": "restricted", "audit": "restricted"}, labelled: labels{"warn": "baseline"}, declared: labels{"enforce": "baseline"}},
		{name: "dropped-since", applied: labels{"audit": "restricted"}, labelled: labels{"audit": "baseline", "enforce": "restricted"}, declared: labels{}},
		{name: "server-side", applied: labels{"enforce": "restricted", "audit": "restricted"}, apply: serverSide, declared: labels{"enforce": "baseline"}},
		{name: "new", declared: labels{"enforce": "restricted"}},
		{name: "new-without", declared: labels{}},
	}
}

// podSecurityPrefix begins the labels that matter.
const podSecurityPrefix = "pod-security.kubernetes.io/"

// namespaceWith is the manifest of a namespace.
func namespaceWith(t *testing.T, name string, modes map[string]string) string {
	t.Helper()
	labels := map[string]string{}
	for mode, value := range modes {
		labels[podSecurityPrefix+mode] = value
	}
	return manifestOf(t, &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
	})
}

func manifestOf(t *testing.T, o object) string {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// TestFilesLive foresees manifests for namespaces that are as people leave them, and then has kubectl apply them: the
// policy and the answer to the pod have to be those that were foretold.
func TestFilesLive(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for _, tc := range liveCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ns := "live-" + tc.name + "-" + suite.id
			s.prepare(t, ns, &tc)
			declared := ""
			if tc.declared != nil {
				declared = namespaceWith(t, ns, tc.declared)
			}
			pod := plainPod(ns, "p", hostPID)
			pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
			r := s.check(t, "-f", file(t, "all.json", declared+manifestOf(t, pod)), "--live")
			if len(r.Items) != 1 || r.Items[0].LabelChange != nil || r.Items[0].Pods.Total != 1 || len(r.Gaps) > 0 {
				t.Fatalf("items %+v, gaps %v", r.Items, r.Gaps)
			}
			if declared != "" {
				s.kubectl(t, "apply", "-f", file(t, "ns.json", declared))
			}
			if err := s.account(t.Context(), ns, "default"); err != nil {
				t.Fatal(err)
			}
			now := s.check(t, "ns", ns)
			if diff := cmp.Diff(now.Items[0].Current, r.Items[0].Current); diff != "" {
				t.Errorf("policy (-cluster +foretold):\n%s", diff)
			}
			if diff := cmp.Diff(now.Server, r.Server); diff != "" {
				t.Errorf("server (-cluster +foretold):\n%s", diff)
			}
			predicted := evidenceOf(t, workloadOf(t, &r.Items[0], "Pod", "p"), report.EvidencePod, report.RevisionCurrent)
			same(t, "a pod in "+ns, ofPod(predicted.Outcome.Pod), s.verdict(t, s.dryCreate(t.Context(), "", pod)))
		})
	}
}

// prepare makes the namespace that the cluster has, unless it has none.
func (s *server) prepare(t *testing.T, ns string, tc *liveCase) {
	t.Helper()
	if tc.applied == nil {
		return
	}
	s.kubectl(t, append([]string{"apply", "-f", file(t, "before.json", namespaceWith(t, ns, tc.applied))}, tc.apply...)...)
	if len(tc.labelled) == 0 {
		return
	}
	args := []string{"label", "namespace", ns, "--overwrite"}
	for _, mode := range slices.Sorted(maps.Keys(tc.labelled)) {
		args = append(args, podSecurityPrefix+mode+"="+tc.labelled[mode])
	}
	s.kubectl(t, args...)
}

// TestFilesLiveWithoutRights has somebody check manifests who may not read the namespace, or who finds none.
func TestFilesLiveWithoutRights(t *testing.T) {
	t.Parallel()
	s := plain(t)
	ns := s.namespace(t, "live-closed", map[string]string{labelKey("enforce"): "baseline"})
	pod := plainPod(ns, "p", hostPID)
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	manifests := file(t, "pod.json", manifestOf(t, pod))
	check := []string{"check", "-f", manifests, "--live"}

	if r := s.pss(t, check...); r.exit != 1 || r.stderr != "" {
		t.Errorf("with all rights: %+v", r)
	}
	r := s.pss(t, append(check, "--as=nobody-"+suite.id)...)
	if want := fmt.Sprintf("Could not read namespace %q: forbidden", ns); r.exit != 3 || !strings.Contains(r.stdout, want) {
		t.Errorf("%q is missing in: %+v", want, r)
	}
	elsewhere := plainPod("nowhere-"+suite.id, "p", hostPID)
	elsewhere.TypeMeta = pod.TypeMeta
	r = s.pss(t, "check", "-f", file(t, "pod.json", manifestOf(t, elsewhere)), "--live")
	want := "Namespace nowhere-" + suite.id + " is neither in the cluster nor among the manifests: judged as created without labels.\n"
	if r.exit != 0 || r.stderr != want {
		t.Errorf("got %+v, want %q", r, want)
	}
}
