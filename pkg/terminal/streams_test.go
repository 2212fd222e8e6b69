package terminal

import (
	"fmt"
	"io"
	"os"
	"testing"
)

func environment(set map[string]string) func(string) string {
	return func(name string) string { return set[name] }
}

func TestColorIsDecidedPerStream(t *testing.T) {
	tests := map[string]struct {
		mode     ColorMode
		env      map[string]string
		out, err bool
		wantOut  bool
		wantErr  bool
	}{
		"two terminals":              {out: true, err: true, wantOut: true, wantErr: true},
		"stdout in a pipe":           {err: true, wantErr: true},
		"stderr in a file":           {out: true, wantOut: true},
		"no terminal":                {},
		"auto, said":                 {mode: ColorAuto, out: true, wantOut: true},
		"never":                      {mode: ColorNever, out: true, err: true},
		"always, in pipes":           {mode: ColorAlways, wantOut: true, wantErr: true},
		"NO_COLOR":                   {env: map[string]string{"NO_COLOR": "1"}, out: true, err: true},
		"NO_COLOR, but empty":        {env: map[string]string{"NO_COLOR": ""}, out: true, wantOut: true},
		"dumb terminal":              {env: map[string]string{"TERM": "dumb"}, out: true, err: true},
		"always is over NO_COLOR":    {mode: ColorAlways, env: map[string]string{"NO_COLOR": "1"}, wantOut: true, wantErr: true},
		"always is over a dumb TERM": {mode: ColorAlways, env: map[string]string{"TERM": "dumb"}, wantOut: true, wantErr: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.env == nil {
				tt.env = map[string]string{}
			}
			tt.env["WT_SESSION"] = "1"
			s := Streams{OutTerminal: tt.out, ErrTerminal: tt.err, Color: tt.mode, Plain: declinesColor(environment(tt.env))}
			if got := s.OutPalette().Enabled(); got != tt.wantOut {
				t.Errorf("stdout coloured: %v, want %v", got, tt.wantOut)
			}
			if got := s.ErrPalette().Enabled(); got != tt.wantErr {
				t.Errorf("stderr coloured: %v, want %v", got, tt.wantErr)
			}
		})
	}
}

func TestColorMode(t *testing.T) {
	for _, value := range ColorModes() {
		var m ColorMode
		if err := m.Set(value); err != nil || m.String() != value {
			t.Errorf("Set(%q) = %v, value %q", value, err, m)
		}
	}
	m := ColorAuto
	err := m.Set("Always")
	if err == nil || err.Error() != "must be one of auto, always, never" || m != ColorAuto {
		t.Errorf(`Set("Always") = %v, value %q`, err, m)
	}
}

func TestCanPrompt(t *testing.T) {
	for _, tt := range []struct{ in, out, err, want bool }{
		{true, true, true, true},
		{true, false, true, true}, // `kubectl pss label … > log` may still ask
		{false, true, true, false},
		{true, true, false, false},
		{false, false, false, false},
	} {
		s := Streams{InTerminal: tt.in, OutTerminal: tt.out, ErrTerminal: tt.err}
		if got := s.CanPrompt(); got != tt.want {
			t.Errorf("%+v: CanPrompt() = %v", tt, got)
		}
	}
}

func TestFromFilesThatAreNoTerminals(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := FromFiles(file, file, file, environment(nil))
	if s.InTerminal || s.OutTerminal || s.ErrTerminal || s.CanPrompt() {
		t.Errorf("a file was taken for a terminal: %+v", s)
	}
	if s.OutWidth() != DefaultWidth || s.ErrWidth() != DefaultWidth {
		t.Errorf("widths %d and %d, want %d", s.OutWidth(), s.ErrWidth(), DefaultWidth)
	}
	s.Columns = 120
	if s.OutWidth() != 120 || s.ErrWidth() != 120 {
		t.Errorf("widths %d and %d, want 120", s.OutWidth(), s.ErrWidth())
	}
	if FromFiles(nil, nil, nil, environment(nil)).CanPrompt() {
		t.Error("streams that are closed can prompt")
	}
}

func TestPalette(t *testing.T) {
	methods := map[string]func(Palette, string) string{
		"\x1b[31mx\x1b[0m": Palette.Bad, "\x1b[33mx\x1b[0m": Palette.Caution, "\x1b[32mx\x1b[0m": Palette.Good,
		"\x1b[2mx\x1b[22m": Palette.Faint, "\x1b[1mx\x1b[22m": Palette.Strong,
	}
	t.Setenv("NO_COLOR", "1") // the stream has decided; the process has no say
	for want, method := range methods {
		if got := method(NewPalette(true), "x"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := method(NewPalette(true), ""); got != "" {
			t.Errorf("colour around nothing: %q", got)
		}
		if got := method(NewPalette(false), "x"); got != "x" {
			t.Errorf("got %q without colour", got)
		}
		if got := method(Palette{}, "x"); got != "x" {
			t.Errorf("got %q from the zero value", got)
		}
	}
}

func TestWarn(t *testing.T) {
	s, _, out, errOut := NewTest()
	s.Warn("cannot list %s in namespace %q: %v", "cronjobs.batch", "a", "forbidden\n\x1b[2J")
	want := `Warning: cannot list cronjobs.batch in namespace "a": forbidden\n\x1b[2J` + "\n"
	if errOut.String() != want || out.Len() != 0 {
		t.Errorf("stderr %q, stdout %q, want %q on stderr", errOut, out, want)
	}

	errOut.Reset()
	s.Color = ColorAlways
	s.Warn("x")
	if want := "\x1b[33mWarning:\x1b[0m x\n"; errOut.String() != want {
		t.Errorf("stderr %q, want %q", errOut, want)
	}

	errOut.Reset()
	q := s.Quieted()
	q.Warn("x")
	fmt.Fprint(q.Out, "data")
	if errOut.Len() != 0 || out.Len() != 0 || q.Out != io.Discard {
		t.Errorf("quiet streams said %q and %q", out, errOut)
	}
}
