package terminal

import (
	"errors"

	"github.com/fatih/color"
)

// ColorMode is the value of --color. It is a pflag.Value, so that a wrong one is refused while flags are parsed.
type ColorMode string

// The values of --color.
const (
	// ColorAuto colours a stream that is a terminal, unless the environment declines.
	ColorAuto ColorMode = "auto"
	// ColorAlways colours every stream, whatever the environment says.
	ColorAlways ColorMode = "always"
	// ColorNever colours nothing.
	ColorNever ColorMode = "never"
)

// ColorModes lists the values of --color, for help and completion.
func ColorModes() []string {
	return []string{string(ColorAuto), string(ColorAlways), string(ColorNever)}
}

// Set takes the value from the command line.
func (m *ColorMode) Set(value string) error {
	switch v := ColorMode(value); v {
	case ColorAuto, ColorAlways, ColorNever:
		*m = v
		return nil
	default:
		return errors.New("must be one of auto, always, never")
	}
}

// String is the value as it stands on the command line.
func (m *ColorMode) String() string { return string(*m) }

// Type is how help names the value.
func (m *ColorMode) Type() string { return "string" }

// Palette colours text by what it means. The zero value colours nothing. Text from a cluster must have been
// escaped before: a Palette adds to it and takes nothing away.
type Palette struct {
	bad, caution, good, faint, strong *color.Color
}

// NewPalette returns a palette that colours, or the one that does not.
func NewPalette(enabled bool) Palette {
	if !enabled {
		return Palette{}
	}
	// fatih/color decides from stdout and the environment, for the whole process; here the stream has decided.
	pen := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		c.EnableColor()
		return c
	}
	return Palette{
		bad:     pen(color.FgRed),
		caution: pen(color.FgYellow),
		good:    pen(color.FgGreen),
		faint:   pen(color.Faint),
		strong:  pen(color.Bold),
	}
}

// Enabled says whether this palette colours.
func (p Palette) Enabled() bool { return p.bad != nil }

// Bad colours what is refused or wrong.
func (p Palette) Bad(s string) string { return paint(p.bad, s) }

// Caution colours what deserves a second look.
func (p Palette) Caution(s string) string { return paint(p.caution, s) }

// Good colours what is as it should be.
func (p Palette) Good(s string) string { return paint(p.good, s) }

// Faint takes what matters less into the background.
func (p Palette) Faint(s string) string { return paint(p.faint, s) }

// Strong sets off a heading.
func (p Palette) Strong(s string) string { return paint(p.strong, s) }

func paint(c *color.Color, s string) string {
	if c == nil || s == "" {
		return s
	}
	return c.Sprint(s)
}
