package commands

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// gatorTest asks gator test, which judges as Gatekeeper's audit does: requests without an operation.
func gatorTest(t *testing.T, content ...any) verdicts {
	t.Helper()
	var results []struct {
		Message         string `json:"msg"`
		Constraint      metav1.PartialObjectMetadata
		ViolatingObject metav1.PartialObjectMetadata
	}
	input := file(t, t.TempDir(), "input.yaml", stream(t, content...))
	output := run(t, install(t, "gator"), "test", "--filename", input, "--output", "json")
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	got := verdicts{}
	for _, r := range results {
		c := cell{Object: r.Constraint.Name, Request: r.ViolatingObject.Name}
		got[c] = append(got[c], r.Message)
	}
	return got
}

func aNamespace(name string) *corev1.Namespace {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name}},
	}
}

// TestGatekeeper judges all pods by all sets at once.
func TestGatekeeper(t *testing.T) {
	requests := creations(pods(t))
	input := []any{aNamespace(namespace)}
	for _, r := range requests {
		input = append(input, r.Pod)
	}
	want, cells := verdicts{}, 0
	for _, s := range sets(t) {
		server := newServer(t, s)
		server.judge(t, want, requests)
		for _, rule := range server.names {
			server.refused(t, rule, want, requests)
		}
		cells += len(server.names) * len(requests)
		input = append(input, content(render(t, export.Gatekeeper, s, export.Options{Enforce: true}))...)
	}
	got := gatorTest(t, input...)
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("the API server (-) and Gatekeeper (+):\n%s", diff)
	}
	t.Logf("%d verdicts, %d of them refusals", cells, len(want))
}

// TestGatekeeperNamespaces selects a namespace that the pods are in, and one that they are not in.
func TestGatekeeperNamespaces(t *testing.T) {
	s := sets(t)[0]
	for selected, judged := range map[string]bool{namespace: true, "other": false} {
		o := export.Options{Namespaces: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": selected}}}
		input := append(content(render(t, export.Gatekeeper, s, o)), aNamespace(namespace), creations(pods(t))[0].Pod)
		if got := gatorTest(t, input...); (len(got) > 0) != judged {
			t.Errorf("where %s is selected, %d verdicts are refusals", selected, len(got))
		}
	}
}
