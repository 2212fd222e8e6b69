// Package kubewarden tries what is rendered for Kubewarden against what its module cel-policy documents: its settings,
// read strictly, and its CEL, evaluated with the libraries and in the way that it names. The module itself is not run.
package kubewarden

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apiserver/pkg/cel/library"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// clusterAdmissionPolicy has the fields that we set, of those that the resource has.
type clusterAdmissionPolicy struct {
	APIVersion, Kind string
	Metadata         struct{ Name string }
	Spec             struct {
		Module, Mode, FailurePolicy string
		Mutating                    bool
		Rules                       []struct{ Operations, APIGroups, APIVersions, Resources []string }
		Settings                    settings
	}
}

// settings are those of cel-policy, without its parameters.
type settings struct {
	FailurePolicy string
	Variables     []struct{ Name, Expression string }
	Validations   []struct{ Expression, Message, MessageExpression, Reason string }
}

// render gives a set's policies as the resource's and the module's documentation have them, and nothing beyond.
func render(t *testing.T, set *export.Set) []clusterAdmissionPolicy {
	t.Helper()
	docs, err := export.Kubewarden.Render(set, export.Options{Enforce: true})
	if err != nil {
		t.Fatal(err)
	}
	policies := make([]clusterAdmissionPolicy, 0, len(docs))
	for _, d := range docs {
		data, err := json.Marshal(d.Object)
		if err != nil {
			t.Fatal(err)
		}
		var policy clusterAdmissionPolicy
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&policy); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		policies = append(policies, policy)
	}
	return policies
}

// compiled are expressions that the module would take.
type compiled struct {
	name        string
	variables   []named
	validations []demand
}

type named struct {
	name    string
	program cel.Program
}

type demand struct {
	holds, message cel.Program
	text           string
}

// compile does what the module documents of its settings: it declares variables one after the other with their types,
// and wants a boolean of each expression, a string of each messageExpression, and messages of one line.
func compile(t *testing.T, policy *clusterAdmissionPolicy) compiled {
	t.Helper()
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals(), cel.ValidateHomogeneousAggregateLiterals()),
		ext.Sets(), ext.Strings(ext.StringsVersion(2)), ext.Encoders(),
		library.URLs(), library.Regex(), library.Lists(library.ListsVersion(0)), library.Quantity(),
		cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType), cel.Variable("request", cel.DynType),
	)
	if err != nil {
		t.Fatal(err)
	}
	program := func(expression string, want *cel.Type) (cel.Program, *cel.Type) {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", policy.Metadata.Name, issues.Err())
		}
		if want != nil && ast.OutputType() != want {
			t.Fatalf("%s: %s is of type %s, want %s", policy.Metadata.Name, expression, ast.OutputType(), want)
		}
		p, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			t.Fatal(err)
		}
		return p, ast.OutputType()
	}
	out := compiled{name: policy.Metadata.Name}
	for _, v := range policy.Spec.Settings.Variables {
		p, typed := program(v.Expression, nil)
		out.variables = append(out.variables, named{"variables." + v.Name, p})
		if env, err = env.Extend(cel.Variable("variables."+v.Name, typed)); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range policy.Spec.Settings.Validations {
		if v.Reason != "Forbidden" || strings.Contains(v.Message, "\n") || v.Message+v.MessageExpression == "" {
			t.Errorf("%s: %+v is no validation that the module takes", policy.Metadata.Name, v)
		}
		d := demand{text: v.Message}
		d.holds, _ = program(v.Expression, cel.BoolType)
		if v.MessageExpression != "" {
			d.message, _ = program(v.MessageExpression, cel.StringType)
		}
		out.validations = append(out.validations, d)
	}
	return out
}
