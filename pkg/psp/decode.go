package psp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// Kind is what policies call themselves.
const Kind = "PodSecurityPolicy"

// The two API groups that policies have lived in, with the one version that each had.
const (
	APIVersion           = "policy/v1beta1"
	ExtensionsAPIVersion = "extensions/v1beta1" // until 1.15
)

// Decode reads a policy of policy/v1beta1 or extensions/v1beta1, as a file or a server has it. What it does not know is
// an error that names the field: a policy that is read by halves says the wrong thing about pods. Absent fields stay
// absent, so that a policy can be written again as it was.
func Decode(obj map[string]any) (*Policy, error) {
	if err := known(obj); err != nil {
		return nil, err
	}
	// The converter below knows which fields there are, and cannot say where a value has the wrong type; encoding/json can.
	data, err := json.Marshal(obj)
	if err != nil {
		return nil, fmt.Errorf("cannot read the policy: %w", err)
	}
	var p Policy
	if err := json.Unmarshal(data, &p); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			return nil, fmt.Errorf("field %q cannot be %s", wrong.Field, article(wrong.Value))
		}
		return nil, fmt.Errorf("cannot read the policy: %w", err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(obj, &Policy{}, true); err != nil {
		if strict, ok := runtime.AsStrictDecodingError(err); ok {
			return nil, errors.Join(strict.Errors()...)
		}
		return nil, fmt.Errorf("cannot read the policy: %w", err)
	}
	return &p, nil
}

// known refuses what is no policy.
func known(obj map[string]any) error {
	kind, apiVersion := obj["kind"], obj["apiVersion"]
	if kind != Kind {
		return fmt.Errorf("kind is %s, and must be %s", quoted(kind), Kind)
	}
	if apiVersion != APIVersion && apiVersion != ExtensionsAPIVersion {
		return fmt.Errorf("apiVersion is %s, and policies are of %s or %s", quoted(apiVersion), APIVersion, ExtensionsAPIVersion)
	}
	return nil
}

func quoted(v any) string {
	if v == nil {
		return "missing"
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}

// article puts "a" or "an" before what encoding/json calls a value: "string", "number 3000000000", "object".
func article(value string) string {
	switch {
	case value == "bool":
		return "true or false"
	case strings.HasPrefix(value, "number "):
		return "the " + value
	case strings.ContainsAny(value[:1], "aeo"):
		return "an " + value
	default:
		return "a " + value
	}
}
