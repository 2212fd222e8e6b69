package terminal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// DefaultWidth is the width of a terminal that does not tell its own, and of everything that is none.
const DefaultWidth = 80

// Streams are stdin, stdout and stderr together with what is known of each. The zero value of everything but the
// IOStreams describes streams that are no terminals, so that a test may fill in only what it is about.
type Streams struct {
	genericiooptions.IOStreams

	// InTerminal, OutTerminal and ErrTerminal say which stream is a terminal.
	InTerminal, OutTerminal, ErrTerminal bool
	// Color is what --color asks for; empty means ColorAuto.
	Color ColorMode
	// Plain says that the environment declines colour (NO_COLOR, TERM=dumb, an old Windows console).
	Plain bool
	// Quiet silences data, warnings and progress. Set it through Quieted.
	Quiet bool
	// Columns is the width of both output streams; 0 asks the terminal, each time, so that a resize counts.
	Columns int

	out, errOut *os.File
}

// FromFiles describes the streams of a real process. getenv is os.Getenv.
func FromFiles(in, out, errOut *os.File, getenv func(string) string) Streams {
	return Streams{
		IOStreams:   genericiooptions.IOStreams{In: in, Out: out, ErrOut: newStatusWriter(errOut)},
		InTerminal:  isTerminal(in),
		OutTerminal: isTerminal(out),
		ErrTerminal: isTerminal(errOut),
		Plain:       declinesColor(getenv),
		out:         out,
		errOut:      errOut,
	}
}

// NewTest returns streams on buffers, none of them a terminal, and the buffers: in, out, errOut.
func NewTest() (s Streams, in, out, errOut *bytes.Buffer) {
	in, out, errOut = &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	s.IOStreams = genericiooptions.IOStreams{In: in, Out: out, ErrOut: newStatusWriter(errOut)}
	return s, in, out, errOut
}

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// declinesColor follows no-color.org (an empty NO_COLOR is none) and cli-runtime's AllowsColorOutput for the rest.
func declinesColor(getenv func(string) string) bool {
	return getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" || (runtime.GOOS == "windows" && getenv("WT_SESSION") == "")
}

// CanPrompt says whether a question can be seen and answered: stdin and stderr are terminals.
func (s Streams) CanPrompt() bool { return s.InTerminal && s.ErrTerminal }

// OutPalette colours what goes to stdout.
func (s Streams) OutPalette() Palette { return NewPalette(s.colored(s.OutTerminal)) }

// ErrPalette colours what goes to stderr.
func (s Streams) ErrPalette() Palette { return NewPalette(s.colored(s.ErrTerminal)) }

// colored decides for one stream. --color=always is an order, over the environment's wish too.
func (s Streams) colored(isTerminal bool) bool {
	switch s.Color {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	default:
		return isTerminal && !s.Plain
	}
}

// OutWidth is the number of columns of stdout, DefaultWidth where that is not known.
func (s Streams) OutWidth() int { return s.width(s.out) }

// ErrWidth is the number of columns of stderr, DefaultWidth where that is not known.
func (s Streams) ErrWidth() int { return s.width(s.errOut) }

func (s Streams) width(f *os.File) int {
	if s.Columns > 0 {
		return s.Columns
	}
	if f != nil {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return DefaultWidth
}

// Quieted returns the streams of a --quiet run: stdout goes nowhere, warnings and progress are not said.
func (s Streams) Quieted() Streams {
	s.Quiet = true
	s.Out, s.OutTerminal, s.out = io.Discard, false, nil
	return s
}

// Warn says "Warning: …" on stderr, on one line. The finished text is escaped, so that arguments may come from a
// cluster. A warning that cannot be written is lost: there is nowhere left to say so.
func (s Streams) Warn(format string, args ...any) {
	if !s.Quiet {
		Warn(s.ErrOut, s.ErrPalette(), format, args...)
	}
}

// Warn is Streams.Warn for a writer of its own, coloured by p.
func Warn(w io.Writer, p Palette, format string, args ...any) {
	_, _ = fmt.Fprintf(w, "%s %s\n", p.Caution("Warning:"), Escape(fmt.Sprintf(format, args...)))
}
