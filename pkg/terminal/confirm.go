package terminal

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// Confirm asks a question on stderr and waits for an answer on stdin. Only y and yes mean yes; an empty line and the
// end of the input mean no. An end of the context, as by Ctrl-C, is its error. Streams that are no terminals cannot
// be asked: see CanPrompt.
func (s Streams) Confirm(ctx context.Context, question string) (bool, error) {
	if !s.CanPrompt() {
		return false, errors.New("there is no terminal to ask on")
	}
	if _, err := io.WriteString(s.ErrOut, EscapeLines(question)+" [y/N] "); err != nil {
		return false, err
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // a read from a terminal cannot be called off; it ends with the process
		line, err := bufio.NewReader(s.In).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		_, _ = io.WriteString(s.ErrOut, "\n")
		return false, ctx.Err()
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, a.err
		}
		if a.err != nil {
			_, _ = io.WriteString(s.ErrOut, "\n")
		}
		switch strings.ToLower(strings.TrimSpace(a.line)) {
		case "y", "yes":
			return true, nil
		default:
			return false, nil
		}
	}
}
