package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	// quietFor is how long a command may take without a word about it.
	quietFor = time.Second
	// stalledAfter is how long nothing may move before that is said.
	stalledAfter = 5 * time.Second
	// redrawEvery is the pace of the line.
	redrawEvery = 200 * time.Millisecond

	reading = "reading"
)

// Progress is one line on stderr that says what is being read, or written. It appears on a terminal only, and only once a
// second has passed. A nil Progress, and one whose stream is no terminal, says nothing; all methods are safe for
// concurrent use. It promises no time of arrival: a server that pages says how much is left, not how fast it is.
type Progress struct {
	status *statusWriter
	server string
	doing  string // "reading"
	width  func() int
	stop   chan struct{}
	ended  sync.WaitGroup
	once   sync.Once

	mu      sync.Mutex
	started time.Time
	moved   time.Time
	lists   []*listing
}

// listing is one list call, from its first page to its last.
type listing struct {
	resource string
	items    int
	total    int // 0 where it is not known
	done     bool
}

// NewProgress starts the clock. server is what the reader waits for, as the user knows it. Call Stop when the
// reading has ended.
func NewProgress(s Streams, server string) *Progress {
	now := time.Now()
	p := &Progress{server: Escape(server), doing: reading, width: s.ErrWidth, started: now, moved: now, stop: make(chan struct{})}
	if !s.ErrTerminal || s.Quiet {
		return p
	}
	p.status = statusWriterOf(s.ErrOut)
	p.ended.Go(p.run)
	return p
}

// Doing says what is done with the lists, such as "writing", where it is not reading them.
func (p *Progress) Doing(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing = what
}

// Page reports a page of a list: how many items it brought, and how many remain after it; -1 where the server
// does not say, 0 where it was the last. Lists that run side by side need names of their own, such as
// "pods in namespace a".
func (p *Progress) Page(resource string, items int, remaining int64) {
	if p == nil || p.status == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = time.Now()
	l := p.listing(Escape(resource))
	l.items += items
	l.total = 0
	if remaining >= 0 {
		l.total = l.items + int(remaining)
	}
	l.done = remaining == 0
}

// listing finds a list by its name; one that is read a second time starts anew.
func (p *Progress) listing(resource string) *listing {
	for _, l := range p.lists {
		if l.resource == resource && !l.done {
			return l
		}
	}
	l := &listing{resource: resource}
	p.lists = append(p.lists, l)
	return l
}

// Stop wipes the line and ends the progress. It may be called more than once.
func (p *Progress) Stop() {
	if p == nil || p.status == nil {
		return
	}
	p.once.Do(func() { close(p.stop) })
	p.ended.Wait()
	p.status.set("")
}

func (p *Progress) run() {
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case now := <-ticker.C:
			if line := p.line(now); line != "" {
				p.status.set(truncate(line, p.width()-1))
			}
		}
	}
}

// line is what there is to say at a moment; empty as long as that is nothing.
func (p *Progress) line(now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case now.Sub(p.started) < quietFor:
		return ""
	case now.Sub(p.moved) >= stalledAfter:
		return "still waiting for " + p.server + " (Ctrl-C stops; --request-timeout gives up sooner)"
	}
	var active []string
	items, done := 0, 0
	for _, l := range p.lists {
		items += l.items
		switch {
		case l.done:
			done++
		case l.total > 0:
			active = append(active, fmt.Sprintf("%s %d of %d", l.resource, l.items, l.total))
		default:
			active = append(active, fmt.Sprintf("%s %d", l.resource, l.items))
		}
	}
	switch {
	case len(p.lists) == 0:
		return "waiting for " + p.server
	case len(active) == 0 && p.doing != reading:
		return ""
	case len(active) == 0:
		return fmt.Sprintf("read %d objects in %d lists", items, done)
	default:
		return p.doing + " " + strings.Join(active, ", ")
	}
}

// truncate cuts a line to the width of the terminal: one that wraps could not be wiped. Every rune counts as one
// column; names in Kubernetes are ASCII.
func truncate(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:max(width-3, 0)]) + "..."
	}
	return line
}

// statusWriter is a stream with a last line that comes and goes: whatever is written wipes it first.
type statusWriter struct {
	mu    sync.Mutex
	w     io.Writer
	shown int
}

func newStatusWriter(w io.Writer) *statusWriter { return &statusWriter{w: w} }

// statusWriterOf finds the status line that a stream has already, or gives it one.
func statusWriterOf(w io.Writer) *statusWriter {
	if s, ok := w.(*statusWriter); ok {
		return s
	}
	return newStatusWriter(w)
}

// Write wipes the status line and writes.
func (s *statusWriter) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe("")
	return s.w.Write(data)
}

// set replaces the status line; an empty one wipes it.
func (s *statusWriter) set(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe(line)
}

// wipe overwrites with blanks, which every terminal understands. A status that cannot be written is lost.
func (s *statusWriter) wipe(line string) {
	length := len([]rune(line))
	switch {
	case length > 0:
		_, _ = io.WriteString(s.w, "\r"+line+strings.Repeat(" ", max(s.shown-length, 0)))
	case s.shown > 0:
		_, _ = io.WriteString(s.w, "\r"+strings.Repeat(" ", s.shown)+"\r")
	}
	s.shown = length
}
