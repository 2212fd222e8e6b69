package cmd

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const rollbackLong = `
Give namespaces the Pod Security labels back that they had before a run of "kubectl pss label".

Without RUN it is the last run on this cluster that can be taken back. Only labels that still hold what
the run wrote are restored; what somebody has changed since is left alone and named. A rollback is a run
of its own: it has a journal, can be continued by giving the same command again, and can be taken back
by its own RUN.

Journals are on this machine, in kubectl-pss/runs under the state directory (XDG_STATE_HOME); the 100
latest are kept.`

const rollbackExample = `
# List the runs of this machine
kubectl pss rollback --list

# See what the last run's way back would change
kubectl pss rollback --dry-run

# Take the last run back, or one run in two namespaces only
kubectl pss rollback
kubectl pss rollback 20261122-033012-x7k2 payments shop`

// RollbackFlags are what the command line says.
type RollbackFlags struct {
	List         bool
	DryRun       dryRunFlag
	Yes          bool
	FieldManager string
	Details      bool
	Print        *printer.Flags
}

// NewCmdRollback returns `kubectl pss rollback`.
func NewCmdRollback(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &RollbackFlags{Print: printer.NewFlags(printer.PlanFormats()...)}
	c := &cobra.Command{
		Use:                   "rollback [RUN] [NAMESPACE...] [--list] [--dry-run[=server|client]] [--yes]",
		DisableFlagsInUseLine: true,
		Short:                 "Take a label run back",
		Long:                  strings.TrimSpace(rollbackLong),
		Example:               templates.Examples(rollbackExample),
		RunE: func(c *cobra.Command, args []string) error {
			if flags.List {
				return flags.list(*s, args)
			}
			o, err := flags.ToOptions(config, *s, c, args)
			if err != nil {
				return err
			}
			return o.Run(c.Context())
		},
	}
	fs := c.Flags()
	fs.BoolVar(&flags.List, "list", false, "List the runs whose journals are on this machine.")
	fs.Var(&flags.DryRun, "dry-run", `Write nothing. "server" asks the API server to check the change, "client" only shows it. Without a value it is "server".`)
	fs.Lookup("dry-run").NoOptDefVal = dryRunServer
	fs.BoolVar(&flags.Yes, "yes", false, "Do not ask.")
	cmdutil.AddFieldManagerFlagVar(c, &flags.FieldManager, relabel.FieldManager)
	fs.BoolVar(&flags.Details, "details", false, "Show every label. On by default for named namespaces.")
	flags.Print.AddFlags(c)
	return c
}

// RollbackOptions are what a rollback needs to run.
type RollbackOptions struct {
	writing
	run    string // empty for the last one
	names  []string
	dryRun string
	output planPrinter
}

// looksLikeRun tells a run from a namespace among the arguments.
func looksLikeRun(arg string) bool { return regexp.MustCompile(`^[0-9]{8}(-|$)`).MatchString(arg) }

// ToOptions turns flags and arguments into what Run needs.
func (f *RollbackFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, c *cobra.Command, args []string) (*RollbackOptions, error) {
	o := &RollbackOptions{}
	if len(args) > 0 && looksLikeRun(args[0]) {
		o.run, args = args[0], args[1:]
	}
	if args = splitNamespaceType(args); len(args) > 0 && isNamespaceType(args[0]) {
		args = args[1:]
	}
	if err := f.DryRun.noNames(args); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return len(validation.IsDNS1123Label(arg)) > 0 }); i >= 0 {
		return nil, usagef("%q is neither a run, as --list shows them, nor a namespace", args[i])
	}
	o.names = args
	if len(args) == 0 && *config.Namespace != "" {
		o.names = []string{*config.Namespace}
	}
	switch {
	case f.DryRun.on():
		o.dryRun = f.DryRun.mode
	case slices.Contains(printer.PlanFormats(), strings.ToLower(f.Print.Output)):
		o.dryRun = dryRunClient // as with label: to be committed elsewhere, nothing is written here
		if f.Yes {
			s.Warn("%s", unwritten(f.Print.Output))
		}
	}
	if !c.Flags().Changed("details") {
		f.Details = len(o.names) > 0
	}
	document := printer.Plan(printer.PlanOptions{Options: printer.Options{Details: f.Details}, DryRun: o.dryRun})
	if o.dryRun == "" {
		document.Table = func(table printer.Options) func(io.Writer, *report.LabelPlan) error {
			return printer.PlanResults(printer.PlanOptions{Options: table})
		}
	}
	var err error
	if o.output, err = printer.ToPrinter(f.Print, s, document); err != nil {
		return nil, usageError{err}
	}
	_, host, err := newClient(config)
	if err != nil {
		return nil, err
	}
	o.writing, err = newWriting(config, s, "rollback", host, f.FieldManager, f.Yes, f.Details)
	o.table = isTable(f.Print)
	return o, err
}

// list prints the runs of this machine.
func (f *RollbackFlags) list(s terminal.Streams, args []string) error {
	if len(args) > 0 {
		return usagef("--list takes no arguments")
	}
	if format := strings.ToLower(f.Print.Output); slices.Contains(printer.PlanFormats(), format) {
		return usagef("-o %s prints a plan, and --list shows none: leave out one of them", format)
	}
	dir, err := relabel.DefaultDir()
	if err != nil {
		return err
	}
	output, err := printer.ToPrinter(f.Print, s, printer.Runs(printer.Options{}, time.Now()))
	if err != nil {
		return usageError{err}
	}
	runs, err := relabel.NewStore(dir).List()
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		say(s, "No runs found in "+dir+".")
	}
	return output(s.Out, relabel.ListOf(runs))
}

// Run shows what would be restored, asks and restores it.
func (o *RollbackOptions) Run(ctx context.Context) error {
	api, err := o.api(o.dryRun == dryRunServer)
	if err != nil {
		return err
	}
	p, err := o.plan(ctx, api)
	if err != nil {
		return err
	}
	if o.dryRun == dryRunServer {
		results := o.send(ctx, api, p.Items, relabel.Hooks{}, "asking about")
		if err := ctx.Err(); err != nil {
			return err
		}
		noteAnswers(p, results)
	}
	if o.dryRun != "" {
		if err := o.output(o.streams.Out, p); err != nil {
			return err
		}
		if err := o.explain(p); err != nil {
			return err
		}
		return leftOver(p)
	}
	if err := o.show(o.streams.ErrOut, p); err != nil {
		return err
	}
	if p.Summary.Change == 0 {
		if err := o.output(o.streams.Out, p); err != nil {
			return err
		}
		return leftOver(p)
	}
	if err := o.confirm(ctx, p, "Restore these labels of"); err != nil {
		return err
	}
	journal, err := o.journal(p, nil)
	if err != nil {
		return err
	}
	defer func() { _ = journal.Close() }() // what counts has been synced
	if err := o.execute(ctx, p, journal); err != nil {
		return err
	}
	if err := o.finish(ctx, p, o.output); err != nil {
		return err
	}
	return leftOver(p)
}

// commandLine is what to type for this rollback.
func (o *RollbackOptions) commandLine() string {
	return strings.TrimSpace(fmt.Sprintf("kubectl pss rollback %s %s", o.run, strings.Join(o.names, " ")))
}
