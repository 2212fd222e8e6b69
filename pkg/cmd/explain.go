package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const explainLong = `
Say what a Pod Security check forbids, what somebody gains by it, and what to write instead.

CHECK is the name of a check as "kubectl pss check" prints it, the reason that the API server gives in a
denial, or a level for the checks that run under it; "privileged" is the check of that name, for the
level has none. Without CHECK all of them are listed. No cluster is asked: versions, levels and what
takes the place of what are those of the API server's own code as it is in this build.`

const explainExample = `
# List the checks
kubectl pss explain

# Explain one, by its name or by what a denial calls it
kubectl pss explain hostPathVolumes
kubectl pss explain "unrestricted capabilities"

# List what restricted demands at the newest version
kubectl pss explain restricted

# Print what to write to pass a check
kubectl pss explain runAsNonRoot -o jsonpath='{.items[0].passing}'`

// ExplainFlags are what the command line says.
type ExplainFlags struct {
	Print *printer.Flags
}

// NewCmdExplain returns `kubectl pss explain`.
func NewCmdExplain(s *terminal.Streams) *cobra.Command {
	flags := &ExplainFlags{Print: printer.NewFlags()}
	c := &cobra.Command{
		Use:                   "explain [CHECK]",
		DisableFlagsInUseLine: true,
		Short:                 "Say what a check forbids, why, and what to write instead",
		Long:                  strings.TrimSpace(explainLong),
		Example:               templates.Examples(explainExample),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := flags.ToOptions(*s, args)
			if err != nil {
				return err
			}
			return o.Run(c.Context())
		},
	}
	flags.Print.AddFlags(c)
	return c
}

// ExplainOptions are what the command needs to run.
type ExplainOptions struct {
	Checks  []standard.Explanation
	Print   func(io.Writer, *report.CheckList) error
	Streams terminal.Streams
}

// ToOptions turns flags and arguments into what Run needs.
func (f *ExplainFlags) ToOptions(s terminal.Streams, args []string) (*ExplainOptions, error) {
	all, err := standard.Explanations()
	if err != nil {
		return nil, err
	}
	o := &ExplainOptions{Checks: all, Streams: s}
	details := false
	if len(args) > 0 {
		// A reason may come without quotes, and a name as -o name prints it.
		text := strings.TrimPrefix(strings.Join(args, " "), "check/")
		var near []string
		if o.Checks, near = standard.Find(all, text); len(o.Checks) == 0 {
			return nil, usagef("%s", unknownCheck(text, near))
		}
		switch api.Level(strings.ToLower(text)) {
		case api.LevelBaseline, api.LevelRestricted:
		default:
			details = true
		}
	}
	o.Print, err = printer.ToPrinter(f.Print, s, printer.Explain(printer.Options{Details: details}))
	if err != nil {
		return nil, usageError{err}
	}
	return o, nil
}

// unknownCheck says what might have been meant.
func unknownCheck(text string, near []string) string {
	if len(near) == 0 {
		return fmt.Sprintf("there is no check %q: kubectl pss explain lists them", text)
	}
	return fmt.Sprintf("there is no check %q: did you mean %s?", text, strings.Join(near, " or "))
}

// Run prints.
func (o *ExplainOptions) Run(context.Context) error {
	l := &report.CheckList{Items: make([]report.Check, len(o.Checks))}
	l.APIVersion, l.Kind = report.APIVersion, report.KindCheckList
	for i := range o.Checks {
		l.Items[i] = explained(&o.Checks[i])
	}
	return o.Print(o.Streams.Out, l)
}

// explained is an explanation as it is reported.
func explained(e *standard.Explanation) report.Check {
	c := report.Check{
		Check: string(e.Check), Level: string(e.Level), Since: e.Revisions[0].Since.String(), Reason: e.Reason,
		Forbids: e.Forbids, Risk: e.Risk, Remedy: e.Remedy, Fields: e.Fields, Servers: e.Servers, Denied: e.Denied, Passing: e.Passing,
	}
	for _, a := range e.Allowed {
		value := report.AllowedValue{Field: a.Field, Value: a.Value}
		if a.Since != nil {
			value.Since = a.Since.String()
		}
		c.Allowed = append(c.Allowed, value)
	}
	for i, r := range e.Revisions {
		if i > 0 {
			c.Changes = append(c.Changes, report.CheckChange{Version: r.Since.String(), Change: r.Change})
		}
	}
	for _, x := range e.Exempt {
		c.Exempt = append(c.Exempt, report.ExemptPods{Pods: x.Pods, Since: x.Since.String()})
	}
	for _, r := range e.ReplacedBy {
		c.ReplacedBy = append(c.ReplacedBy, report.CheckReplacement{Check: string(r.Check), Since: r.Since.String()})
	}
	for _, r := range e.Replaces {
		c.Replaces = append(c.Replaces, report.CheckReplacement{Check: string(r.Check), Since: r.Since.String()})
	}
	return c
}
