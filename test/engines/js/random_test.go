package js

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestRandom compares expressions made at random: CELJS_RANDOM of them (500), from the seed CELJS_SEED.
func TestRandom(t *testing.T) {
	count, seed := number(t, "CELJS_RANDOM", 500), number(t, "CELJS_SEED", 1)
	env, vm, object := newEnv(t), newMachine(t, sample), decode(t, sample)
	g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 8))}
	kinds := []string{"bool", "int", "string", "list", "any", "optional"}
	var compiled, failed int
	for range count {
		g.names = nil
		c, f := compare(t, env, vm, g.value(kinds[g.IntN(len(kinds))], 4), object)
		if c {
			compiled++
		}
		if c && f {
			failed++
		}
	}
	t.Logf("of %d expressions CEL compiled %d, of which %d failed in both", count, compiled, failed)
	if compiled < count/2 || failed > compiled*3/4 {
		t.Errorf("of %d expressions only %d compiled and %d of them failed: too little is compared", count, compiled, failed)
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// generator makes expressions that mostly have the right type, and sometimes not.
type generator struct {
	*rand.Rand
	names []string
}

func (g *generator) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g *generator) value(kind string, depth int) string {
	if g.IntN(12) == 0 {
		kind = g.pick("bool", "int", "string", "list", "map", "any")
	}
	if len(g.names) > 0 && g.IntN(3) == 0 {
		return g.names[g.IntN(len(g.names))]
	}
	if depth == 0 || g.IntN(8) == 0 {
		return g.leaf(kind)
	}
	sub := func(kind string) string { return g.value(kind, depth-1) }
	switch kind {
	case "bool":
		return g.boolean(sub, depth)
	case "int":
		return g.integer(sub)
	case "string":
		return g.text(sub)
	case "list":
		return g.list(sub, depth)
	case "optional":
		return g.optional(sub)
	case "map":
		return g.pick("object.m", "object", "object.m.deep", fmt.Sprintf("{'k': %s}", sub("any")))
	default:
		return g.pick(
			sub("bool"), sub("int"), sub("string"), sub("list"), sub("map"), sub("optional"),
			fmt.Sprintf("(%s ? dyn(%s) : dyn(%s))", sub("bool"), sub("any"), sub("any")),
			fmt.Sprintf("%s[%s]", sub("list"), sub("int")), fmt.Sprintf("dyn(%s)[%s]", sub("map"), sub("string")),
			fmt.Sprintf("dyn(%s).%s", sub("map"), g.field()), fmt.Sprintf("%s.value()", sub("optional")),
			fmt.Sprintf("%s.orValue(%s)", sub("optional"), sub("any")),
		)
	}
}

func (g *generator) field() string {
	return g.pick("i", "s", "t", "f", "n", "l", "ls", "el", "m", "em", "k", "deep", "er", "x", "missing", "constructor", "spec", "containers")
}

func (g *generator) leaf(kind string) string {
	switch kind {
	case "bool":
		return g.pick("true", "false", "object.t", "object.f", "dyn(true)")
	case "int":
		return g.pick("0", "1", "2", "-1", "object.i", "object.neg", "object.zero", "object.big", "dyn(3)")
	case "string":
		return g.pick(`''`, `'a'`, `'k'`, `'/'`, `"é"`, `'b:c'`, `r'\'`, "object.s", "object.empty", "object.odd", "dyn('m')")
	case "list":
		return g.pick("[]", "[1, 2]", "['a', 'b']", "object.l", "object.ls", "object.el", "object.mixed", "object.spec.containers")
	case "optional":
		return g.pick("object.?i", "object.?missing", "object.?m.k", "object.?m.zz", "object.l[?1]", "object.l[?9]", "optional.none()", "object.?n.x")
	case "map":
		return g.pick("object", "object.m", "object.em", "{}", "{'k': 1}")
	default:
		return g.pick("null", "object.n", "object.missing", "1", "'a'", "true", "object.m", "object.l", "object.s")
	}
}

func (g *generator) boolean(sub func(string) string, depth int) string {
	equal, order := g.pick("==", "!="), g.pick("<", "<=", ">", ">=")
	switch g.IntN(15) {
	case 0:
		return fmt.Sprintf("(%s && %s)", sub("bool"), sub("bool"))
	case 1:
		return fmt.Sprintf("(%s || %s || %s)", sub("bool"), sub("bool"), sub("bool"))
	case 2:
		return fmt.Sprintf("!%s", sub("bool"))
	case 3:
		return fmt.Sprintf("(dyn(%s) %s dyn(%s))", sub("any"), equal, sub("any"))
	case 4:
		return fmt.Sprintf("(%s %s %s)", sub("int"), order, sub("int"))
	case 5:
		return fmt.Sprintf("(%s %s %s)", sub("string"), order, sub("string"))
	case 6:
		return fmt.Sprintf("(dyn(%s) in %s)", sub("any"), g.pick(sub("list"), sub("map")))
	case 7:
		return fmt.Sprintf("has(%s.%s)", sub("map"), g.field())
	case 8:
		return fmt.Sprintf("%s.hasValue()", sub("optional"))
	case 9, 10:
		return fmt.Sprintf("%s.%s(%s)", sub("string"), g.pick("startsWith", "endsWith", "contains"), sub("string"))
	case 11:
		return fmt.Sprintf("%s.matches(%s)", sub("string"), g.pick(`'a'`, `'^[a-z/]+'`, `r'\w+$'`, `'^.{2,4}$'`, `''`, `'(?i)B'`, `'^(a|b/)*'`))
	case 12:
		return fmt.Sprintf("(%s %s %s)", sub("list"), equal, sub("list"))
	case 13:
		return fmt.Sprintf("(type(%s) %s %s)", sub("any"), equal, g.pick("int", "string", "list", "map", "bool", "null_type"))
	default:
		return g.macro(sub("list"), g.pick("all", "exists", "exists_one"), "bool", depth)
	}
}

// macro has a variable that may hide another or the object.
func (g *generator) macro(list, name, body string, depth int) string {
	variable := g.pick("x", "y", "object", "new")
	g.names = append(g.names, variable)
	defer func() { g.names = g.names[:len(g.names)-1] }()
	return fmt.Sprintf("%s.%s(%s, %s)", list, name, variable, g.value(body, depth-1))
}

func (g *generator) integer(sub func(string) string) string {
	switch g.IntN(6) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", sub("int"), g.pick("+", "-", "*", "/", "%"), sub("int"))
	case 2:
		return fmt.Sprintf("size(%s)", g.pick(sub("string"), sub("list"), sub("map")))
	case 3:
		return fmt.Sprintf("%s.indexOf(%s)", sub("string"), sub("string"))
	case 4:
		return fmt.Sprintf("int(dyn(%s))", g.pick(sub("int"), sub("string"), "'12'"))
	default:
		return fmt.Sprintf("-%s", sub("int"))
	}
}

func (g *generator) text(sub func(string) string) string {
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("(%s + %s)", sub("string"), sub("string"))
	case 1:
		return fmt.Sprintf("%s.%s()", sub("string"), g.pick("lowerAscii", "upperAscii"))
	case 2:
		return fmt.Sprintf("%s.substring(%s)", sub("string"), g.pick(sub("int"), sub("int")+", "+sub("int")))
	case 3:
		return fmt.Sprintf("%s.replace(%s, %s)", sub("string"), sub("string"), g.pick(sub("string"), sub("string")+", "+sub("int")))
	case 4:
		return fmt.Sprintf("%s.join(%s)", sub("list"), g.pick("", sub("string")))
	case 5:
		return fmt.Sprintf("string(dyn(%s))", g.pick(sub("int"), sub("bool"), sub("string")))
	default:
		return fmt.Sprintf("%s.orValue(%s)", sub("optional"), sub("string"))
	}
}

func (g *generator) list(sub func(string) string, depth int) string {
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("(%s + %s)", sub("list"), sub("list"))
	case 1:
		return fmt.Sprintf("%s.split(%s)", sub("string"), g.pick(sub("string"), sub("string")+", "+sub("int")))
	case 2:
		return "[" + strings.Join([]string{"dyn(" + sub("any") + ")", "dyn(" + sub("any") + ")"}, ", ") + "]"
	case 3:
		return g.macro(sub("list"), "filter", "bool", depth)
	case 4:
		return g.macro(sub("list"), "map", g.pick("int", "string", "any"), depth)
	default:
		return fmt.Sprintf("%s.orValue(%s)", sub("optional"), sub("list"))
	}
}

func (g *generator) optional(sub func(string) string) string {
	return g.pick(
		fmt.Sprintf("dyn(%s).?%s", sub("any"), g.field()), fmt.Sprintf("dyn(%s)[?%s]", sub("any"), g.pick(sub("int"), sub("string"))),
		fmt.Sprintf("%s.%s", sub("optional"), g.field()), fmt.Sprintf("%s.?%s", sub("optional"), g.field()), sub("optional"),
		fmt.Sprintf("object.?%s.%s", g.field(), g.field()),
	)
}
