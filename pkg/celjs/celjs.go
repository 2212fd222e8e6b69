// Package celjs writes the CEL of our rules as JavaScript, for engines that run nothing else. Pure.
//
// It knows the part of the language that the rules keep to: selection and indexing with their optional forms, has(), the
// macros of one variable, operators, literals of lists, maps, strings, integers, booleans and null, and a fixed list of
// functions. Whatever else an expression says is an error that tells where.
//
// What is an error in CEL is thrown in JavaScript, and && and || absorb it as CEL does, so that a rule fails in the same
// cases. Integers are exact to 53 bits: whatever would need more throws.
package celjs

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
)

//go:embed runtime.js
var runtime string

// Runtime is the JavaScript (ES2015) that translated expressions rest upon. It defines one name, cel.
func Runtime() string { return runtime }

// Translate gives a JavaScript expression with the meaning of a CEL expression. It rests upon Runtime, and on what of
// object, oldObject, request, variables and container the expression names. It is one line of ASCII.
func Translate(expression string) (string, error) {
	p := &parser{lexer: lexer{source: expression}}
	if err := p.next(); err != nil {
		return "", locate(expression, err)
	}
	tree, err := p.expression()
	if err == nil && p.token.kind != tokenEnd {
		err = p.unexpected("an operator or the end")
	}
	if err != nil {
		return "", locate(expression, err)
	}
	var w writer
	if err := w.write(tree); err != nil {
		return "", locate(expression, err)
	}
	return w.out.String(), nil
}

// placed is an error at an offset in the expression.
type placed struct {
	at   int
	text string
}

// Error is the text without the place, which locate puts before it.
func (e *placed) Error() string { return e.text }

func errorAt(at int, format string, args ...any) error {
	return &placed{at: at, text: fmt.Sprintf(format, args...)}
}

// locate says where in the expression an error is: lines and columns count from 1, columns in characters.
func locate(expression string, err error) error {
	var p *placed
	if !errors.As(err, &p) {
		return err
	}
	before := expression[:min(p.at, len(expression))]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}
