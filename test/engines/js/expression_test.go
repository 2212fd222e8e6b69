package js

import "testing"

// sample has a value of each type, and what is odd about some.
const sample = `{
  "i": 3, "zero": 0, "neg": -7, "big": 4294967296, "s": "a/b:c", "empty": "", "odd": "h\u00e9\ud83d\ude00\uffee!",
  "t": true, "f": false, "n": null, "l": [1, 2, 3], "ls": ["a", "b", "c"], "el": [], "mixed": [1, "a", null, true, [1], {"k": 1}],
  "m": {"k": "v", "n": null, "deep": {"er": {"x": 7}}}, "em": {}, "__proto__": 5, "constructor": "c",
  "spec": {"containers": [
    {"name": "a", "image": "r.io/x:1", "ports": [{"hostPort": 80}], "securityContext": {"runAsUser": 0, "privileged": true}},
    {"name": "b", "image": "x@sha256:ff", "securityContext": {}},
    {"name": "c", "image": ""}]}
}`

// TestExpressions compares expressions that were chosen; TestRandom those that nobody thought of.
func TestExpressions(t *testing.T) {
	env, vm, object := newEnv(t), newMachine(t, sample), decode(t, sample)
	for _, expression := range expressions() {
		if compiled, _ := compare(t, env, vm, expression, object); !compiled {
			_, _, err := evaluateCEL(env, expression, object)
			t.Errorf("%s\nis no CEL: %v", expression, err)
		}
	}
}

func expressions() []string {
	return []string{
		// Literals.
		`1`, `-1`, `0x1F`, `-0x10`, `- 1`, `--1`, `---object.i`, `!true`, `!!true`, `!!!object.t`, `!object.i`, `!!object.i`, `--object.s`, `null`, `""`, `'a"b'`, `"a'b"`, `r'\n'`, `R"\d"`,
		`'\a\b\f\n\r\t\v\\\"\'\?\x41\u00e9\U0001F600\101'`, "'\\`'", `"""a"b
c"""`, `'''it's'''`, `r"""\"""`, `''''''`, "'<script>\u2028'", `[1, 2,]`, `[]`, `{}`, `{'a': 1, 'b': 2,}`, `{'a': 1, 'a': 2}`,
		`{'__proto__': 1}`, `{'a': 1}.a`, `// nothing
		1 // one`,
		// Selection.
		`object.i`, `object.missing`, `object.n`, `object.n.x`, `object.s.x`, `object.l.x`, `object.m.k`, `object["m"]['k']`,
		`object.l[0]`, `object.l[3]`, `object.l[-1]`, `object.l['0']`, `object.m[0]`, `object.m[true]`, `object.constructor`,
		`object.toString`, `object.m.constructor`, `object.__proto__`, `object.m.__proto__`, `{}.toString`, `object.i.x`,
		`object.l.length`, `object.s.length`, `oldObject.x`, `oldObject == null`, `object.l[object.i]`, `object.l[dyn("a")]`,
		// Optional.
		`object.?i`, `object.?missing`, `object.?n`, `object.n.?x`, `object.s.?x`, `object.l.?x`, `object.i.?x`, `oldObject.?x`,
		`object.?m.k`, `object.?m.zz`, `object.?m.deep.er.x`, `object.?m.deep.zz.x`, `object.?zz.deep.zz.x`, `object.m.?k.x`,
		`object.?m.n.x`, `object.?l[0]`, `object.?l[9]`, `object.l[?0]`, `object.l[?9]`, `object.l[?-1]`, `object.m[?'k']`,
		`object.m[?'z']`, `object.m[?1]`, `object.l[?'a']`, `object.n[?'a']`, `object[?'m'].k`, `object[?'m'][?'k']`,
		`object.?m.orValue({}).size()`, `object.?zz.orValue([])`, `object.?zz.orValue(1/0)`, `object.?i.orValue(1/0)`,
		`object.?i.orValue('a')`, `object.i.orValue(1)`, `object.?i.hasValue()`, `object.?zz.hasValue()`, `object.i.hasValue()`,
		`object.?i.value()`, `object.?zz.value()`, `object.i.value()`, `optional.none()`, `optional.none().hasValue()`,
		`object.?zz == optional.none()`, `object.?i == object.?i`, `object.?i == object.?zz`, `object.?i == dyn(3)`,
		`object.?n == optional.none()`, `object.?n.hasValue()`, `object.?n.orValue(5)`, `object.?m.?k`, `object.?zz.?k`,
		`object.?s.orValue("").startsWith("a")`, `dyn(object.?s).startsWith("a")`, `dyn(object.?l).all(x, true)`, `size(dyn(object.?l))`,
		`dyn(object.?t) && true`, `dyn(object.?i) + 1`, `object.?i in [object.?i]`, `3 in dyn(object.?l)`, `object.?l.orValue([]).exists(x, x == 2)`,
		`object.?m == object.?m`, `object.?spec.containers[0].securityContext.?runAsUser.orValue(-1)`,
		`object.?spec.containers[1].securityContext.?runAsUser.orValue(-1)`,
		`object.spec.containers[2].?securityContext.runAsUser.orValue(-1)`,
		`(object.t ? object.?i : optional.none()).orValue(0)`, `(object.f ? object.?i : optional.none()).orValue(0)`,
		`(object.?m).k`, `[object.?i][0]`, `{'a': object.?i}.a`,
		// has.
		`has(object.i)`, `has(object.missing)`, `has(object.n)`, `has(object.n.x)`, `has(object.missing.x)`, `has(object.s.x)`,
		`has(object.l.x)`, `has(object.i.x)`, `has(object.?m.k)`, `has(object.?m.z)`, `has(object.?z.z)`, `has(object.?i.z)`,
		`has(object.constructor)`, `has(object.m.constructor)`, `has({'a': 1}.a)`, `has({'a': null}.a)`, `has(oldObject.x)`,
		`has(object.m.deep.er.x)`, `has(object.m.deep.zz.x)`, `has(object["m"].k)`,
		// Logic.
		`true && false`, `true || 1/0 == 1`, `1/0 == 1 || true`, `1/0 == 1 && false`, `false && 1/0 == 1`, `1/0 == 1 || false`,
		`1/0 == 1 && true`, `object.missing || true`, `object.i || true`, `object.i || false`, `object.i && false`,
		`object.f && object.i`, `object.t && object.i`, `object.missing && object.f || object.t`, `true || false && false`,
		`(true || false) && false`, `object.f || object.missing || object.t`, `object.t ? 1 : 1/0`, `object.f ? 1/0 : 2`,
		`object.i ? 1 : 2`, `object.missing ? 1 : 2`, `object.f ? 1 : object.f ? 2 : 3`, `object.n ? 1 : 2`,
		// Equality and order.
		`1 == 1`, `object.i == 3`, `object.i == object.s`, `object.s == 'a/b:c'`, `object.n == null`, `object.i == null`,
		`object.i != null`, `object.missing == null`, `object.l == [1, 2, 3]`, `object.l == [1, 2]`, `object.l == [1, 2, 4]`,
		`object.mixed == object.mixed`, `object.m == object.m`, `object.m == {'k': 'v'}`, `object.em == {}`, `object.el == []`,
		`object.t == true`, `object.t == dyn(1)`, `object.empty == dyn(false)`, `object.zero == dyn(false)`, `object.n == object.f`,
		`object.em == object.el`, `1 < 2`, `object.i < 4`, `object.i < object.s`, `object.s < 'b'`, `'a' < 'B'`, `'a' < 'aa'`,
		`'\uffee' < '\U0001F600'`, `'\U0001F600' < '\uffee'`, `object.t > object.f`, `object.f >= object.t`, `object.n < object.n`,
		`object.l < object.l`, `object.i >= 3`, `object.i <= 2`, `object.big > 4294967295`, `object.i < 9223372036854775807`,
		`object.i > -9223372036854775808`, `1 < 2 == true`,
		// in.
		`1 in object.l`, `4 in object.l`, `'a' in object.mixed`, `null in object.mixed`, `[1] in object.mixed`, `dyn(1) in object.ls`,
		`'k' in object.m`, `'z' in object.m`, `'constructor' in object.m`, `dyn(1) in object.m`, `1 in [1, 2]`, `'a' in object.s`,
		`'a' in object.n`, `object.missing in object.l`, `!('a' in object.ls)`, `object.n in object.m`, `true in object.m`,
		// Numbers.
		`7 / 2`, `-7 / 2`, `7 / -2`, `7 % 2`, `-7 % 2`, `7 % -2`, `1 / 0`, `1 % 0`, `0 / -5`, `0 * -1`, `-object.zero`, `2 + 3 * 4`, `(2 + 3) * 4`,
		`10 - 2 - 3`, `2 * 3 % 4`, `object.i + object.neg`, `object.i + object.s`, `object.n + 1`, `-object.s`, `object.big * 2`,
		`9223372036854775807 + 1`, `object.i - -1`, `1 - 1 == 0`,
		// Strings and lists.
		`'a' + 'b'`, `object.s + 1`, `[1] + [2]`, `object.l + ['a']`, `object.l + object.s`, `object.m + object.m`, `size('')`,
		`size(object.odd)`, `object.odd.size()`, `size(object.l)`, `size(object.m)`, `size(object.i)`, `size(object.n)`, `object.em.size()`,
		`object.s.startsWith('a/')`, `object.s.startsWith('')`, `object.s.endsWith(':c')`, `object.s.contains('/b')`, `object.i.contains('3')`,
		`object.s.startsWith(object.i)`, `object.odd.startsWith('hé')`, `'ÀBc'.lowerAscii()`, `'àbC'.upperAscii()`, `object.i.lowerAscii()`,
		`object.s.split('/')`, `object.s.split('')`, `object.odd.split('')`, `object.empty.split('')`, `object.empty.split(',')`, `'a,b,c'.split(',', 2)`,
		`'a,b,c'.split(',', 0)`, `'a,b,c'.split(',', 1)`, `'a,b,c'.split(',', -1)`, `'a,b,c'.split(',', 9)`, `'abc'.split('', 2)`, `''.split('', 2)`, `''.split(',', 1)`, `'a,b'.split(object.i)`,
		`object.ls.join()`, `object.ls.join(', ')`, `object.l.join()`, `object.el.join('x')`, `object.s.join()`, `object.mixed.join()`,
		`object.odd.substring(1)`, `object.odd.substring(2, 3)`, `object.odd.substring(3, 2)`, `object.odd.substring(-1)`, `object.odd.substring(99)`, `object.odd.substring(5)`,
		`object.odd.substring(0, 99)`, `object.odd.substring(object.s)`, `object.odd.indexOf('!')`, `object.odd.indexOf('z')`, `object.odd.indexOf('')`, `'aba'.indexOf('a', 1)`,
		`'aba'.indexOf('a', 3)`, `'aba'.indexOf('a', -1)`, `'aba'.indexOf('a', 9)`, `'aba'.indexOf('', 2)`, `'a'.indexOf('abc')`, `''.indexOf('')`,
		`'aaa'.replace('a', 'b')`, `'aaa'.replace('a', 'b', 2)`, `'aaa'.replace('a', 'b', 0)`, `'aaa'.replace('a', 'b', -1)`, `'aaa'.replace('', '-')`, `'aaa'.replace('', '-', 2)`,
		`''.replace('', '-')`, `''.replace('a', 'b')`, `'a$1'.replace('$1', '$&')`, `'héé'.replace('é', '')`, `object.i.replace('a', 'b')`,
		`string(1)`, `string(true)`, `string('a')`, `string(object.n)`, `string(object.l)`, `string(object.neg)`, `string(0 * -1)`, `int('12')`, `int('-12')`, `int('+12')`, `int('012')`,
		`['0x10'].map(x, int(x))`, `[''].map(x, int(x))`, `[' 1'].map(x, int(x))`, `['1.5'].map(x, int(x))`, `int(5)`, `int(object.t)`, `int(object.n)`, `int(object.s)`, `['99999999999999999999'].map(x, int(x))`,
		`dyn(1)`, `type(1)`, `type(object.i) == int`, `type(object.s) == string`, `type(object.l) == list`, `type(object.m) == map`, `type(object.n) == null_type`,
		`type(object.t) == bool`, `type(object.i) == string`, `type(type(1)) == type`, `type(object.missing)`, `type(object.?i)`,
		// Patterns.
		`object.s.matches('b')`, `object.s.matches('^b')`, `object.s.matches('^a/.:c$')`, `object.empty.matches('')`, `object.i.matches('3')`, `object.odd.matches('^h.{3}!$')`,
		`'A'.matches('(?i)a')`, `'\u212a'.matches('(?i)k')`, `'a\nb'.matches('a.b')`, `'a\nb'.matches('(?s)a.b')`, `'a\n'.matches('a$')`, `'x y'.matches(r'\by')`, `'1'.matches(r'^\d+$')`,
		`'ü'.matches(r'^\w$')`, `'-'.matches('^[a-z-]$')`, `'ab12'.matches('^[a-z]{2}[0-9]{1,3}$')`, `'a/b'.matches('^[^/]+/[^/]+$')`, `'sha256:00'.matches('^(sha256|sha512):[0-9a-f]{2,}$')`,
		`'aab'.matches('^a*?b$')`, `'\U0001F600'.matches('^.$')`, `'\U0001F600'.matches('^[^a]$')`, `'é'.matches(r'^\pL$')`, `'a'.matches(r'\Aa\z')`, `'aa'.matches('^(?:^a)*a$')`, `'[]'.matches(r'^\[\]$')`,
		`matches('abc', 'b+')`, `'a'.matches('[[:alpha:]]')`, `'a.b'.matches(r'^\Qa.b\E$')`, `'!'.matches(r'^\B')`,
		// Macros.
		`object.l.all(x, x > 0)`, `object.l.all(x, x > 1)`, `object.el.all(x, x > 1)`, `object.l.exists(x, x == 2)`, `object.el.exists(x, true)`,
		`object.l.exists_one(x, x == 2)`, `object.l.exists_one(x, x > 1)`, `object.l.filter(x, x > 1)`, `object.l.map(x, x * 2)`, `object.l.map(x, x > 1, x * 2)`,
		`object.mixed.all(x, x == 1)`, `object.mixed.all(x, x > 0)`, `object.mixed.exists(x, x > 0)`, `object.mixed.exists(x, x > 5)`, `object.mixed.exists(x, x == true)`,
		`object.mixed.exists_one(x, x > 0)`, `object.mixed.filter(x, x > 0)`, `object.mixed.map(x, x + 1)`, `object.l.all(x, x)`, `object.l.exists(x, x)`, `object.l.filter(x, x)`,
		`object.em.all(k, false)`, `object.m.exists(k, k == 'k')`, `object.m.all(k, size(k) > 0)`, `object.m.filter(k, k == 'k')`, `object.em.map(k, k)`, `object.s.all(x, true)`, `object.n.exists(x, true)`, `object.i.map(x, x)`,
		`object.l.all(object, object > 0)`, `object.l.map(x, object.l.map(x, x + 1))`, `object.l.map(x, object.l.map(y, x * y))`, `object.l.map(x, object.l.filter(x, x > 1).size() + x)`,
		`object.l.map(x, [x].map(x, x + 1)[0])`, `object.l.exists(in_, in_ == 1)`, `object.l.exists(new, new == 1)`, `object.l.exists(_x, _x == 1)`, `object.l.map(string, string)`, `object.l.all(cel, cel > 0)`,
		`object.spec.containers.all(c, c.image.contains('/') || c.name != 'a')`, `object.spec.containers.filter(c, !c.?securityContext.?runAsUser.hasValue()).map(c, c.name).join(', ')`,
		`object.spec.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 80))`, `object.spec.containers.map(c, c.image)`, `object.spec.containers.map(c, c.ports)`,
		`object.spec.containers.exists(c, c.securityContext.privileged)`, `object.spec.containers.all(c, c.securityContext.privileged)`,
		`(object.spec.containers + object.?spec.initContainers.orValue([])).size()`, `object.l.map(x, {'v': x}).map(y, y.v)`, `object.l.map(x, x > 1 ? {'a': x} : {'b': x})`,
	}
}
