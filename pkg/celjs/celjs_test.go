package celjs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the JavaScript comes to is compared with CEL in test/engines/js; here is how it looks.
func TestTranslate(t *testing.T) {
	for expression, want := range map[string]string{
		`1 + 2 * 3`:                         `cel.add(1, cel.mul(2, 3))`,
		`(1 + 2) * 3 - 4`:                   `cel.sub(cel.mul(cel.add(1, 2), 3), 4)`,
		`0x1F`:                              `31`,
		`-9223372036854775808`:              `-9223372036854775808`,
		`--object.i`:                        `cel.get(object, "i")`,
		`!!!object.t`:                       `!cel.bool(cel.get(object, "t"))`,
		`-object.i`:                         `cel.neg(cel.get(object, "i"))`,
		`object.spec.?os.name`:              `cel.get(cel.opt(cel.get(object, "spec"), "os"), "name")`,
		`object.l[0]`:                       `cel.get(cel.get(object, "l"), 0)`,
		`object.l[?object.i]`:               `cel.opt(cel.get(object, "l"), () => cel.get(object, "i"))`,
		`object.?a.orValue([])`:             `cel.orValue(cel.opt(object, "a"), () => [])`,
		`optional.none().hasValue()`:        `cel.hasValue(cel.none)`,
		`has(object.a.b)`:                   `cel.has(cel.get(object, "a"), "b")`,
		`true && 1 < 2 || false`:            `cel.or(() => cel.and(() => true, () => cel.less(1, 2)), () => false)`,
		`true || (false || null == 1)`:      `cel.or(() => true, () => false, () => cel.eq(null, 1))`,
		`1 >= 2 ? 'a' : "b"`:                `(cel.bool(!cel.less(1, 2)) ? "a" : "b")`,
		`1 > 2 != (1 <= 2)`:                 `!cel.eq(cel.less(2, 1), !cel.less(2, 1))`,
		`'a' in variables.names`:            `cel.within("a", cel.get(variables, "names"))`,
		`1/0 in []`:                         `false`,
		`{'a': [1, null],}`:                 `cel.object(["a", [1, null]])`,
		`[1].all(x, [x].exists(y, x == y))`: `cel.all([1], ($x) => cel.exists([$x], ($y) => cel.eq($x, $y)))`,
		`object.map(object, object)`:        `cel.map(object, ($object) => $object)`,
		`[1].map(new, new > 0, new)`:        `cel.map([1], ($new) => cel.less(0, $new), ($new) => $new)`,
		`[1].map(optional, optional.none)`:  `cel.map([1], ($optional) => cel.get($optional, "none"))`,
		`type(request) == null_type`:        `cel.eq(cel.type(request), cel.typed("null_type"))`,
		"'\\u2028<\"\\\\\\U0001F600é\\x07'": `"\u2028\u003c\"\\\ud83d\ude00\u00e9\u0007"`,
		`r'\n'`:                             `"\\n"`,
		"'''a\n'b''' // comment":            `"a\u000a'b"`,
	} {
		got, err := Translate(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
}

func TestTranslateRefuses(t *testing.T) {
	for expression, want := range map[string]string{
		``:                                   `line 1, column 1: a value is missing at the end`,
		`1 +`:                                `line 1, column 4: a value is missing at the end`,
		`1 2`:                                `line 1, column 3: "2" stands where an operator or the end should`,
		"true &&\n  é":                       `line 2, column 3: unexpected character 'é'`,
		"'é' + foo":                          `line 1, column 7: unknown name "foo"`,
		`params.x`:                           `line 1, column 1: unknown name "params"`,
		`if`:                                 `line 1, column 1: "if" is a reserved word`,
		`object.in`:                          `line 1, column 8: "in" stands where a field should`,
		`1.5`:                                `line 1, column 1: only integers are known, without suffix`,
		`1u`:                                 `line 1, column 1: only integers are known, without suffix`,
		`1e3`:                                `line 1, column 1: only integers are known, without suffix`,
		`9223372036854775808`:                `line 1, column 1: 9223372036854775808 is beyond 64 bits`,
		`-0x8000000000000001`:                `line 1, column 2: -0x8000000000000001 is beyond 64 bits`,
		`b'a'`:                               `line 1, column 1: bytes are not known, only strings`,
		`'a`:                                 `line 1, column 1: a string has no end`,
		"'a\n'":                              `line 1, column 1: a string ends on the line that it begins on`,
		`'ab\q'`:                             `line 1, column 4: unknown escape in a string`,
		`'\ud800'`:                           `line 1, column 2: unknown escape in a string`,
		`'\400'`:                             `line 1, column 2: unknown escape in a string`,
		`'\Uffffffff'`:                       `line 1, column 2: unknown escape in a string`,
		"'\xff'":                             `line 1, column 2: a string is not UTF-8`,
		`[1, 2`:                              `line 1, column 6: "]" is missing at the end`,
		`{'a'}`:                              `line 1, column 5: "}" stands where ":" should`,
		`{'a':}`:                             `line 1, column 6: "}" stands where a value should`,
		`size(1,)`:                           `line 1, column 8: ")" stands where a value should`,
		`size(1, 2)`:                         `line 1, column 1: size() does not take 2 arguments`,
		`true ? 1`:                           `line 1, column 9: ":" is missing at the end`,
		`!-1`:                                `line 1, column 2: "-" stands where a value should`,
		`has(object)`:                        `line 1, column 1: has() takes a field: has(a.b)`,
		`has(object.?a)`:                     `line 1, column 1: has() takes a field: has(a.b)`,
		`cel.bind(x, 1, x)`:                  `line 1, column 5: unknown function "bind"`,
		`sets.contains([1], [1])`:            `line 1, column 6: contains() does not take 2 arguments`,
		`optional.of(1)`:                     `line 1, column 10: only optional.none() is known of optional`,
		`[1].all(i, v, true)`:                `line 1, column 5: all() takes a variable and an expression`,
		`[1].all(1, true)`:                   `line 1, column 10: the first argument of all() is the name of a variable`,
		`x.all(x, true)`:                     `line 1, column 1: unknown name "x"`,
		`[1].all(x, true) && x`:              `line 1, column 21: unknown name "x"`,
		`[1].map(x, y)`:                      `line 1, column 12: unknown name "y"`,
		`object.?a.orValue()`:                `line 1, column 11: orValue() takes one argument`,
		`object.a.format([1])`:               `line 1, column 10: unknown function "format"`,
		`now()`:                              `line 1, column 1: unknown function "now"`,
		`'a'.matches(object.p)`:              `line 1, column 5: matches() takes a pattern that is a string literal`,
		`'a'.matches('(')`:                   "line 1, column 13: the pattern is none of RE2: error parsing regexp: missing closing ): `(`",
		`'a'.matches('(?m)^a')`:              `line 1, column 13: the pattern speaks of lines, (?m), which is not known`,
		strings.Repeat("(", 500):             `line 1, column 201: the expression nests deeper than 200`,
		`object` + strings.Repeat(".a", 500): `line 1, column 409: more than 200 selections in a row`,
		`1` + strings.Repeat("+1", 5000):     `line 1, column 4004: the expression has more than 2000 operators in a row`,
	} {
		got, err := Translate(expression)
		if err == nil {
			t.Errorf("%s: became %s", expression, got)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
}

func TestPatternJS(t *testing.T) {
	for pattern, want := range map[string]string{
		``:                   `/(?:)/u`,
		`^a/.$`:              `/(?:^)(?:a\u{2f})(?:[^\n])(?:$)/u`,
		`(?s).`:              `/[^]/u`,
		`(a|bc)*`:            `/(?:(?:(?:a)|(?:bc)))*/u`,
		`a{2,}b{1,3}c?`:      `/(?:(?:a){2,})(?:(?:b){1,3})(?:(?:c)?)/u`,
		`[^a]`:               `/[\u{0}-\u{60}\u{62}-\u{10ffff}]/u`,
		`(?i)k`:              `/[\u{4b}\u{6b}\u{212a}]/u`,
		`\b\B`:               `/(?:\b)(?:\B)/u`,
		`[^\x00-\x{10FFFF}]`: `/[]/u`,
	} {
		got, err := patternJS(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

func TestRuntime(t *testing.T) {
	if !strings.Contains(Runtime(), "var cel = (function () {") {
		t.Error("the runtime does not define cel")
	}
	for i, r := range Runtime() {
		if r > '~' || r < ' ' && r != '\n' {
			t.Fatalf("the runtime has %q at %d: it is ASCII in lines", r, i)
		}
	}
}

// FuzzTranslate looks for an expression that breaks the parser, or out of a string into JavaScript.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{
		`object.spec.containers.all(c, has(c.securityContext) && c.?image.orValue('') != "")`, `'a\u00e9' + r"\"`, `{'a': [1, -0x2]}`,
		`'''x''' in ["a"] ? 1 : 2`, `object.a.matches('^[a-z](b|c)*?$')`, `!!true || --1 < 2 // x`, `object[?'k'].value().b(`, "'\\U0010FFFF'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		got, err := Translate(expression)
		if (err == nil) == (got == "") {
			t.Fatalf("%q became %q and %v", expression, got, err)
		}
		quoted := false
		for i := 0; i < len(got); i++ {
			switch c := got[i]; {
			case c < ' ' || c > '~':
				t.Fatalf("%q became %q, with %q", expression, got, c)
			case c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case !quoted && (c == ';' || c == '`' || c == '\'' || c == '@' || c == '#'):
				t.Fatalf("%q became %q, with %q outside of strings", expression, got, c)
			}
		}
		if quoted {
			t.Fatalf("%q became %q, with a string open", expression, got)
		}
	})
}
