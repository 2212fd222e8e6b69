package celjs

import "strconv"

// member reads a value and the selections, indexes and calls behind it.
func (p *parser) member() (*node, error) {
	n, err := p.primary()
	for length := 0; err == nil; length++ {
		if length > maxDepth {
			return nil, errorAt(p.token.at, "more than %d selections in a row", maxDepth)
		}
		switch at := p.token.at; {
		case p.sign("."):
			n, err = p.selection(n, at)
		case p.sign("["):
			n, err = p.index(n, at)
		default:
			return n, nil
		}
	}
	return nil, err
}

// selection reads .field, .?field and .method(…).
func (p *parser) selection(of *node, at int) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	optional, err := p.take("?")
	if err != nil {
		return nil, err
	}
	name := p.token
	if name.kind != tokenName || name.text == "in" || name.text == "true" || name.text == "false" || name.text == "null" {
		return nil, p.unexpected("a field")
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if optional || !p.sign("(") {
		return &node{kind: nodeSelect, at: at, text: name.text, optional: optional, parts: []*node{of}}, nil
	}
	arguments, err := p.list("(", ")")
	return &node{kind: nodeMethod, at: name.at, text: name.text, parts: append([]*node{of}, arguments...)}, err
}

// index reads [i] and [?i].
func (p *parser) index(of *node, at int) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	optional, err := p.take("?")
	if err != nil {
		return nil, err
	}
	i, err := p.expression()
	if err != nil {
		return nil, err
	}
	return &node{kind: nodeIndex, at: at, optional: optional, parts: []*node{of, i}}, p.want("]")
}

// list reads expressions between brackets. Lists and maps may have a comma behind the last, arguments may not.
func (p *parser) list(open, end string) ([]*node, error) {
	if err := p.want(open); err != nil {
		return nil, err
	}
	var parts []*node
	for !p.sign(end) {
		part, err := p.expression()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if open == "{" && len(parts)%2 == 1 {
			if err := p.want(":"); err != nil {
				return nil, err
			}
			continue
		}
		more, err := p.take(",")
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		if open == "(" && p.sign(end) {
			return nil, p.unexpected("a value")
		}
	}
	if open == "{" && len(parts)%2 == 1 {
		return nil, p.unexpected("a value")
	}
	return parts, p.want(end)
}

// primary reads a literal, a name, a call, or an expression in parentheses.
func (p *parser) primary() (*node, error) {
	t := p.token
	switch {
	case t.kind == tokenInt:
		return p.integer()
	case t.kind == tokenString:
		return &node{kind: nodeString, at: t.at, text: t.text}, p.next()
	case t.kind == tokenName:
		return p.name()
	case p.sign("["):
		parts, err := p.list("[", "]")
		return &node{kind: nodeList, at: t.at, parts: parts}, err
	case p.sign("{"):
		parts, err := p.list("{", "}")
		return &node{kind: nodeMap, at: t.at, parts: parts}, err
	case p.sign("("):
		if err := p.next(); err != nil {
			return nil, err
		}
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		return n, p.want(")")
	default:
		return nil, p.unexpected("a value")
	}
}

func (p *parser) integer() (*node, error) {
	base := 10
	text := p.token.text
	digits, negative := text, text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) > 2 && digits[1] == 'x' {
		base, digits = 16, digits[2:]
	}
	if negative {
		digits = "-" + digits
	}
	value, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return nil, errorAt(p.token.at, "%s is beyond 64 bits", text)
	}
	return &node{kind: nodeConstant, at: p.token.at, text: strconv.FormatInt(value, 10)}, p.next()
}

// name reads true, false, null, a name, or a call of a function.
func (p *parser) name() (*node, error) {
	t := p.token
	if reserved(t.text) {
		return nil, errorAt(t.at, "%q is a reserved word", t.text)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if t.text == "true" || t.text == "false" || t.text == "null" {
		return &node{kind: nodeConstant, at: t.at, text: t.text}, nil
	}
	if !p.sign("(") {
		return &node{kind: nodeName, at: t.at, text: t.text}, nil
	}
	arguments, err := p.list("(", ")")
	return &node{kind: nodeCall, at: t.at, text: t.text, parts: arguments}, err
}
