package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	for input, want := range map[string]bool{
		"y\n": true, "Y\n": true, "yes\n": true, "YES \r\n": true, "y": true,
		"": false, "\n": false, "n\n": false, "no\n": false, "yep\n": false, "yy\n": false, "\x04": false,
	} {
		s, in, out, errOut := NewTest()
		s.InTerminal, s.ErrTerminal = true, true
		in.WriteString(input)
		got, err := s.Confirm(t.Context(), "Write?")
		if got != want || err != nil {
			t.Errorf("%q: %v, %v", input, got, err)
		}
		if !strings.HasPrefix(errOut.String(), "Write? [y/N] ") || out.Len() > 0 {
			t.Errorf("%q: stderr %q, stdout %q", input, errOut, out)
		}
	}
}

func TestConfirmInterrupted(t *testing.T) {
	s, _, _, _ := NewTest()
	s.InTerminal, s.ErrTerminal = true, true
	in, keepOpen := io.Pipe()
	defer keepOpen.Close()
	s.In = in
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := s.Confirm(ctx, "Write?"); got || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestConfirmWithoutTerminal(t *testing.T) {
	for _, in := range []bool{true, false} {
		s, input, _, errOut := NewTest()
		s.InTerminal, s.ErrTerminal = in, !in
		input.WriteString("y\n")
		if got, err := s.Confirm(t.Context(), "Write?"); got || err == nil || errOut.Len() > 0 {
			t.Errorf("%v, %v, %q", got, err, errOut)
		}
	}
}
