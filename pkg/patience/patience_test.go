package patience

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPasses(t *testing.T) {
	status := func(code int32, retryAfter int32) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Details: &metav1.StatusDetails{RetryAfterSeconds: retryAfter}}}
	}
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"500":                 {status(500, 0), true},
		"503":                 {status(503, 0), true},
		"503 with a time":     {status(503, 1), false},
		"403":                 {status(403, 0), false},
		"429":                 {status(429, 0), false},
		"no answer":           {&url.Error{Op: "Get", URL: "x", Err: errors.New("refused")}, false},
		"an answer cut short": {errors.New("unexpected error when reading response body: unexpected EOF"), true},
		"anything else":       {errors.New("no such kind"), false},
	} {
		if got := Passes(tc.err); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSleep(t *testing.T) {
	if !Sleep(t.Context(), time.Millisecond) {
		t.Error("a sleep ended early")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Sleep(ctx, time.Hour) {
		t.Error("slept on after the end")
	}
}
