package celjs

import "slices"

// function is a call without a target.
func (w *writer) function(n *node) error {
	if n.text == "has" {
		return w.has(n)
	}
	if n.text == "matches" && len(n.parts) == 2 {
		return w.matches(n)
	}
	switch n.text {
	case "size", "string", "int", "dyn", "type":
		return w.checked(n, len(n.parts), 1, 1)
	default:
		return errorAt(n.at, "unknown function %q", n.text)
	}
}

// method is a call with a target.
func (w *writer) method(n *node) error {
	if t := n.parts[0]; t.kind == nodeName && t.text == "optional" && !slices.Contains(w.scope, t.text) {
		if n.text != "none" || len(n.parts) != 1 {
			return errorAt(n.at, "only optional.none() is known of optional")
		}
		w.out.WriteString("cel.none")
		return nil
	}
	count := len(n.parts) - 1
	switch n.text {
	case "all", "exists", "exists_one", "filter", "map":
		return w.macro(n)
	case "matches":
		return w.matches(n)
	case "size", "lowerAscii", "upperAscii", "hasValue", "value":
		return w.checked(n, count, 0, 0)
	case "orValue":
		return w.orValue(n)
	case "startsWith", "endsWith", "contains":
		return w.checked(n, count, 1, 1)
	case "join":
		return w.checked(n, count, 0, 1)
	case "split", "substring", "indexOf":
		return w.checked(n, count, 1, 2)
	case "replace":
		return w.checked(n, count, 2, 3)
	default:
		return errorAt(n.at, "unknown function %q", n.text)
	}
}

// checked writes a call of a function that the runtime has under the same name.
func (w *writer) checked(n *node, count, least, most int) error {
	if count < least || count > most {
		return errorAt(n.at, "%s() does not take %d arguments", n.text, count)
	}
	return w.call("cel."+n.text, n.parts...)
}

// orValue evaluates its argument only where it is needed.
func (w *writer) orValue(n *node) error {
	if len(n.parts) != 2 {
		return errorAt(n.at, "orValue() takes one argument")
	}
	if err := w.between("cel.orValue(", ", () => ", n.parts[:1]); err != nil {
		return err
	}
	return w.between("", ")", n.parts[1:])
}

func (w *writer) has(n *node) error {
	if len(n.parts) != 1 || n.parts[0].kind != nodeSelect || n.parts[0].optional {
		return errorAt(n.at, "has() takes a field: has(a.b)")
	}
	field := n.parts[0]
	return w.call("cel.has", field.parts[0], &node{kind: nodeString, text: field.text})
}

// matches turns the pattern over, which must be there to be read.
func (w *writer) matches(n *node) error {
	if len(n.parts) != 2 || n.parts[1].kind != nodeString {
		return errorAt(n.at, "matches() takes a pattern that is a string literal")
	}
	pattern, err := patternJS(n.parts[1].text)
	if err != nil {
		return errorAt(n.parts[1].at, "%s", err)
	}
	return w.call("cel.matches", n.parts[0], &node{kind: nodeConstant, text: pattern})
}

// macro writes list.all(x, …) and the like.
func (w *writer) macro(n *node) error {
	arguments := n.parts[1:]
	if len(arguments) != 2 && (n.text != "map" || len(arguments) != 3) {
		return errorAt(n.at, "%s() takes a variable and an expression", n.text)
	}
	variable := arguments[0]
	if variable.kind != nodeName {
		return errorAt(variable.at, "the first argument of %s() is the name of a variable", n.text)
	}
	// The range does not see the variable.
	if err := w.between("cel."+n.text+"(", "", n.parts[:1]); err != nil {
		return err
	}
	w.scope = append(w.scope, variable.text)
	for _, body := range arguments[1:] {
		if err := w.between(", ($"+variable.text+") => ", "", []*node{body}); err != nil {
			return err
		}
	}
	w.scope = w.scope[:len(w.scope)-1]
	w.out.WriteString(")")
	return nil
}
