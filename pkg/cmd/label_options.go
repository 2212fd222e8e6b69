package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// planPrinter prints a plan.
type planPrinter = func(io.Writer, *report.LabelPlan) error

// LabelOptions are what a label run needs.
type LabelOptions struct {
	surveyor
	writing
	Asked report.Asked
	// File or Continue name a plan that was made before; with neither a new one is made.
	File, Continue string
	// DryRun is client or server, and empty for a run that writes.
	DryRun string
	Allow  allowances
	Watch  time.Duration
	Print  planPrinter
	hints  []string
}

// allowances are the flags that let a plan through in spite of something.
type allowances struct{ violations, gaps, conflicts bool }

// ToOptions turns flags and arguments into what Run needs.
func (f *LabelFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, c *cobra.Command, args []string) (*LabelOptions, error) {
	names, err := f.target(args, *config.Namespace)
	if err != nil {
		return nil, err
	}
	if err := f.valid(c, names); err != nil {
		return nil, err
	}
	if f.commitFormat() && !f.DryRun.on() {
		f.DryRun.mode = dryRunClient
		if f.Yes {
			s.Warn("%s", unwritten(f.Print.Output))
		}
	}
	o := &LabelOptions{
		surveyor: surveyor{Streams: s}, File: f.Filename.text, Continue: f.Continue, Watch: f.Watch,
		Allow: allowances{f.AllowViolations, f.AllowGaps, f.ForceConflicts},
		Asked: report.Asked{Enforce: f.Enforce.text, Audit: f.Audit.text, Warn: f.Warn.text, Recommend: f.Recommend, Pin: f.Pin.text},
	}
	if f.DryRun.on() {
		o.DryRun = f.DryRun.mode
	}
	if o.Survey.Admission, err = newAdmission(f.AdmissionConfig); err != nil {
		return nil, err
	}
	o.Survey.Configured = f.AdmissionConfig != ""
	o.Survey.Named, o.Survey.Judged = names, []survey.Mode{survey.Enforce}
	o.Survey.Candidate = f.candidate()
	if f.Recommend {
		o.Survey.Recommend = &survey.Recommend{}
		if f.Pin.version != nil {
			o.Survey.Recommend.Pin = *f.Pin.version
		}
	}
	details := len(names) > 0
	if c.Flags().Changed("details") {
		details = f.Details
	}
	if o.Print, err = f.printer(s, o.DryRun, details); err != nil {
		return nil, usageError{err}
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	o.Source = cluster.Options{Names: names, Selector: f.Selector, ChunkSize: f.ChunkSize, Whole: true}
	o.writing, err = newWriting(config, s, "label", o.Host, f.FieldManager, f.Yes, details)
	o.table = isTable(f.Print)
	return o, err
}

// target are the namespaces meant by arguments and flags.
func (f *LabelFlags) target(args []string, namespace string) ([]string, error) {
	args = splitNamespaceType(args)
	if err := f.DryRun.noNames(args); err != nil {
		return nil, err
	}
	for _, arg := range args { // in the manner of kubectl label
		if strings.Contains(arg, "=") || strings.HasPrefix(arg, "pod-security.kubernetes.io/") {
			return nil, usagef("labels are given by flags, not as %q: --enforce, --audit or --warn LEVEL[:VERSION]", arg)
		}
	}
	if len(args) > 0 && !isNamespaceType(args[0]) {
		if _, isType := resourceOf(strings.SplitN(args[0], "/", 2)[0]); isType || strings.Contains(args[0], "/") {
			return nil, usagef("only namespaces carry Pod Security labels: kubectl pss label ns NAME")
		}
		return nil, usagef("say that %q is a namespace: kubectl pss label ns %s", args[0], strings.Join(args, " "))
	}
	return namespaceNames(args, f.All, f.Selector, namespace, "label")
}

// valid refuses flags that contradict each other, and fills in what a bare --dry-run means.
func (f *LabelFlags) valid(c *cobra.Command, names []string) error {
	chosen := len(names) > 0 || f.Selector != "" || f.All
	proposed := f.candidate() != nil || f.Recommend
	before := ""
	switch {
	case f.Filename.text != "" && f.Continue != "":
		return usagef("--filename and --continue each bring a plan: leave out one of them")
	case f.Filename.text != "":
		before = "--filename"
	case f.Continue != "":
		before = "--continue"
	}
	switch {
	case before != "" && (chosen || proposed):
		return usagef("%s brings its own namespaces and levels: leave out the others", before)
	case before != "":
	case f.Recommend && f.candidate() != nil:
		return usagef("--recommend chooses the levels itself: leave out --enforce, --audit and --warn, or --recommend")
	case f.All && f.Selector != "":
		return usagef("--all cannot be combined with --selector")
	case !chosen && !f.DryRun.on() && !f.commitFormat():
		return usagef("which namespaces? Name them (ns NAME...), select them (-l SELECTOR), or take --all")
	case !proposed && !f.DryRun.on() && !f.commitFormat():
		return usagef("which labels? Give --enforce, --audit or --warn LEVEL[:VERSION], or --recommend")
	}
	if before == "" && !proposed {
		f.Recommend = true
	}
	switch {
	case f.Pin.version != nil && !f.Recommend:
		return usagef("--pin belongs to --recommend: write --enforce LEVEL:VERSION")
	case f.Continue != "" && f.DryRun.mode == dryRunServer && !c.Flags().Changed("dry-run"):
		return usagef("--continue cannot be combined with --dry-run=server")
	case f.Watch < 0:
		return usagef("invalid argument %q for \"--watch\" flag: must not be negative", f.Watch)
	case f.Watch > 0 && (f.DryRun.on() || f.commitFormat()):
		return usagef("--watch follows what was written: it cannot be combined with --dry-run, -o patch or -o manifests")
	}
	return validReading(f.ChunkSize, f.Selector)
}

// commitFormat says whether the output is to be committed elsewhere: then nothing is written here.
func (f *LabelFlags) commitFormat() bool {
	return slices.Contains(printer.PlanFormats(), strings.ToLower(f.Print.Output))
}

// unwritten says what --yes comes to beside a format to commit.
func unwritten(format string) string {
	return fmt.Sprintf("-o %s prints what to commit, and nothing is written in spite of --yes: leave out -o %[1]s to write", format)
}

// printer prints the plan on stdout for a dry run, and what became of it for a run that writes.
func (f *LabelFlags) printer(s terminal.Streams, dryRun string, details bool) (planPrinter, error) {
	o := printer.PlanOptions{Options: printer.Options{Details: details}, DryRun: dryRun}
	document := printer.Plan(o)
	if dryRun == "" {
		document.Table = func(table printer.Options) func(io.Writer, *report.LabelPlan) error {
			return printer.PlanResults(printer.PlanOptions{Options: table})
		}
	}
	return printer.ToPrinter(f.Print, s, document)
}
