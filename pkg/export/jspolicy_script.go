package export

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/celjs"
)

// judging is what every script of rules begins with. As in the API server, a variable is evaluated where it is first needed,
// and at most once; an expression that fails refuses the pod, and a message that fails gives way to a plain one.
const judging = `
var object = request.object;
var oldObject = request.oldObject === undefined ? null : request.oldObject;
var violations = [];

function lazy(definitions) {
  var variables = Object.create(null);
  Object.keys(definitions).forEach(function (name) {
    var known = null;
    Object.defineProperty(variables, name, {
      enumerable: true,
      get: function () {
        if (known === null) {
          try {
            known = {value: definitions[name](variables)};
          } catch (e) {
            known = {error: e};
          }
        }
        if ('error' in known) throw known.error;
        return known.value;
      }
    });
  });
  return variables;
}

function demand(rule, holds, message, plain) {
  try {
    if (cel.bool(holds())) return;
  } catch (e) {
    violations.push(rule + ' could not be evaluated: ' + e.message);
    return;
  }
  try {
    violations.push(message());
  } catch (e) {
    violations.push(plain);
  }
}

function applies() {
  try {
    return %s;
  } catch (e) {
    violations.push('a condition could not be evaluated: ' + e.message);
    return false;
  }
}

if (applies()) {
%s}
if (violations.length > 0) deny(violations.join('; '), 'Forbidden', 403);
`

// validatingScript judges a pod by all rules of a set.
func validatingScript(s *Set) (string, error) {
	conditions := make([]string, len(s.Conditions))
	for i, c := range s.Conditions {
		js, err := celjs.Translate(c.Expression)
		if err != nil {
			return "", fmt.Errorf("condition %s: %w", c.Name, err)
		}
		conditions[i] = "() => " + js
	}
	var rules strings.Builder
	for i := range s.Rules {
		if err := writeRule(&rules, &s.Rules[i]); err != nil {
			return "", fmt.Errorf("rule %s: %w", s.Rules[i].Name, err)
		}
	}
	return celjs.Runtime() + fmt.Sprintf(judging, "cel.and("+strings.Join(conditions, ", ")+")", rules.String()), nil
}

// writeRule writes a rule as a function of its variables.
func writeRule(out *strings.Builder, r *Rule) error {
	variables, err := r.variables()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  // %s\n  (function (variables) {\n", r.Name)
	for _, v := range r.Validations {
		if err := writeValidation(out, r, v); err != nil {
			return err
		}
	}
	out.WriteString("  })(lazy({\n")
	for i, v := range variables {
		js, err := celjs.Translate(v.Expression)
		if err != nil {
			return fmt.Errorf("variable %s: %w", v.Name, err)
		}
		comma := ","
		if i == len(variables)-1 {
			comma = ""
		}
		fmt.Fprintf(out, "    %s: (variables) => %s%s\n", jsValue(v.Name), js, comma)
	}
	out.WriteString("  }));\n")
	return nil
}

func writeValidation(out *strings.Builder, r *Rule, v Validation) error {
	holds, err := celjs.Translate(v.Expression)
	if err != nil {
		return err
	}
	plain := v.Message
	if plain == "" {
		plain = "breaks " + r.Name + ": " + r.Title
	}
	message := jsValue(plain)
	if v.MessageExpression != "" {
		if message, err = celjs.Translate(v.MessageExpression); err != nil {
			return fmt.Errorf("message: %w", err)
		}
	}
	fmt.Fprintf(out, "    demand(%s,\n      () => %s,\n      () => %s,\n      %s);\n", jsValue(r.Name), holds, message, jsValue(plain))
	return nil
}

// jsValue is a value as JavaScript, which takes all of JSON; what ends lines in JavaScript alone is escaped.
func jsValue(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(data)
}
