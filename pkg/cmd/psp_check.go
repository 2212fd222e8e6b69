package cmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const pspCheckLong = `
Say what PodSecurityPolicies do for workloads, and what becomes of these without.

A policy may write fields into pods that their templates lack. Such pods pass a level, the documented dry
run of its label says nothing, and once the policy is gone the next pod is refused. This command holds
pods against their templates, names what a policy wrote, and shows the refusal that waits, in the
server's own words. Workloads without pods are judged by what the server would make of the next one.

-o patch prints commands that write down in the templates what policies write today, each with its undo;
the patched templates were judged again. Levels are recommended for each namespace: what all workloads
pass with their policies and without, now and after the patches.

With -f the policies are read from files, for example from a backup made before an upgrade.

Exit codes: 0 no trap, 1 workloads are trapped, 2 error, 3 incomplete (something could not be read),
130 interrupted. System namespaces (kube-*) are shown, but have no say in the exit code unless named.`

const pspCheckExample = `
# Show what would stop without policies, in the whole cluster
kubectl pss psp check

# Look at every workload of one namespace
kubectl pss psp check shop

# Write down in the templates what policies write into their pods
kubectl pss psp check shop -o patch | sh

# Check by a backup of the policies, on a server that has none any more
kubectl pss psp check -f policies.yaml

# List the namespaces that could go to restricted once they are patched
kubectl pss psp check -o jsonpath='{range .items[?(@.afterPatches.enforce=="restricted")]}{.namespace}{"\n"}{end}'`

// PSPCheckFlags are what the command line says.
type PSPCheckFlags struct {
	policyFiles
	AllNamespaces   bool
	Selector        string
	ChunkSize       int64
	Details         bool
	Quiet           bool
	AdmissionConfig string
	Print           *printer.Flags
}

// NewCmdPSPCheck returns `kubectl pss psp check`.
func NewCmdPSPCheck(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &PSPCheckFlags{Print: printer.NewFlags("patch"), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use:                   "check [NAMESPACE...] [-l SELECTOR] [-f FILE]",
		DisableFlagsInUseLine: true,
		Short:                 "Say which workloads stop without PodSecurityPolicy, and repair them",
		Long:                  strings.TrimSpace(pspCheckLong),
		Example:               templates.Examples(pspCheckExample),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := flags.ToOptions(config, *s, c, args)
			if err != nil {
				return err
			}
			return o.Run(c.Context())
		},
	}
	flags.AddFlags(c)
	return c
}

// AddFlags registers the flags.
func (f *PSPCheckFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	f.addPolicies(fs, "they are taken for the cluster's, which may have none any more.")
	fs.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "If present, check all namespaces. Namespace in current context is ignored even if specified with --namespace.")
	fs.StringVarP(&f.Selector, "selector", "l", "", "Selector (label query) to filter namespaces on, supports '=', '==', '!=', 'in', 'notin'.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVar(&f.Details, "details", false, "Show every workload, also those that go on. On by default for named namespaces.")
	fs.BoolVarP(&f.Quiet, "quiet", "q", false, "Print nothing but errors; the exit code tells.")
	addAdmissionConfigFlag(fs, &f.AdmissionConfig)
	f.Print.AddFlags(c)
}

// PSPCheckOptions are what the command needs to run.
type PSPCheckOptions struct {
	pspSurveyor
	Print func(io.Writer, *report.PSPCheck) error
}

// ToOptions turns flags and arguments into what Run needs.
func (f *PSPCheckFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, c *cobra.Command, args []string) (*PSPCheckOptions, error) {
	names, err := f.namespaces(args, *config.Namespace)
	if err != nil {
		return nil, err
	}
	if err := validReading(f.ChunkSize, f.Selector); err != nil {
		return nil, err
	}
	if f.Quiet {
		s = s.Quieted()
	}
	details := len(names) > 0
	if c.Flags().Changed("details") {
		details = f.Details
	}
	o := &PSPCheckOptions{pspSurveyor: pspSurveyor{surveyor: surveyor{Streams: s}}}
	if o.Survey.Admission, err = newAdmission(f.AdmissionConfig); err != nil {
		return nil, err
	}
	o.Survey.Configured = f.AdmissionConfig != ""
	document := printer.PSPCheck(printer.Options{Details: details}, f.command(names, config), clusterWords(config))
	if o.Print, err = printer.ToPrinter(f.Print, s, document); err != nil {
		return nil, usageError{err}
	}
	if o.Files, err = f.manifests(s); err != nil {
		return nil, err
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	o.Source = cluster.Options{Names: names, Selector: f.Selector, ChunkSize: f.ChunkSize}
	o.Survey.Named = names
	return o, nil
}

// command is the check as somebody would type it.
func (f *PSPCheckFlags) command(names []string, config *genericclioptions.ConfigFlags) []string {
	words := append([]string{"kubectl", "pss", "psp", "check"}, names...)
	if f.Selector != "" {
		words = append(words, "-l", f.Selector)
	}
	return append(append(words, f.policyWords()...), clusterWords(config)...)
}

// namespaces are those named, with or without ns before them; none means all or the selected ones.
func (f *PSPCheckFlags) namespaces(args []string, namespace string) ([]string, error) {
	return pspNamespaces(args, f.AllNamespaces, f.Selector, namespace, "psp check")
}

// pspNamespaces are the namespaces that a command below psp is about.
func pspNamespaces(args []string, all bool, selector, namespace, verb string) ([]string, error) {
	words := splitNamespaceType(args)
	if len(words) > 0 && !isNamespaceType(words[0]) {
		words = append([]string{"ns"}, words...)
	}
	return namespaceNames(words, all, selector, namespace, verb)
}

// Run checks and prints. A verdict other than "complies" comes back as a verdictError.
func (o *PSPCheckOptions) Run(ctx context.Context) error {
	v, err := o.look(ctx)
	if err != nil {
		return err
	}
	switch {
	case v.Off:
		say(o.Streams, "The PodSecurityPolicy plug-in is off ("+v.Admission.PodSecurityPolicy.Reason+"): policies admit no pod any more, and write into none.")
	case !v.Check.Served && v.Read == nil:
		say(o.Streams, notServed(v.Server.Version))
	}
	if len(v.Check.Items) == 0 {
		say(o.Streams, "No namespaces found.")
	}
	if err := o.Print(o.Streams.Out, v.Check); err != nil {
		return err
	}
	switch {
	case v.broken():
		return partlyError{}
	case v.Check.Summary.Verdict != report.Complies:
		return verdictError{v.Check.Summary.Verdict}
	}
	return nil
}
