package patience

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ObjectBytes is more than one object takes in an answer, however it is written: etcd takes 1.5 MiB by default.
const ObjectBytes = 16 << 20

// TooLongError says that an answer was given up which has more bytes than anything that was asked for.
type TooLongError struct {
	// Bytes is how many had come.
	Bytes int64
	// Hint is the way out, empty for none.
	Hint string
}

// Error implements error.
func (e *TooLongError) Error() string {
	text := fmt.Sprintf("the answer does not end: more than %d MiB of it have come", e.Bytes>>20)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// EndlessAnswer is the error of an answer that was given up because it has too many bytes, nil for other errors.
func EndlessAnswer(err error) *TooLongError {
	e, _ := errors.AsType[*TooLongError](err)
	return e
}

// Bound makes a transport that gives up answers with too many bytes. client-go keeps an answer in memory until it ends, and
// nothing but the server says where that is. most is how many bytes the answer to a request may have, and what to do where
// that is not enough.
func Bound(most func(*http.Request) (bytes int64, hint string)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return &bounded{next, most} }
}

// OneObject bounds the answers to requests that are about one object each.
func OneObject(*http.Request) (bytes int64, hint string) { return ObjectBytes, "" }

type bounded struct {
	next http.RoundTripper
	most func(*http.Request) (bytes int64, hint string)
}

// WrappedRoundTripper lets client-go find the transport below, as it does for its own wrappers.
func (b *bounded) WrappedRoundTripper() http.RoundTripper { return b.next }

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(req)
	if err != nil {
		return response, err
	}
	most, hint := int64(ObjectBytes), "" // of a refusal, whatever was asked for
	if response.StatusCode < http.StatusBadRequest {
		most, hint = b.most(req)
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: most, most: most, hint: hint}
	return response, nil
}

type boundedBody struct {
	io.ReadCloser
	left, most int64
	hint       string
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &TooLongError{b.most, b.hint}
	}
	if int64(len(p)) > b.left+1 { // one more tells a body that ends there
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, &TooLongError{b.most, b.hint}
	}
	return n, err
}
