package celjs

import (
	"slices"
	"strings"
)

// writer turns a tree into JavaScript.
type writer struct {
	out strings.Builder
	// scope holds the variables of the macros that it is in. They are written with a $, which no name of CEL has, so that
	// they neither hide nor meet anything.
	scope []string
}

func (w *writer) write(n *node) error {
	switch n.kind {
	case nodeName:
		return w.name(n)
	case nodeString:
		w.out.WriteString(quoteJS(n.text))
	case nodeConstant:
		w.out.WriteString(n.text)
	case nodeSelect:
		return w.call(access(n), n.parts[0], &node{kind: nodeString, text: n.text})
	case nodeIndex:
		return w.index(n)
	case nodeCall:
		return w.function(n)
	case nodeMethod:
		return w.method(n)
	case nodeList:
		return w.between("[", "]", n.parts)
	case nodeMap:
		return w.between("cel.object([", "])", n.parts)
	case nodeTernary:
		return w.ternary(n)
	case nodeUnary:
		if n.text == "!" {
			return w.call("!cel.bool", n.parts[0])
		}
		return w.call("cel.neg", n.parts[0])
	case nodeBinary:
		return w.operator(n)
	}
	return nil
}

// index writes a key that is more than a literal as a function: where an optional holds nothing, CEL asks for no key.
func (w *writer) index(n *node) error {
	if key := n.parts[1]; key.kind != nodeString && key.kind != nodeConstant {
		if err := w.between(access(n)+"(", "", n.parts[:1]); err != nil {
			return err
		}
		return w.between(", () => ", ")", n.parts[1:])
	}
	return w.call(access(n), n.parts...)
}

func access(n *node) string {
	if n.optional {
		return "cel.opt"
	}
	return "cel.get"
}

func (w *writer) name(n *node) error {
	switch {
	case slices.Contains(w.scope, n.text):
		w.out.WriteString("$" + n.text)
	case slices.Contains([]string{"object", "oldObject", "request", "variables", "container"}, n.text):
		w.out.WriteString(n.text)
	case slices.Contains([]string{
		"bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint",
	}, n.text):
		w.out.WriteString("cel.typed(" + quoteJS(n.text) + ")")
	default:
		return errorAt(n.at, "unknown name %q", n.text)
	}
	return nil
}

// between writes parts with commas.
func (w *writer) between(open, end string, parts []*node) error {
	w.out.WriteString(open)
	for i, part := range parts {
		if i > 0 {
			w.out.WriteString(", ")
		}
		if err := w.write(part); err != nil {
			return err
		}
	}
	w.out.WriteString(end)
	return nil
}

func (w *writer) call(function string, arguments ...*node) error {
	return w.between(function+"(", ")", arguments)
}

func (w *writer) ternary(n *node) error {
	if err := w.between("(cel.bool(", ") ? ", n.parts[:1]); err != nil {
		return err
	}
	if err := w.write(n.parts[1]); err != nil {
		return err
	}
	return w.between(" : ", ")", n.parts[2:])
}

func (w *writer) operator(n *node) error {
	left, right := n.parts[0], n.parts[1]
	switch n.text {
	case "&&", "||":
		return w.logic(n)
	case "==":
		return w.call("cel.eq", left, right)
	case "!=":
		return w.call("!cel.eq", left, right)
	case "<":
		return w.call("cel.less", left, right)
	case ">":
		return w.call("cel.less", right, left)
	case "<=":
		return w.call("!cel.less", right, left)
	case ">=":
		return w.call("!cel.less", left, right)
	case "in":
		// The API server's optimizer leaves out what is sought in nothing.
		if right.kind == nodeList && len(right.parts) == 0 {
			w.out.WriteString("false")
			return nil
		}
		return w.call("cel.within", left, right)
	case "+":
		return w.call("cel.add", left, right)
	case "-":
		return w.call("cel.sub", left, right)
	case "*":
		return w.call("cel.mul", left, right)
	case "/":
		return w.call("cel.div", left, right)
	default:
		return w.call("cel.mod", left, right)
	}
}

// logic writes a chain of && or || as one call of functions, because an operand that fails is no reason to stop.
func (w *writer) logic(n *node) error {
	name := "cel.and("
	if n.text == "||" {
		name = "cel.or("
	}
	w.out.WriteString(name)
	for i, part := range chain(n, n.text) {
		if i > 0 {
			w.out.WriteString(", ")
		}
		w.out.WriteString("() => ")
		if err := w.write(part); err != nil {
			return err
		}
	}
	w.out.WriteString(")")
	return nil
}

// chain is the operands of operators of one kind.
func chain(n *node, operator string) []*node {
	if n.kind != nodeBinary || n.text != operator {
		return []*node{n}
	}
	return append(chain(n.parts[0], operator), chain(n.parts[1], operator)...)
}
