// Package progress shows what a long command is at: one line that is painted again on a terminal, and now and then a
// line of its own in a log.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	terminalEvery = 200 * time.Millisecond
	logEvery      = 20 * time.Second
	// eraseLine moves to the first column and clears what is right of it.
	eraseLine = "\r\x1b[K"
)

// Line is the current line. Its methods may be called at any time and from any goroutine.
type Line struct {
	out      io.Writer
	terminal bool

	mu      sync.Mutex
	phase   string
	detail  string
	began   time.Time
	painted time.Time
	stop    chan struct{}
	stopped sync.WaitGroup
}

// Start shows progress on out until Stop.
func Start(out io.Writer) *Line {
	line := &Line{out: out, terminal: isTerminal(out), stop: make(chan struct{})}
	line.stopped.Go(func() {
		ticker := time.NewTicker(terminalEvery)
		defer ticker.Stop()
		for {
			select {
			case <-line.stop:
				return
			case now := <-ticker.C:
				line.tick(now)
			}
		}
	})

	return line
}

// Stop removes the line from a terminal; what was noted stays.
func (l *Line) Stop() {
	close(l.stop)
	l.stopped.Wait()
	l.Phase("")
}

// Phase says what is being done from now on; saying the same again changes nothing.
func (l *Line) Phase(phase string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if phase == l.phase {
		return
	}
	l.phase, l.detail, l.began = phase, "", time.Now()
	l.paint(l.began)
}

// Detail says how far the phase is.
func (l *Line) Detail(detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.detail = detail
}

// Note prints a line that stays.
func (l *Line) Note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.terminal {
		fmt.Fprint(l.out, eraseLine)
	}
	fmt.Fprintln(l.out, text)
	if l.terminal {
		l.paint(time.Now())
	}
}

func (l *Line) tick(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != "" && (l.terminal || now.Sub(l.painted) >= logEvery) {
		l.paint(now)
	}
}

// paint expects the lock to be held.
func (l *Line) paint(now time.Time) {
	l.painted = now
	text := l.phase
	if l.detail != "" {
		text += ", " + l.detail
	}
	if elapsed := now.Sub(l.began).Truncate(time.Second); elapsed > 0 {
		text += fmt.Sprintf(" (%s)", elapsed)
	}
	switch {
	case l.terminal:
		fmt.Fprint(l.out, eraseLine+text)
	case text != "":
		fmt.Fprintln(l.out, text)
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()

	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
