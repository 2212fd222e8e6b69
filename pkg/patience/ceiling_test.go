package patience

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// answering is a transport that answers everything with a body.
type answering struct {
	code int
	body io.Reader
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.code, Body: io.NopCloser(a.body)}, nil
}

// spaces never end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{' '}, len(p)))
	return len(p), nil
}

func TestBound(t *testing.T) {
	const most = 3 << 20
	bound := Bound(func(*http.Request) (int64, string) { return most, "ask for less" })
	for name, tc := range map[string]struct {
		code int
		body io.Reader
		want int // bytes; less than none for an error
	}{
		"empty":           {http.StatusOK, strings.NewReader(""), 0},
		"short":           {http.StatusOK, strings.NewReader("{}"), 2},
		"just fits":       {http.StatusOK, io.LimitReader(spaces{}, most), most},
		"one more":        {http.StatusOK, io.LimitReader(spaces{}, most+1), -1},
		"endless":         {http.StatusOK, spaces{}, -1},
		"refusal":         {http.StatusForbidden, io.LimitReader(spaces{}, most+1), most + 1},
		"endless refusal": {http.StatusForbidden, spaces{}, -1},
	} {
		response, err := bound(answering{tc.code, tc.body}).RoundTrip(&http.Request{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		switch {
		case tc.want >= 0 && (err != nil || len(got) != tc.want):
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		case tc.want < 0 && (EndlessAnswer(err) == nil || len(got) > ObjectBytes+1):
			t.Errorf("%s: %d bytes, %v; want it to be given up", name, len(got), err)
		}
	}
}

func TestTooLong(t *testing.T) {
	wrapped := fmt.Errorf("unexpected error when reading response body. Please retry. Original error: %w", &TooLongError{16 << 20, "ask for less"})
	if Passes(wrapped) || BrokenOff(wrapped) {
		t.Error("an answer that does not end is asked for again")
	}
	const want = "the answer does not end: more than 16 MiB of it have come; ask for less"
	if got := Text(wrapped); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (&TooLongError{Bytes: 16 << 20}).Error(); got+"; ask for less" != want {
		t.Error(got)
	}
	if EndlessAnswer(io.EOF) != nil {
		t.Error("EOF is taken for an answer that does not end")
	}
}
