package psp

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
)

// Kind is what policies call themselves, in both of their API groups.
const Kind = "PodSecurityPolicy"

// Decode reads a policy of policy/v1beta1 or extensions/v1beta1, as a file or a server has it. What it does not know is
// an error that names the field: a policy that is read by halves says the wrong thing about pods. Absent fields stay
// absent, so that a policy can be written again as it was.
func Decode(obj map[string]any) (*Policy, error) {
	var p Policy
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(obj, &p, true); err != nil {
		return nil, fmt.Errorf("cannot read the policy: %w", err)
	}
	return &p, nil
}
