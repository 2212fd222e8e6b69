package celjs

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenInt
	tokenString
	tokenSign
)

// token is a word of the expression. Its text is what was written, but for a string what it stands for.
type token struct {
	kind tokenKind
	text string
	at   int
}

// lexer takes an expression apart.
type lexer struct {
	source string
	at     int
}

func (l *lexer) scan() (token, error) {
	l.skip()
	rest, at := l.source[l.at:], l.at
	if rest == "" {
		return token{kind: tokenEnd, at: at}, nil
	}
	if n := quoteAt(rest); n >= 0 {
		return l.quoted(n)
	}
	switch c := rest[0]; {
	case isLetter(c):
		n := 1
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n])) {
			n++
		}
		l.at += n
		return token{kind: tokenName, text: rest[:n], at: at}, nil
	case isDigit(c):
		return l.number()
	}
	for _, sign := range []string{
		"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ",", ".", "(", ")", "[", "]",
		"{", "}",
	} {
		if strings.HasPrefix(rest, sign) {
			l.at += len(sign)
			return token{kind: tokenSign, text: sign, at: at}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, errorAt(at, "unexpected character %q", r)
}

// skip goes past white space and comments.
func (l *lexer) skip() {
	for l.at < len(l.source) {
		switch rest := l.source[l.at:]; {
		case strings.IndexByte(" \t\r\n\f", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.at += end
		default:
			return
		}
	}
}

// number is an integer, decimal or 0x; the other numbers of CEL are told off.
func (l *lexer) number() (token, error) {
	rest, at := l.source[l.at:], l.at
	n, digit := 0, isDigit
	if len(rest) > 2 && rest[0] == '0' && rest[1] == 'x' && isHex(rest[2]) {
		n, digit = 2, isHex
	}
	for n < len(rest) && digit(rest[n]) {
		n++
	}
	if n < len(rest) && isLetter(rest[n]) || n+1 < len(rest) && rest[n] == '.' && isDigit(rest[n+1]) {
		return token{}, errorAt(at, "only integers are known, without suffix")
	}
	l.at += n
	return token{kind: tokenInt, text: rest[:n], at: at}, nil
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
