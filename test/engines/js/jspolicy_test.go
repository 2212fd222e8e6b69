package js

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
)

// answer is what a script of jsPolicy told it.
type answer struct {
	denied           bool
	message, reason  string
	code             int64
	warnings, thrown string
	patched          any
}

// errExit ends a script, as deny() and mutate() do in jsPolicy.
var errExit = errors.New("exit")

// engine compiles a script once; each request is answered by a machine of its own, as a context of V8 is.
type engine struct{ program *goja.Program }

func newEngine(t *testing.T, script string) engine {
	t.Helper()
	program, err := goja.Compile("policy.js", script, false)
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	return engine{program}
}

// run gives a script what jsPolicy documents: request, and the functions deny, warn and mutate.
func (e engine) run(t *testing.T, request []byte) answer {
	t.Helper()
	vm := goja.New()
	var out answer
	exit := func() { panic(vm.NewGoError(errExit)) }
	for name, function := range map[string]any{
		"deny": func(message, reason string, code int64) {
			out.denied, out.message, out.reason, out.code = true, message, reason, code
			exit()
		},
		"warn":   func(message string) { out.warnings += message },
		"mutate": func(object goja.Value) { out.patched = object.Export(); exit() },
	} {
		if err := vm.Set(name, function); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := vm.RunString("var request = " + string(request) + ";"); err != nil {
		t.Fatal(err)
	}
	if _, err := vm.RunProgram(e.program); err != nil && !errors.Is(err, errExit) {
		out.thrown = err.Error()
	}
	return out
}

// review is a request as a webhook gets it.
func review(t *testing.T, r cel.Request) []byte {
	t.Helper()
	operation := admissionv1.Create
	request := &admissionv1.AdmissionRequest{
		Kind:     metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Name:     r.Pod.Name, Namespace: r.Pod.Namespace, SubResource: r.Subresource,
	}
	request.Object.Raw = encode(t, r.Pod)
	if r.Old != nil {
		operation, request.OldObject.Raw = admissionv1.Update, encode(t, r.Old)
	}
	request.Operation = operation
	if r.User != nil {
		request.UserInfo.Username, request.UserInfo.Groups = r.User.GetName(), r.User.GetGroups()
	} else {
		request.UserInfo.Username = "system:admin"
	}
	data, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func encode(t *testing.T, pod *corev1.Pod) []byte {
	t.Helper()
	pod = pod.DeepCopy()
	pod.APIVersion, pod.Kind = "v1", "Pod"
	data, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// scriptOf renders a set and gives the script of the policy of a type.
func scriptOf(t *testing.T, set *export.Set, policyType string) string {
	t.Helper()
	docs, err := export.JSPolicy.Render(set, export.Options{Enforce: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		data, err := json.Marshal(d.Object)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct {
			Spec struct{ Type, JavaScript string }
		}
		if err := json.Unmarshal(data, &policy); err != nil {
			t.Fatal(err)
		}
		if policy.Spec.Type == policyType {
			return policy.Spec.JavaScript
		}
	}
	t.Fatalf("the set %s has no %s policy", set.Name, policyType)
	return ""
}

// judged compares the verdicts and texts of a set's script with those of the API server's engine.
func judged(t *testing.T, set *export.Set, requests map[string]cel.Request) (refused int) {
	t.Helper()
	policies, err := cel.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	script := newEngine(t, scriptOf(t, set, "Validating"))
	for name, request := range requests {
		refusals, err := policies.Judge(t.Context(), request)
		if err != nil {
			t.Errorf("%s: %s: %v", set.Name, name, err)
			continue
		}
		texts := make([]string, len(refusals))
		for i, r := range refusals {
			texts[i] = r.Message
		}
		got := script.run(t, review(t, request))
		if diff := cmp.Diff(strings.Join(texts, "; "), got.message); diff != "" || got.denied != (len(refusals) > 0) || got.thrown != "" {
			t.Errorf("%s: %s: denied is %t, thrown %q (-CEL +JavaScript):\n%s", set.Name, name, got.denied, got.thrown, diff)
		}
		if got.denied {
			refused++
		}
	}
	return refused
}

// toUnstructured is what a script that writes is compared with.
func toUnstructured(t *testing.T, pod *corev1.Pod) map[string]any {
	t.Helper()
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
