package commands

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// The parts of a Suite of gator verify that we write.
type (
	suite struct {
		metav1.TypeMeta `json:",inline"`
		Tests           []suiteTest `json:"tests"`
	}
	suiteTest struct {
		Name       string      `json:"name"`
		Template   string      `json:"template"`
		Constraint string      `json:"constraint"`
		Cases      []suiteCase `json:"cases"`
	}
	suiteCase struct {
		Name       string           `json:"name"`
		Object     string           `json:"object"`
		Assertions []map[string]any `json:"assertions"`
	}
)

// TestGatekeeperUpdates asks gator verify, which takes whole admission reviews: updates with what was there before,
// subresources, and deletions, which a rule has to let pass.
func TestGatekeeperUpdates(t *testing.T) {
	dir := t.TempDir()
	creations := creations(pods(t))
	all := suite{TypeMeta: metav1.TypeMeta{APIVersion: "test.gatekeeper.sh/v1alpha1", Kind: "Suite"}}
	cases, refusals := 0, 0
	for _, s := range sets(t) {
		server := newServer(t, s)
		first := verdicts{}
		server.judge(t, first, creations)
		docs := content(render(t, export.Gatekeeper, s, export.Options{Enforce: true}))
		for i, rule := range server.names {
			requests := updates(server.refused(t, rule, first, creations)[0])
			want := verdicts{}
			server.judge(t, want, requests)
			test := suiteTest{Name: rule, Template: rule + "-template.yaml", Constraint: rule + "-constraint.yaml"}
			file(t, dir, test.Template, stream(t, docs[i]))
			file(t, dir, test.Constraint, stream(t, docs[len(server.names)+i]))
			for _, r := range requests {
				messages := want[cell{Object: rule, Request: r.name}]
				refusals += min(len(messages), 1)
				test.add(t, dir, r.name, review(t, r), messages)
			}
			test.add(t, dir, "deletion", deletion(t, requests[0]), nil)
			cases += len(test.Cases)
			all.Tests = append(all.Tests, test)
		}
	}
	file(t, dir, "suite.yaml", stream(t, all))
	output := string(run(t, install(t, "gator"), "verify", "--verbose", dir))
	if passed := strings.Count(output, "    --- PASS: "); passed != cases || !strings.Contains(output, "\nPASS\n") {
		t.Errorf("%d of %d cases passed:\n%s", passed, cases, failures(output))
	}
	t.Logf("%d verdicts, %d of them refusals", cases, refusals)
}

// add is one more case: a review that is told these messages.
func (s *suiteTest) add(t *testing.T, dir, name string, review *admissionv1.AdmissionReview, messages []string) {
	t.Helper()
	object := s.Name + "-" + name + ".yaml"
	file(t, dir, object, stream(t, review))
	s.Cases = append(s.Cases, suiteCase{Name: name, Object: object, Assertions: assertions(messages)})
}

// assertions want exactly these messages.
func assertions(messages []string) []map[string]any {
	all := []map[string]any{{"violations": len(messages)}}
	for _, m := range messages {
		all = append(all, map[string]any{"violations": 1, "message": "^" + regexp.QuoteMeta(m) + "$"})
	}
	return all
}

// review is a request as the API server sends it to a webhook.
func review(t *testing.T, r request) *admissionv1.AdmissionReview {
	t.Helper()
	pods := metav1.GroupVersionResource{Version: "v1", Resource: "pods"}
	pod := metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}
	out := &admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "1", Kind: pod, Resource: pods, SubResource: r.Subresource,
			Name: r.Pod.Name, Namespace: r.Pod.Namespace, Operation: admissionv1.Update,
			Object: raw(t, r.Pod), OldObject: raw(t, r.Old),
		},
	}
	return out
}

func deletion(t *testing.T, r request) *admissionv1.AdmissionReview {
	t.Helper()
	out := review(t, r)
	out.Request.Operation, out.Request.Object = admissionv1.Delete, runtime.RawExtension{}
	return out
}

func raw(t *testing.T, object any) runtime.RawExtension {
	t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.RawExtension{Raw: data}
}

// failures are the lines of gator's output that are not about what passed.
func failures(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if !strings.Contains(line, "=== RUN") && !strings.Contains(line, "--- PASS") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
