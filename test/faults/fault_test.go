package faults

import (
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// fault is a row of the matrix: something that happens to requests.
type fault struct {
	name string
	// do is what happens; the phase says to which page.
	do func(p *phase) fakeapi.Action
	// once is for what happens to one request only.
	once bool
	// alone is what happens instead where the answer is no list; for what is about the pages of one.
	alone func(p *phase) fakeapi.Action
	// flood is for what sends without end, with pauses where only a timeout ends it.
	flood func(pause time.Duration) fakeapi.Action
	// timeout is the --request-timeout, where the fault would last longer than a test can wait. Who knows how long this
	// machine takes for what is not broken: any request may run into it.
	timeout time.Duration
	// harmless is for what the command must not be led astray by at all: lists, and what is none.
	harmless, harmlessAlone bool
}

// wideTimeout is the --request-timeout against a flood, where as much is let in as a big page has. So fast it comes then
// that a cell takes some megabytes.
const (
	wideTimeout = 2 * time.Second
	widePause   = 20 * time.Millisecond
)

// on is what the fault does in a phase, and the --request-timeout that it takes.
func (f *fault) on(p *phase) (fakeapi.Action, time.Duration) {
	switch {
	case f.flood != nil && p.wide:
		return f.flood(widePause), wideTimeout
	case f.flood != nil:
		return f.flood(0), 0
	case f.alone != nil && !p.paged:
		return f.alone(p), f.timeout
	default:
		return f.do(p), f.timeout
	}
}

// right says that the command must not be led astray in a phase.
func (f *fault) right(p *phase) bool {
	if p.paged {
		return f.harmless
	}
	return f.harmlessAlone
}

// latency is how late answers come.
const latency = 20 * time.Millisecond

// always is a fault that is the same in all phases.
func always(do func() fakeapi.Action) func(*phase) fakeapi.Action {
	return func(*phase) fakeapi.Action { return do() }
}

func refusal(code int32, reason metav1.StatusReason, text string) func(*phase) fakeapi.Action {
	return always(func() fakeapi.Action { return fakeapi.Refuse(code, reason, text) })
}

func faults() []fault {
	internal := refusal(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is gone")
	away := refusal(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "no endpoints available")
	putOff := func(seconds int) func(*phase) fakeapi.Action {
		return always(func() fakeapi.Action { return fakeapi.RetryAfter(http.StatusTooManyRequests, seconds) })
	}
	expired := func(withToken bool) func(*phase) fakeapi.Action {
		return always(func() fakeapi.Action { return fakeapi.Expire(withToken) })
	}
	return slices.Concat([]fault{
		{name: "late", do: always(func() fakeapi.Action { return fakeapi.Delay(latency) }), harmless: true, harmlessAlone: true},
		{name: "reset", do: always(fakeapi.HangUp), timeout: 3 * time.Second}, // client-go tries for ten seconds
		{name: "reset in the body", do: always(fakeapi.Break)},
		{name: "reset in the body, once", do: always(fakeapi.Break), once: true, harmless: true, harmlessAlone: true},
		{name: "truncated", do: always(fakeapi.Truncate)},
		{name: "hollow", do: always(fakeapi.Hollow)},
		{name: "429, once", do: putOff(1), once: true, harmless: true, harmlessAlone: true},
		{name: "429 for ever", do: putOff(1), timeout: 3 * time.Second},
		{name: "429, come at once", do: putOff(0)},
		{name: "500", do: internal},
		{name: "500, once", do: internal, once: true, harmless: true, harmlessAlone: true},
		{name: "503", do: away},
		{name: "410", do: expired(false)},
		{name: "410, once", do: expired(false), once: true},
		{name: "410 with a token, once", do: expired(true), once: true},
		{name: "401", do: refusal(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")},
		{name: "403", do: func(p *phase) fakeapi.Action { return fakeapi.Forbid(p.resource, p.group) }},
	}, pages(), []fault{
		{name: "blanks without end", flood: fakeapi.Blanks},
		{name: "a string without end", flood: fakeapi.Rambling},
		{name: "no answer", do: always(fakeapi.Hang), timeout: 2 * time.Second},
		{name: "half an answer", do: always(fakeapi.Stall), timeout: 2 * time.Second},
	})
}

// pages are faults of the pages of a list, and of one object what comes nearest to them.
func pages() []fault {
	play := func(reel func(page int) fakeapi.Reel) func(*phase) fakeapi.Action {
		return func(p *phase) fakeapi.Action { return fakeapi.Play(reel(p.page)) }
	}
	stay := func(same bool) func(page int) fakeapi.Reel {
		return func(page int) fakeapi.Reel { return fakeapi.Stay(page, same) }
	}
	continued := func(same bool) func(*phase) fakeapi.Action {
		return always(func() fakeapi.Action { return fakeapi.Continued(same) })
	}
	return []fault{
		{name: "page (or object) twice", do: play(fakeapi.Repeat), alone: always(fakeapi.Twice), harmless: true},
		{name: "reversed (or older)", do: play(fakeapi.Reverse), alone: always(fakeapi.Older), harmless: true},
		{name: "endless, same token", do: play(stay(true)), alone: continued(true), harmlessAlone: true},
		{name: "endless, new tokens", do: play(stay(false)), alone: continued(false), harmlessAlone: true},
	}
}
