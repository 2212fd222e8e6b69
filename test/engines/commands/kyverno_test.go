package commands

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// kyvernoApply asks kyverno apply, and gives what the policies' results are called, with the messages of those that fail.
// An error or a policy that was not looked at is no verdict: it ends the test.
func kyvernoApply(t *testing.T, s *export.Set, o export.Options, requests []request, values string) (failed verdicts, results map[string]int) {
	t.Helper()
	dir := t.TempDir()
	var pods []any
	for _, r := range requests {
		pods = append(pods, r.Pod)
	}
	args := []string{
		"apply", file(t, dir, "policies.yaml", stream(t, content(render(t, export.Kyverno, s, o))...)),
		"--resource", file(t, dir, "pods.yaml", stream(t, pods...)),
		"--policy-report", "--output-format", "json",
	}
	if values != "" {
		args = append(args, "--values-file", file(t, dir, "values.yaml", []byte(values)))
	}
	output := run(t, install(t, "kyverno"), args...)
	_, output, found := bytes.Cut(output, []byte(`{"kind":"ClusterReport"`))
	var merged struct {
		Results []struct {
			Policy, Result, Message string
			Resources               []corev1.ObjectReference
		}
	}
	if !found {
		return nil, nil
	}
	if err := json.NewDecoder(bytes.NewReader(append([]byte(`{"kind":"ClusterReport"`), output...))).Decode(&merged); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	failed, results = verdicts{}, map[string]int{}
	for _, r := range merged.Results {
		results[r.Result]++
		switch r.Result {
		case "fail":
			c := cell{Object: r.Policy, Request: r.Resources[0].Name}
			failed[c] = append(failed[c], r.Message)
		case "skip":
			results["skip "+r.Resources[0].Name]++
		case "error":
			t.Errorf("%s: %s: %s", r.Policy, r.Resources[0].Name, r.Message)
		}
	}
	return failed, results
}

// TestKyverno judges new pods. Kyverno ends a policy with the first validation that is not true.
func TestKyverno(t *testing.T) {
	requests := kyvernoRequests(t)
	cells, refusals := 0, 0
	for _, s := range sets(t) {
		server := newServer(t, s)
		all := verdicts{}
		server.judge(t, all, requests)
		want := verdicts{}
		for c, messages := range all {
			want[c] = messages[:1]
		}
		got, results := kyvernoApply(t, s, export.Options{Enforce: true}, requests, "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the API server (-) and Kyverno (+):\n%s", s.Name, diff)
		}
		n := len(server.names) * len(requests)
		// Only the pod that a set excepts may be passed over.
		if skipped := results["skip"]; results["pass"]+results["fail"]+skipped != n || results["skip agent"] != skipped {
			t.Errorf("%s: %v are not %d verdicts", s.Name, results, n)
		}
		cells, refusals = cells+n, refusals+len(got)
	}
	t.Logf("%d verdicts, %d of them refusals", cells, refusals)
}

// kyvernoRequests are fewer than Gatekeeper gets: Kyverno's command compiles all policies for each pod again.
func kyvernoRequests(t *testing.T) []request {
	t.Helper()
	var some []request
	for i, r := range creations(pods(t)) {
		if i%4 == 0 || rare()[r.name] != "" {
			some = append(some, r)
		}
	}
	return some
}

// TestKyvernoUpdates updates pods by themselves, which is all that Kyverno's command can: no rule looks at that.
func TestKyvernoUpdates(t *testing.T) {
	const values = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\nglobalValues: {request.operation: UPDATE}\n"
	requests := kyvernoRequests(t)[:2]
	for _, s := range sets(t) {
		failed, results := kyvernoApply(t, s, export.Options{Enforce: true}, requests, values)
		want := map[string]int{"skip": len(s.Rules) * len(requests)}
		for _, r := range requests {
			want["skip "+r.name] = len(s.Rules)
		}
		if diff := cmp.Diff(want, results); diff != "" || len(failed) > 0 {
			t.Errorf("%s:\n%s%v", s.Name, diff, failed)
		}
	}
}

// TestKyvernoNamespaces selects a namespace that the pods are in, and one that they are not in.
func TestKyvernoNamespaces(t *testing.T) {
	const values = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\n" +
		"namespaceSelector: [{name: shop, labels: {kubernetes.io/metadata.name: shop}}]\n"
	s := sets(t)[0]
	requests := kyvernoRequests(t)[:1]
	for selected, judged := range map[string]bool{namespace: true, "other": false} {
		o := export.Options{Namespaces: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": selected}}}
		failed, results := kyvernoApply(t, s, o, requests, values)
		if got := results["pass"]+results["fail"] > 0; got != judged {
			t.Errorf("where %s is selected, pods of %s are judged: %v", selected, namespace, got)
		}
		if (len(failed) > 0) != judged {
			t.Errorf("where %s is selected, %d verdicts are refusals", selected, len(failed))
		}
	}
}

// TestKyvernoMutations holds what a MutatingPolicy writes against what the API server's own engine writes by the
// MutatingAdmissionPolicy that is rendered from the same mutations.
func TestKyvernoMutations(t *testing.T) {
	requests := kyvernoRequests(t)[:8]
	for _, s := range sets(t) {
		if len(s.Mutations) == 0 {
			continue
		}
		writes := &export.Set{Name: s.Name, Mutations: s.Mutations}
		docs, err := export.VAP.Render(writes, export.Options{MutatingPolicies: true})
		if err != nil {
			t.Fatal(err)
		}
		mutator, err := cel.CompileMutations(objects[admissionv1.MutatingAdmissionPolicy](t, docs, "MutatingAdmissionPolicy")[0])
		if err != nil {
			t.Fatal(err)
		}
		got := kyvernoMutate(t, writes, requests)
		for _, r := range requests {
			after, err := mutator.Mutate(t.Context(), r.Request)
			if err != nil {
				t.Fatalf("%s: %s: %v", s.Name, r.name, err)
			}
			want := essence(decoded(t, after))
			if cmp.Equal(essence(decoded(t, r.Pod)), want) {
				t.Errorf("%s: nothing is written into %s", s.Name, r.name)
			}
			if diff := cmp.Diff(want, got[r.name]); diff != "" {
				t.Errorf("%s: %s as written by the API server (-) and by Kyverno (+):\n%s", s.Name, r.name, diff)
			}
		}
	}
}

// kyvernoMutate gives the pods as the set's policy leaves them.
func kyvernoMutate(t *testing.T, s *export.Set, requests []request) map[string]any {
	t.Helper()
	dir := t.TempDir()
	docs, err := export.Kyverno.Render(s, export.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var pods []any
	for _, r := range requests {
		pods = append(pods, r.Pod)
	}
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, install(t, "kyverno"), "apply", file(t, dir, "policies.yaml", stream(t, content(docs)...)),
		"--resource", file(t, dir, "pods.yaml", stream(t, pods...)), "--output", out)
	written := map[string]any{}
	for _, r := range requests {
		text, err := os.ReadFile(filepath.Join(out, r.name+"-mutated.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ = bytes.Cut(text, []byte("\n---"))
		pod := &corev1.Pod{} // in which an empty list is none
		if err := yaml.UnmarshalStrict(text, pod); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		written[r.name] = essence(decoded(t, pod))
	}
	return written
}
