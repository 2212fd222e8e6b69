package celjs

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// patternJS is a regular expression of RE2 as a literal of JavaScript that finds something in the same strings. It is
// written from what RE2 understood, since the two read the same text differently.
func patternJS(pattern string) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("the pattern is none of RE2: %w", err)
	}
	var out strings.Builder
	out.WriteString("/")
	if err := writePattern(&out, re); err != nil {
		return "", err
	}
	out.WriteString("/u")
	return out.String(), nil
}

func writePattern(out *strings.Builder, re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpNoMatch:
		out.WriteString("[]")
	case syntax.OpEmptyMatch:
		out.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeLiteral(out, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		out.WriteString("[")
		for i := 0; i < len(re.Rune); i += 2 {
			fmt.Fprintf(out, `\u{%x}-\u{%x}`, re.Rune[i], re.Rune[i+1])
		}
		out.WriteString("]")
	case syntax.OpAnyCharNotNL:
		out.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		out.WriteString(`[^]`)
	case syntax.OpBeginText:
		out.WriteString("^")
	case syntax.OpEndText:
		out.WriteString("$")
	case syntax.OpWordBoundary:
		out.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		out.WriteString(`\B`)
	case syntax.OpBeginLine, syntax.OpEndLine:
		return errors.New("the pattern speaks of lines, (?m), which is not known")
	default:
		return writeCompound(out, re)
	}
	return nil
}

func writeCompound(out *strings.Builder, re *syntax.Regexp) error {
	for i, sub := range re.Sub {
		if i > 0 && re.Op == syntax.OpAlternate {
			out.WriteString("|")
		}
		// Always in a group: an anchor, too, may be repeated in RE2.
		out.WriteString("(?:")
		if err := writePattern(out, sub); err != nil {
			return err
		}
		out.WriteString(")")
	}
	switch {
	case re.Op == syntax.OpStar:
		out.WriteString("*")
	case re.Op == syntax.OpPlus:
		out.WriteString("+")
	case re.Op == syntax.OpQuest:
		out.WriteString("?")
	case re.Op == syntax.OpRepeat && re.Max < 0:
		fmt.Fprintf(out, "{%d,}", re.Min)
	case re.Op == syntax.OpRepeat:
		fmt.Fprintf(out, "{%d,%d}", re.Min, re.Max)
	}
	return nil
}

// writeLiteral is a character, or one of those that differ from it by case alone.
func writeLiteral(out *strings.Builder, r rune, fold bool) {
	if !fold {
		if r < unicode.MaxASCII && (isLetter(byte(r)) || isDigit(byte(r))) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(out, `\u{%x}`, r)
		}
		return
	}
	fmt.Fprintf(out, `[\u{%x}`, r)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		fmt.Fprintf(out, `\u{%x}`, f)
	}
	out.WriteString("]")
}
