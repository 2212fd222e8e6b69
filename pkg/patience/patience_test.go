package patience

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
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

func TestText(t *testing.T) {
	reset := &net.OpError{
		Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 51234},
		Addr: &net.TCPAddr{IP: net.IPv6loopback, Port: 6443}, Err: os.NewSyscallError("read", syscall.ECONNRESET),
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"reset":            {&url.Error{Op: "Patch", URL: "https://10.0.0.1:6443/api", Err: reset}, "read: connection reset by peer"},
		"reset on the way": {fmt.Errorf("unexpected error when reading response body. Original error: %w", reset), "unexpected error when reading response body. Original error: read: connection reset by peer"},
		"refused":          {&url.Error{Op: "Get", URL: "https://10.0.0.1:6443/api", Err: errors.New("dial tcp 10.0.0.1:6443: connect: connection refused")}, "dial tcp 10.0.0.1:6443: connect: connection refused"},
		"the server's own": {&apierrors.StatusError{ErrStatus: metav1.Status{Message: "write tcp is no kind"}}, "write tcp is no kind"},
	} {
		if got := Text(tc.err); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
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
