package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestLineInALog(t *testing.T) {
	var out bytes.Buffer
	line := &Line{out: &out}
	line.Phase("fetching")
	line.Phase("fetching")
	line.Note("this takes long")
	line.Phase("compiling")
	line.Detail("3 of 9 packages")
	line.tick(line.began.Add(time.Second))
	line.tick(line.began.Add(65 * time.Second))
	line.tick(line.began.Add(66 * time.Second))
	line.Phase("")
	want := "fetching\nthis takes long\ncompiling\ncompiling, 3 of 9 packages (1m5s)\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestLineOnATerminal(t *testing.T) {
	var out bytes.Buffer
	line := &Line{out: &out, terminal: true}
	line.Phase("compiling")
	line.Detail("3 of 9 packages")
	line.tick(line.began.Add(2 * time.Second))
	line.Note("a word")
	line.Phase("")
	text := out.String()
	for _, want := range []string{"\r\x1b[Kcompiling, 3 of 9 packages (2s)", "\r\x1b[Ka word\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if !strings.HasSuffix(text, "\r\x1b[K") {
		t.Errorf("%q leaves the line behind", text)
	}
}

func TestStartAndStop(t *testing.T) {
	var out bytes.Buffer
	line := Start(&out)
	line.Phase("working")
	line.Stop()
	if out.String() != "working\n" {
		t.Errorf("got %q", out.String())
	}
}
