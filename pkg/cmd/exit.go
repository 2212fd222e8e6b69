package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// Exit codes.
const (
	exitOK          = 0
	exitViolates    = 1
	exitError       = 2
	exitIncomplete  = 3
	exitInterrupted = 130
)

// verdictError carries a verdict that is not "complies" out of a command that did its work.
type verdictError struct{ verdict report.Verdict }

func (e verdictError) Error() string { return string(e.verdict) }

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode says what went wrong on stderr and maps it to the exit code. It is the only place that does either.
func exitCode(ctx context.Context, s terminal.Streams, command *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[verdictError](err); ok {
		if e.verdict == report.Incomplete {
			return exitIncomplete
		}
		return exitViolates
	}
	if ctx.Err() != nil {
		say(s, "interrupted: nothing was reported")
		return exitInterrupted
	}
	say(s, message(err))
	if hint := hintOf(err); hint != "" {
		say(s, hint)
	}
	_, usage := errors.AsType[usageError](err)
	if usage || strings.HasPrefix(err.Error(), "unknown command") {
		say(s, fmt.Sprintf("See '%s --help' for usage.", command.CommandPath()))
	}
	return exitError
}

func say(s terminal.Streams, text string) {
	_, _ = fmt.Fprintln(s.ErrOut, terminal.EscapeLines(text)) // nowhere left to say that stderr is gone
}

// message puts an error in kubectl's words.
func message(err error) string {
	if e, ok := errors.AsType[*apierrors.StatusError](err); ok {
		text, _ := cmdutil.StandardErrorMessage(e)
		return text
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		text, _ := cmdutil.StandardErrorMessage(e)
		return text
	}
	return "error: " + err.Error()
}

func hintOf(err error) string {
	if e, ok := errors.AsType[*cluster.HintError](err); ok {
		return "hint: " + e.Hint
	}
	return ""
}
