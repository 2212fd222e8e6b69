package js

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	kjson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/kubectl-pss/kubectl-pss/pkg/celjs"
)

// newEnv is CEL as the API server has it for stored expressions, with everything of unknown type.
func newEnv(t *testing.T) *cel.Env {
	t.Helper()
	set, err := environment.MustBaseEnvSet(version.MustParse("1.37")).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType),
			cel.Variable("oldObject", cel.DynType),
			cel.Variable("request", cel.DynType),
			cel.Variable("variables", cel.DynType),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	env, err := set.Env(environment.StoredExpressions)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// evaluateCEL gives what an expression comes to, as JSON. It compiles only what the API server would store.
func evaluateCEL(env *cel.Env, expression string, object any) (value string, compiled bool, err error) {
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return "", false, issues.Err()
	}
	program, err := env.Program(ast)
	if err != nil {
		return "", false, err
	}
	out, _, err := program.Eval(map[string]any{"object": object, "oldObject": nil})
	if err != nil {
		return "", true, err
	}
	text, err := json.Marshal(plain(out))
	return string(text), true, err
}

// plain is a value of CEL as encoding/json writes it; what JSON does not have is an object with one capital key.
func plain(v ref.Val) any {
	switch v := v.(type) {
	case *types.Optional:
		if !v.HasValue() {
			return map[string]any{"Optional": []any{}}
		}
		return map[string]any{"Optional": []any{plain(v.GetValue())}}
	case ref.Type:
		return map[string]any{"Type": v.TypeName()}
	case traits.Mapper:
		out := map[string]any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			out[fmt.Sprint(key.Value())] = plain(v.Get(key))
		}
		return out
	case traits.Lister:
		out := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			out = append(out, plain(it.Next()))
		}
		return out
	case types.Null:
		return nil
	default:
		return v.Value()
	}
}

// toPlain does in JavaScript what plain does.
const toPlain = `
function plain(x) {
  switch (cel.type(x).name) {
    case 'optional_type': return {Optional: x.present ? [plain(x.value)] : []};
    case 'type': return {Type: x.name};
    case 'list': return x.map(plain);
    case 'map': return Object.keys(x).reduce(function (all, key) { all[key] = plain(x[key]); return all; }, Object.create(null));
    default: return x;
  }
}
`

// newMachine is JavaScript with the runtime of celjs and an object.
func newMachine(t *testing.T, object string) *goja.Runtime {
	t.Helper()
	vm := goja.New()
	if _, err := vm.RunString(celjs.Runtime() + toPlain + "var oldObject = null, object = JSON.parse(" + strconv.Quote(object) + ");"); err != nil {
		t.Fatal(err)
	}
	return vm
}

func evaluateJS(vm *goja.Runtime, expression string) (string, error) {
	translated, err := celjs.Translate(expression)
	if err != nil {
		return "", fmt.Errorf("translate: %w", err)
	}
	value, err := vm.RunString("JSON.stringify(plain(" + translated + "))")
	if err != nil {
		return "", err
	}
	return value.String(), nil
}

// compare demands the same value of both, or an error of both.
func compare(t *testing.T, env *cel.Env, vm *goja.Runtime, expression string, object any) (compiled, failed bool) {
	t.Helper()
	want, compiled, wantErr := evaluateCEL(env, expression, object)
	if !compiled {
		return false, true
	}
	got, gotErr := evaluateJS(vm, expression)
	if agree(got, gotErr, want, wantErr) || undecided(env, expression, object, want, wantErr) {
		return true, wantErr != nil
	}
	t.Errorf("%s\nJavaScript: %s %v\nCEL:        %s %v", expression, got, gotErr, want, wantErr)
	return true, true
}

func agree(a string, aErr error, b string, bErr error) bool {
	if aErr != nil || bErr != nil {
		return aErr != nil && bErr != nil
	}
	return sameJSON(a, b)
}

// undecided says that CEL differs with itself: it goes through the keys of maps in any order.
func undecided(env *cel.Env, expression string, object any, first string, firstErr error) bool {
	for range 100 {
		if next, _, err := evaluateCEL(env, expression, object); !agree(next, err, first, firstErr) {
			return true
		}
	}
	return false
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// decode reads JSON as the API server does, with integers as such.
func decode(t *testing.T, text string) (v any) {
	t.Helper()
	if err := kjson.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
