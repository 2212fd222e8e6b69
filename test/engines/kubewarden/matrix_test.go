package kubewarden

import (
	"encoding/json"
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/test/engines/cel"
	"github.com/kubectl-pss/kubectl-pss/test/engines/matrix"
)

// TestMatrix wants of the rendered settings the verdicts of the API server's engine. Texts may differ in how numbers are
// written, and the module stops at the first validation of a policy that does not hold.
func TestMatrix(t *testing.T) {
	sets, err := matrix.Sets()
	if err != nil {
		t.Fatal(err)
	}
	requests := matrix.Requests(25)
	for _, set := range sets {
		want, err := cel.Compile(set)
		if err != nil {
			t.Fatal(err)
		}
		rendered := render(t, set)
		refused := 0
		for i := range rendered {
			policy := compile(t, &rendered[i])
			for name, request := range requests {
				refusals, err := want[i:i+1].Judge(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				got, err := policy.judge(t, request)
				if err != nil || (got != "") != (len(refusals) > 0) {
					t.Errorf("%s: %s: got %q, %v, want %v", policy.name, name, got, err, refusals)
				}
				if got != "" {
					refused++
				}
			}
		}
		t.Logf("%s: %d policies refuse %d times", set.Name, len(rendered), refused)
		if refused == 0 {
			t.Errorf("%s: nothing is refused, and nothing compared", set.Name)
		}
	}
}

// judge gives what a request is told, or nothing.
func (c *compiled) judge(t *testing.T, r cel.Request) (string, error) {
	t.Helper()
	variables := input(t, r)
	for _, v := range c.variables {
		variables[v.name] = func() ref.Val {
			value, _, err := v.program.Eval(variables)
			if err != nil {
				return types.WrapErr(err)
			}
			return value
		}
	}
	for _, d := range c.validations {
		value, _, err := d.holds.Eval(variables)
		if err != nil {
			return "", err
		}
		if value != types.False {
			continue
		}
		if d.message == nil {
			return d.text, nil
		}
		text, _, err := d.message.Eval(variables)
		if err != nil {
			return "", err
		}
		return text.Value().(string), nil
	}
	return "", nil
}

// input is a request as the module has it: all numbers are floating point, and what there is no old object of has an
// empty one.
func input(t *testing.T, r cel.Request) map[string]any {
	t.Helper()
	request := map[string]any{
		"operation": "CREATE", "namespace": r.Pod.Namespace, "name": r.Pod.Name,
		"userInfo": map[string]any{"username": "system:admin"},
	}
	old := map[string]any{}
	if r.Old != nil {
		request["operation"], old = "UPDATE", plain(t, r.Old)
	}
	if r.Subresource != "" {
		request["subResource"] = r.Subresource
	}
	return map[string]any{"object": plain(t, r.Pod), "oldObject": old, "request": request}
}

func plain(t *testing.T, pod *corev1.Pod) (out map[string]any) {
	t.Helper()
	data, err := json.Marshal(pod)
	if err != nil || json.Unmarshal(data, &out) != nil {
		t.Fatalf("%v", err)
	}
	return out
}
