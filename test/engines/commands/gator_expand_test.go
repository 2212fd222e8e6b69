package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// TestGatekeeperMutations asks gator expand for the pods of Deployments, which go through the mutators. It knows no
// operations, so the mutators' own are left out; what they would be is for the unit tests.
func TestGatekeeperMutations(t *testing.T) {
	requests := creations(pods(t))
	pods, mutated := 0, 0
	for _, s := range sets(t) {
		var mutators []any
		docs, err := export.Gatekeeper.Render(&export.Set{Name: s.Name, Mutations: s.Mutations}, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			if doc.Object == nil {
				continue
			}
			object := decoded(t, doc.Object)
			if applyTo, found, _ := unstructured.NestedSlice(object, "spec", "applyTo"); found {
				delete(applyTo[0].(map[string]any), "operations")
				if err := unstructured.SetNestedSlice(object, applyTo, "spec", "applyTo"); err != nil {
					t.Fatal(err)
				}
			}
			mutators = append(mutators, object)
		}
		if len(mutators) == 0 {
			continue
		}
		want := map[string]any{}
		input := append(slices.Clone(mutators), aNamespace(namespace), expansion())
		for _, r := range requests {
			pod := decoded(t, r.Pod)
			input = append(input, deployment(r.name, pod))
			for i := range s.Mutations {
				if left := &s.Mutations[i]; gatekeeperWrites(left) {
					write(t, left, pod)
				}
			}
			want[r.name+"-pod"] = essence(pod)
		}
		got := map[string]any{}
		output := run(t, install(t, "gator"), "expand", "--filename", file(t, t.TempDir(), "input.yaml", stream(t, input...)), "--format", "json")
		for _, pod := range documents(t, output) {
			got[pod["metadata"].(map[string]any)["name"].(string)] = essence(pod)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: expected (-) and written by Gatekeeper (+):\n%s", s.Name, diff)
		}
		pods, mutated = pods+len(got), mutated+changed(t, requests, got)
	}
	if mutated == 0 {
		t.Error("nothing was written")
	}
	t.Logf("%d pods, %d of them written into", pods, mutated)
}

// changed counts the pods that differ from those that were asked about.
func changed(t *testing.T, requests []request, got map[string]any) int {
	t.Helper()
	n := 0
	for _, r := range requests {
		if !cmp.Equal(essence(decoded(t, r.Pod)), got[r.name+"-pod"]) {
			n++
		}
	}
	return n
}

// essence is what mutations write into.
func essence(pod map[string]any) map[string]any {
	annotations, _, _ := unstructured.NestedStringMap(pod, "metadata", "annotations")
	return map[string]any{"spec": pod["spec"], "annotations": annotations}
}

func decoded(t *testing.T, object any) map[string]any {
	t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var out unstructured.Unstructured
	if err := out.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return out.Object
}

// documents are JSON objects with --- between them.
func documents(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	decoder := json.NewDecoder(bytes.NewReader(bytes.ReplaceAll(text, []byte("}---\n"), []byte("}\n"))))
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, decoded(t, raw))
	}
}

func expansion() map[string]any {
	return map[string]any{
		"apiVersion": "expansion.gatekeeper.sh/v1beta1", "kind": "ExpansionTemplate", "metadata": map[string]any{"name": "deployments"},
		"spec": map[string]any{
			"applyTo":        []any{map[string]any{"groups": []any{"apps"}, "kinds": []any{"Deployment"}, "versions": []any{"v1"}}},
			"templateSource": "spec.template",
			"generatedGVK":   map[string]any{"kind": "Pod", "group": "", "version": "v1"},
		},
	}
}

func deployment(name string, pod map[string]any) map[string]any {
	pod = runtime.DeepCopyJSON(pod)
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name, "namespace": namespace},
		"spec": map[string]any{"template": map[string]any{"metadata": pod["metadata"], "spec": pod["spec"]}},
	}
}

// gatekeeperWrites tells what Gatekeeper's mutators can say from what is left to templates.
// A condition about Windows alone is not one for them, as a note says.
func gatekeeperWrites(m *export.Mutation) bool {
	return m.Unless == "" || m.Unless == "object.spec.?os.?name.orValue('') == 'windows'"
}

// write does what a mutation without a condition is to do.
func write(t *testing.T, m *export.Mutation, pod map[string]any) {
	t.Helper()
	value := decodedValue(t, m.Value)
	if m.Annotation {
		annotations, _, _ := unstructured.NestedMap(pod, "metadata", "annotations")
		if annotations == nil {
			annotations = map[string]any{}
		}
		if _, found := annotations[m.Path[0]]; !found {
			annotations[m.Path[0]] = value
		}
		if err := unstructured.SetNestedMap(pod, annotations, "metadata", "annotations"); err != nil {
			t.Fatal(err)
		}
		return
	}
	spec := pod["spec"].(map[string]any)
	if !m.Containers {
		writeBelow(t, m, spec, value)
		return
	}
	for _, list := range []string{"containers", "initContainers"} {
		containers, _ := spec[list].([]any)
		for _, c := range containers {
			writeBelow(t, m, c.(map[string]any), value)
		}
	}
}

func writeBelow(t *testing.T, m *export.Mutation, root map[string]any, value any) {
	t.Helper()
	there, found, err := unstructured.NestedFieldCopy(root, m.Path...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(m.Path, "."), err)
	}
	if m.Add {
		list, _ := there.([]any)
		for _, item := range value.([]any) {
			if !slices.Contains(list, item) {
				list = append(list, item)
			}
		}
		value = list
	} else if found {
		return
	}
	if err := unstructured.SetNestedField(root, value, m.Path...); err != nil {
		t.Fatal(err)
	}
}

// decodedValue is a value as JSON has it.
func decodedValue(t *testing.T, value any) any {
	t.Helper()
	return decoded(t, map[string]any{"kind": "Value", "value": value})["value"]
}
