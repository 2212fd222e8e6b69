package cluster

import (
	"context"
	"errors"
	"net"
	"net/url"
	"unicode"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Reasons of gaps that no server gave. Others are the server's own, such as forbidden.
const (
	reasonUnreachable = "unreachable"
	reasonTimeout     = "timeout"
	reasonMalformed   = "malformed"
	reasonEndless     = "endless"
	reasonUnknown     = "unknown"
)

// HintError is an error together with the way out. The error itself stays as it came.
type HintError struct {
	Err  error
	Hint string
}

// Error implements error.
func (e *HintError) Error() string { return e.Err.Error() + "; " + e.Hint }

// Unwrap returns the error without the hint.
func (e *HintError) Unwrap() error { return e.Err }

// newGap says that a list could not be read, or not to its end.
func newGap(k kind, namespace string, err error) workload.Gap {
	return workload.Gap{Resource: k.name(), Namespace: namespace, Reason: reasonOf(err), Message: messageOf(err)}
}

// reasonOf is one word for an error.
func reasonOf(err error) string {
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		switch reason := apierrors.ReasonForError(err); reason {
		case metav1.StatusReasonUnknown:
			return reasonUnknown
		case metav1.StatusReasonServerTimeout:
			return reasonTimeout
		default:
			return lowerFirst(string(reason))
		}
	}
	_, endless := errors.AsType[*endlessError](err)
	switch {
	case endless, patience.EndlessAnswer(err) != nil:
		return reasonEndless
	case timedOut(err):
		return reasonTimeout
	case unreachable(err):
		return reasonUnreachable
	default:
		return reasonMalformed
	}
}

// messageOf leaves out addresses, which say nothing that the gap does not.
func messageOf(err error) string { return patience.Text(err) }

// noAnswer says that an error came without any server having taken the request: nobody there, or nobody who
// knows these credentials.
func noAnswer(err error) bool {
	return apierrors.IsUnauthorized(err) || timedOut(err) || unreachable(err)
}

func timedOut(err error) bool {
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return false
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// unreachable covers refused and reset connections, TLS and name errors, and answers that broke off.
func unreachable(err error) bool {
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return false
	}
	_, noResponse := errors.AsType[*url.Error](err)
	return noResponse || patience.BrokenOff(err)
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
