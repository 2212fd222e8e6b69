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
	if refused := refusals(err); len(refused) > 0 {
		return sayRefused(s, refused)
	}
	if e, ok := errors.AsType[verdictError](err); ok {
		return codeOf(e.verdict)
	}
	if code, said := saidAlready(s, err); said {
		return code
	}
	if ctx.Err() != nil {
		say(s, interrupted(command))
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

// saidAlready maps the ends of runs that have told how they ended.
func saidAlready(s terminal.Streams, err error) (code int, said bool) {
	if _, ok := errors.AsType[interruptedError](err); ok {
		return exitInterrupted, true
	}
	if _, ok := errors.AsType[partlyError](err); ok {
		return exitError, true
	}
	if e, ok := errors.AsType[declinedError](err); ok {
		say(s, e.Error())
		return exitError, true
	}
	return 0, false
}

func codeOf(v report.Verdict) int {
	switch v {
	case report.Violates:
		return exitViolates
	case report.Incomplete:
		return exitIncomplete
	default:
		return exitError
	}
}

// refusals are the reasons for which a plan is refused.
func refusals(err error) []refusedError {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var list []refusedError
	for _, e := range joined.Unwrap() {
		if refused, ok := errors.AsType[refusedError](e); ok {
			list = append(list, refused)
		}
	}
	return list
}

// sayRefused says why a plan is refused; the gravest reason gives the exit code.
func sayRefused(s terminal.Streams, list []refusedError) int {
	code := exitError
	for i, e := range list {
		say(s, "error: "+e.text)
		say(s, "hint: "+e.hint)
		if i == 0 {
			code = codeOf(e.verdict)
		}
	}
	say(s, list[0].nothing())
	return code
}

func say(s terminal.Streams, text string) {
	_, _ = fmt.Fprintln(s.ErrOut, terminal.EscapeLines(text)) // nowhere left to say that stderr is gone
}

// interrupted says what a command that was stopped has left: nothing.
func interrupted(command *cobra.Command) string {
	switch command.Name() {
	case "label", "rollback":
		return "interrupted: nothing was written"
	default:
		return "interrupted: nothing was reported"
	}
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
