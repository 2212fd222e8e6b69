package celjs

import (
	"slices"
	"strconv"
)

type nodeKind int

const (
	nodeName     nodeKind = iota
	nodeString            // text is its value
	nodeConstant          // text is JavaScript: true, null, 7
	nodeSelect            // parts[0].text
	nodeIndex             // parts[0][parts[1]]
	nodeCall              // text(parts...)
	nodeMethod            // parts[0].text(parts[1:]...)
	nodeList              // parts
	nodeMap               // parts, keys and values in turn
	nodeTernary           // parts[0] ? parts[1] : parts[2]
	nodeUnary             // text parts[0]
	nodeBinary            // parts[0] text parts[1]
)

// node is a part of an expression.
type node struct {
	kind     nodeKind
	at       int
	text     string
	optional bool // of a selection or an index
	parts    []*node
}

// maxDepth is how deep expressions may nest: beyond what people write, and well within any stack.
const maxDepth = 200

type parser struct {
	lexer
	token token
	depth int
}

func (p *parser) next() (err error) {
	p.token, err = p.scan()
	return err
}

func (p *parser) sign(text string) bool { return p.token.kind == tokenSign && p.token.text == text }

// take goes past a sign if it is the next one.
func (p *parser) take(text string) (bool, error) {
	if !p.sign(text) {
		return false, nil
	}
	return true, p.next()
}

// want goes past a sign, which must be the next one.
func (p *parser) want(text string) error {
	if !p.sign(text) {
		return p.unexpected(strconv.Quote(text))
	}
	return p.next()
}

func (p *parser) unexpected(wanted string) error {
	if p.token.kind == tokenEnd {
		return errorAt(p.token.at, "%s is missing at the end", wanted)
	}
	return errorAt(p.token.at, "%q stands where %s should", p.token.text, wanted)
}

// expression is a whole one, the ternary operator included.
func (p *parser) expression() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errorAt(p.token.at, "the expression nests deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	condition, err := p.binary(0)
	if err != nil || !p.sign("?") {
		return condition, err
	}
	n := &node{kind: nodeTernary, at: p.token.at, parts: []*node{condition, nil, nil}}
	if err := p.next(); err != nil {
		return nil, err
	}
	if n.parts[1], err = p.binary(0); err != nil {
		return nil, err
	}
	if err := p.want(":"); err != nil {
		return nil, err
	}
	n.parts[2], err = p.expression()
	return n, err
}

// power is how tightly a binary operator binds; 0 is none.
func (p *parser) power() int {
	if p.token.kind == tokenName && p.token.text == "in" {
		return 3
	}
	if p.token.kind != tokenSign {
		return 0
	}
	switch p.token.text {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=", "<", "<=", ">", ">=":
		return 3
	case "+", "-":
		return 4
	case "*", "/", "%":
		return 5
	default:
		return 0
	}
}

// binary reads operators that bind more tightly than floor. All of them associate to the left.
func (p *parser) binary(floor int) (*node, error) {
	left, err := p.unary()
	for length := 0; err == nil; length++ {
		power := p.power()
		if power <= floor {
			return left, nil
		}
		// A chain leans to the left, so that writing it descends as often as it has links.
		if length > 10*maxDepth {
			return nil, errorAt(p.token.at, "the expression has more than %d operators in a row", 10*maxDepth)
		}
		n := &node{kind: nodeBinary, at: p.token.at, text: p.token.text, parts: []*node{left, nil}}
		if err := p.next(); err != nil {
			return nil, err
		}
		n.parts[1], err = p.binary(power)
		left = n
	}
	return nil, err
}

// unary reads any number of one of the signs ! and -, which CEL does not mix, and what they stand before.
func (p *parser) unary() (*node, error) {
	if !p.sign("!") && !p.sign("-") {
		return p.member()
	}
	at, text, count := p.token.at, p.token.text, 0
	for ; p.sign(text); count++ {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if text == "-" && p.token.kind == tokenInt {
		p.token.text = "-" + p.token.text
		count--
	}
	n, err := p.member()
	// Two of a kind cancel each other out, whatever they stand before.
	if err == nil && count%2 == 1 {
		n = &node{kind: nodeUnary, at: at, text: text, parts: []*node{n}}
	}
	return n, err
}

// reserved are the words that CEL keeps; they may be fields, but no names.
func reserved(name string) bool {
	return slices.Contains([]string{
		"as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package",
		"namespace", "return", "var", "void", "while",
	}, name)
}
