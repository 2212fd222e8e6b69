package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen plays what was written to a terminal of one line: the text on its last line, blanks at its end cut.
func screen(written string) string {
	line := []rune{}
	column := 0
	for _, r := range written {
		switch r {
		case '\r':
			column = 0
		case '\n':
			line, column = line[:0], 0
		default:
			line = append(line[:column], append([]rune{r}, line[min(column+1, len(line)):]...)...)
			column++
		}
	}
	return strings.TrimRight(string(line), " ")
}

// stderr reads what a progress may be writing to meanwhile.
type stderr struct {
	status *statusWriter
	buffer *bytes.Buffer
}

func (e stderr) String() string {
	e.status.mu.Lock()
	defer e.status.mu.Unlock()
	return e.buffer.String()
}

func onTerminal(width int) (Streams, stderr) {
	s, _, _, errOut := NewTest()
	s.ErrTerminal, s.Columns, s.Plain = true, width, true
	return s, stderr{statusWriterOf(s.ErrOut), errOut}
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, errOut := onTerminal(80)
		p := NewProgress(s, "https://prod.example:6443")
		defer p.Stop()
		at := func(d time.Duration, want string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := screen(errOut.String()); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
		p.Page("pods", 500, 11_500)
		at(900*time.Millisecond, "")
		at(200*time.Millisecond, "reading pods 500 of 12000")
		p.Page("pods", 500, 11_000)
		p.Page("replicasets.apps", 500, -1)
		p.Page("jobs.batch", 7, 0)
		at(time.Second, "reading pods 1000 of 12000, replicasets.apps 500")
		p.Page("pods", 500, -1) // a server may stop to count
		at(time.Second, "reading pods 1500, replicasets.apps 500")
		at(5*time.Second, "still waiting for https://prod.example:6443 (Ctrl-C stops; --request-timeout...")
		p.Page("pods", 500, 0)
		at(time.Second, "reading replicasets.apps 500")
		p.Page("replicasets.apps", 1, 0)
		at(time.Second, "read 2508 objects in 3 lists")
		p.Page("pods", 1, 99)
		at(time.Second, "reading pods 1 of 100")
		p.Stop()
		at(time.Second, "")
		p.Page("pods", 1, 98)
		p.Stop()
		at(time.Minute, "")
	})
}

func TestProgressBeforeTheFirstPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, errOut := onTerminal(120)
		p := NewProgress(s, "\x1b[2Jprod")
		defer p.Stop()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if got, want := screen(errOut.String()), `waiting for \x1b[2Jprod`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		want := `still waiting for \x1b[2Jprod (Ctrl-C stops; --request-timeout gives up sooner)`
		if got := screen(errOut.String()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestProgressGivesWayToOtherText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, errOut := onTerminal(80)
		p := NewProgress(s, "prod")
		p.Page("pods", 1, 9)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		s.Warn("cannot list cronjobs.batch")
		if !strings.HasSuffix(errOut.String(), "\r"+strings.Repeat(" ", 20)+"\rWarning: cannot list cronjobs.batch\n") {
			t.Errorf("the warning did not get a line of its own: %q", errOut)
		}
		time.Sleep(time.Second)
		p.Stop()
		if got := screen(errOut.String()); got != "" {
			t.Errorf("left behind: %q", got)
		}
	})
}

func TestProgressSaysNothing(t *testing.T) {
	inAPipe, _, _, piped := NewTest()
	quiet, silenced := onTerminal(80)
	synctest.Test(t, func(*testing.T) {
		for _, p := range []*Progress{nil, NewProgress(inAPipe, "prod"), NewProgress(quiet.Quieted(), "prod")} {
			p.Page("pods", 1, 9)
			time.Sleep(time.Minute)
			p.Stop()
			p.Stop()
		}
	})
	if piped.Len() != 0 || silenced.String() != "" {
		t.Errorf("said %q in a pipe and %q when quiet", piped, silenced)
	}
}

func TestProgressIsWipedAfterAShortRun(t *testing.T) {
	s, errOut := onTerminal(80)
	NewProgress(s, "prod").Stop()
	if errOut.String() != "" {
		t.Errorf("a run of no time left %q", errOut)
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, errOut := onTerminal(80)
		p := NewProgress(s, "prod")
		var readers sync.WaitGroup
		for i := range 8 {
			readers.Go(func() {
				for page := range 10 {
					time.Sleep(300 * time.Millisecond)
					p.Page(fmt.Sprintf("pods in namespace %d", i), 500, int64(9-page)*500)
					s.Warn("page %d", page)
				}
			})
		}
		readers.Wait()
		p.Stop()
		if got := screen(errOut.String()); got != "" {
			t.Errorf("left behind: %q", got)
		}
		for line := range strings.Lines(errOut.String()) {
			if len([]rune(screen(line))) > 79 {
				t.Errorf("wider than the terminal: %q", line)
			}
		}
	})
}
