package fakeapi

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Action is what the server does to a request instead of answering it; next answers it.
type Action func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Fault makes the server misbehave on some requests.
type Fault struct {
	// Method is GET or PATCH; empty for any.
	Method string
	// Path is the whole path, or its beginning where it ends in a star.
	Path string
	// Query is a part of the raw query, such as "continue=".
	Query string
	// Skip is how many such requests are answered well before, Times how many then are not; 0 means all.
	Skip, Times int
	Do          Action

	seen int
}

// fault is the action for a request, nil for none. The caller holds the lock.
func (s *Server) fault(r *http.Request) Action {
	for _, f := range s.faults {
		prefix, open := strings.CutSuffix(f.Path, "*")
		if !strings.HasPrefix(r.URL.Path, prefix) || !open && r.URL.Path != f.Path || !strings.Contains(r.URL.RawQuery, f.Query) ||
			f.Method != "" && f.Method != r.Method {
			continue
		}
		f.seen++
		if f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times) {
			return f.Do
		}
	}
	return nil
}

// Refuse answers with a Status.
func Refuse(code int32, reason metav1.StatusReason, message string) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		writeStatus(w, r, status(code, reason, message))
	}
}

// Forbid answers 403 in the words of RBAC.
func Forbid(resource, group string) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		scope := "at the cluster scope"
		if p, ok := parse(r.URL.Path); ok && p.namespace != "" {
			scope = fmt.Sprintf("in the namespace %q", p.namespace)
		}
		name := strings.TrimSuffix(resource+"."+group, ".")
		writeStatus(w, r, status(http.StatusForbidden, metav1.StatusReasonForbidden, fmt.Sprintf(
			`%s is forbidden: User "tester" cannot list resource %q in API group %q %s`, name, resource, group, scope)))
	}
}

// RetryAfter answers with a code and asks to come again in so many seconds.
func RetryAfter(code int32, seconds int) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		s := status(code, metav1.StatusReasonTooManyRequests, "too many requests, please try again later")
		s.Details = &metav1.StatusDetails{RetryAfterSeconds: int32(seconds)}
		writeStatus(w, r, s)
	}
}

// Expire answers that the continue token is too old; withToken adds the one that goes on inconsistently.
func Expire(withToken bool) Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		s := status(http.StatusGone, metav1.StatusReasonExpired, "The provided continue parameter is too old to display a consistent list result.")
		if withToken {
			s.Continue = r.URL.Query().Get("continue")
		}
		writeStatus(w, r, s)
	}
}

// Break sends half of the right answer and resets the connection.
func Break() Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	}
}

// HangUp resets the connection without an answer.
func HangUp() Action {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { hangUp(w) }
}

func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// After carries the request out and then does something to the answer, or something else instead.
func After(do Action) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		do(w, r, replay(answer, next))
	}
}

// replay gives an answer that has been made already, but to who wants an older one.
func replay(answer *httptest.ResponseRecorder, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wantsOlder(r) {
			next.ServeHTTP(w, r)
			return
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// Hang never answers; it ends when the client gives up or the server closes.
func Hang() Action {
	return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() }
}

// Delay answers late.
func Delay(d time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-time.After(d):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// Warn answers well, with a warning header.
func Warn(text string) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Add("Warning", fmt.Sprintf("299 - %q", text))
		next.ServeHTTP(w, r)
	}
}

// Call runs a function before the right answer, to change the server or to interrupt the client.
func Call(do func()) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		do()
		next.ServeHTTP(w, r)
	}
}
