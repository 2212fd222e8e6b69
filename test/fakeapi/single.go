package fakeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Twice sends the right answer twice in one body.
func Twice() Action {
	return shorten(func(body []byte) []byte { return bytes.Repeat(body, 2) })
}

type olderKey struct{}

func wantsOlder(r *http.Request) bool { return r.Context().Value(olderKey{}) != nil }

// Older answers from a cache: with a namespace as it was before it was last written, whatever the request wants done to
// it. What has only had one state is answered as it is.
func Older() Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != http.MethodPost {
			r = r.Clone(context.WithValue(r.Context(), olderKey{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	}
}

// older is what a namespace was before it was last written.
func (s *Server) older(p path, object runtime.Object) runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.replaced[p.name]; old != nil && p.Resource == "namespaces" {
		return old
	}
	return object
}

// Continued gives an object what only the pages of lists have, a continue token: the Same one with each answer, or another.
func Continued(same bool) Action {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := inJSON(r, next)
		var object map[string]any
		if json.Unmarshal(answer.Body.Bytes(), &object) != nil { // no object but a text
			replay(answer, next).ServeHTTP(w, r)
			return
		}
		metadata, _ := object["metadata"].(map[string]any)
		if metadata == nil {
			metadata = map[string]any{}
		}
		metadata["continue"], metadata["remainingItemCount"] = "token", 1
		if !same {
			metadata["continue"] = fmt.Sprint("token-", n.Add(1))
		}
		object["metadata"] = metadata
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_ = json.NewEncoder(w).Encode(object)
	}
}

// inJSON is the right answer as a client gets it that knows no protobuf.
func inJSON(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", runtime.ContentTypeJSON)
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	if answer.Header().Get("Content-Type") != runtime.ContentTypeProtobuf {
		return answer
	}
	// It had been made before.
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(answer.Body.Bytes(), nil, nil)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	answer.Body = bytes.NewBuffer(text)
	answer.Header().Set("Content-Type", runtime.ContentTypeJSON)
	return answer
}

// Blanks sends the right answer and then white space for ever, so much at a time with a pause in between.
func Blanks(pause time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		flood(w, r, answer, answer.Body.Bytes(), ' ', pause)
	}
}

// Rambling sends the right answer as far as its last string, which never ends.
func Rambling(pause time.Duration) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := inJSON(r, next)
		body := answer.Body.Bytes()
		const begin = `":"`
		if at := bytes.LastIndex(body, []byte(begin)); at >= 0 {
			body = body[:at+len(begin)]
		}
		flood(w, r, answer, body, 'a', pause)
	}
}

// flood goes on until the client is gone.
func flood(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder, body []byte, with byte, pause time.Duration) {
	const wave = 128 << 10
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, err := w.Write(body)
	for more := bytes.Repeat([]byte{with}, wave); err == nil && r.Context().Err() == nil; time.Sleep(pause) {
		_, err = w.Write(more)
	}
}

// answered ends a request, and keeps what of the server broke in it: net/http would only hang up.
func (s *Server) answered() {
	broke := recover()
	s.mu.Lock()
	s.underWay--
	if err, ok := broke.(error); broke != nil && !(ok && errors.Is(err, http.ErrAbortHandler)) {
		s.panics = append(s.panics, fmt.Sprint(broke))
	}
	s.mu.Unlock()
	if broke != nil {
		panic(broke)
	}
}

// Panics are what broke in the server itself.
func (s *Server) Panics() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.panics
}
