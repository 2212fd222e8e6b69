package faults

import (
	"net/http"
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
	// refuses is for what says that a request was not carried out. Who has carried one out does not say so.
	refuses bool
	// paged is for what can only happen to the pages of a list.
	paged bool
	// timeout is the --request-timeout, where the fault would last longer than a test can wait. Who knows how long this
	// machine takes for what is not broken: any request may run into it.
	timeout time.Duration
	// harmless is for what the command must not be led astray by at all.
	harmless bool
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
	return []fault{
		{name: "late", do: always(func() fakeapi.Action { return fakeapi.Delay(latency) }), harmless: true},
		{name: "reset", do: always(fakeapi.HangUp), timeout: 3 * time.Second}, // client-go tries for ten seconds
		{name: "reset in the body", do: always(fakeapi.Break)},
		{name: "reset in the body, once", do: always(fakeapi.Break), once: true, harmless: true},
		{name: "truncated", do: always(fakeapi.Truncate)},
		{name: "hollow", do: always(fakeapi.Hollow)},
		{name: "429, once", refuses: true, do: always(func() fakeapi.Action { return fakeapi.RetryAfter(http.StatusTooManyRequests, 1) }), once: true, harmless: true},
		{name: "429 for ever", refuses: true, do: always(func() fakeapi.Action { return fakeapi.RetryAfter(http.StatusTooManyRequests, 1) }), timeout: 3 * time.Second},
		{name: "429, come at once", refuses: true, do: always(func() fakeapi.Action { return fakeapi.RetryAfter(http.StatusTooManyRequests, 0) })},
		{name: "500", do: internal},
		{name: "500, once", do: internal, once: true, harmless: true},
		{name: "503", do: away},
		{name: "410", refuses: true, do: always(func() fakeapi.Action { return fakeapi.Expire(false) })},
		{name: "410, once", refuses: true, do: always(func() fakeapi.Action { return fakeapi.Expire(false) }), once: true},
		{name: "410 with a token, once", refuses: true, do: always(func() fakeapi.Action { return fakeapi.Expire(true) }), once: true},
		{name: "401", refuses: true, do: refusal(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")},
		{name: "403", refuses: true, do: func(p *phase) fakeapi.Action { return fakeapi.Forbid(p.resource, p.group) }},
		{name: "a page twice", do: func(p *phase) fakeapi.Action { return fakeapi.Play(fakeapi.Repeat(p.page)) }, paged: true, harmless: true},
		{name: "pages reversed", do: func(p *phase) fakeapi.Action { return fakeapi.Play(fakeapi.Reverse(p.page)) }, paged: true, harmless: true},
		{name: "endless, same token", do: func(p *phase) fakeapi.Action { return fakeapi.Play(fakeapi.Stay(p.page, true)) }, paged: true},
		{name: "endless, new tokens", do: func(p *phase) fakeapi.Action { return fakeapi.Play(fakeapi.Stay(p.page, false)) }, paged: true},
		{name: "no answer", do: always(fakeapi.Hang), timeout: 2 * time.Second},
		{name: "half an answer", do: always(fakeapi.Stall), timeout: 2 * time.Second},
	}
}
