package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// CheckFlags are what the command line says.
type CheckFlags struct {
	modeFlags
	fileFlags
	upgradeFlags
	beyondFlags
	AllNamespaces   bool
	Selector        string
	ChunkSize       int64
	Details         bool
	Quiet           bool
	AdmissionConfig string
	ServerVersion   minorFlag
	// ThroughAdmission asks by dry run what the server would make of every template, Probe how Pod Security is configured,
	// and of ProbeUsers whether they are exempt.
	ThroughAdmission, Probe bool
	ProbeUsers              []string
	Print                   *printer.Flags
}

// NewCmdCheck returns `kubectl pss check`.
func NewCmdCheck(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &CheckFlags{Print: printer.NewFlags(), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use:                   "check [ns [NAME...] | TYPE/NAME | -f FILE | -k DIR] [-l SELECTOR] [--enforce|--audit|--warn LEVEL]",
		DisableFlagsInUseLine: true,
		Short:                 "Say what the API server does with pods and workloads under Pod Security labels",
		Long:                  strings.TrimSpace(checkLong),
		Example:               templates.Examples(checkExample),
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
func (f *CheckFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	f.add(fs, "Simulate")
	f.addFiles(fs)
	fs.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "If present, check all namespaces. Namespace in current context is ignored even if specified with --namespace.")
	fs.StringVarP(&f.Selector, "selector", "l", "", "Selector (label query) to filter namespaces on, supports '=', '==', '!=', 'in', 'notin'.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVar(&f.Details, "details", false, "Show every workload in the way with its evidence. On by default for named namespaces and single workloads.")
	fs.BoolVarP(&f.Quiet, "quiet", "q", false, "Print nothing but errors; the exit code tells.")
	addAdmissionConfigFlag(fs, &f.AdmissionConfig)
	fs.Var(&f.ServerVersion, "server-version", "What the policy version latest means: `v1.N` instead of the server's own version.")
	fs.BoolVar(&f.ThroughAdmission, "through-admission", false, "Ask the server by dry run for a pod of every template, and judge what it would really create.")
	fs.BoolVar(&f.Probe, "probe", false, "Ask the server by dry run for default levels and exemptions, which no API shows. Nothing is stored.")
	addProbeUserFlag(fs, &f.ProbeUsers)
	f.addUpgrade(fs)
	f.addBeyond(fs)
	f.Print.AddFlags(c)
}

// CheckOptions are what a check needs to run.
type CheckOptions struct {
	surveyor
	// Files are judged instead of a cluster; Live judges them for one.
	Files *manifest.Source
	Live  bool
	Print printer.Func
}

// ToOptions turns flags and arguments into what Run needs.
func (f *CheckFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, c *cobra.Command, args []string) (*CheckOptions, error) {
	t, err := f.target(args, *config.Namespace)
	if err != nil {
		return nil, err
	}
	if err := validReading(f.ChunkSize, f.Selector); err != nil {
		return nil, err
	}
	if err := f.validBeyond(); err != nil {
		return nil, err
	}
	if f.Quiet {
		s = s.Quieted()
	}
	details := t.named() || f.given()
	if c.Flags().Changed("details") {
		details = f.Details
	}
	o := &CheckOptions{surveyor: surveyor{Streams: s, Minor: f.ServerVersion.minor}}
	o.Survey.Candidate, o.Survey.UpgradeTo, o.Survey.Beyond = f.candidate(), f.UpgradeTo.minor, f.controls()
	if o.Survey.Admission, err = newAdmission(f.AdmissionConfig); err != nil {
		return nil, err
	}
	o.Survey.Configured = f.AdmissionConfig != ""
	if o.Print, err = printer.ToPrinter(f.Print, s, printer.Check(printer.Options{Details: details, Next: f.next()})); err != nil {
		return nil, usageError{err}
	}
	if f.given() {
		return o, o.fromFiles(f, config)
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	o.Changing = true
	if f.ThroughAdmission {
		if o.Probe, err = probe.NewClient(config, version); err != nil {
			return nil, err
		}
	}
	if f.Probe {
		if o.Discover, err = probe.NewClient(config, version); err != nil {
			return nil, err
		}
		o.Users = f.ProbeUsers
	}
	o.Source = cluster.Options{Names: t.names, Selector: f.Selector, ChunkSize: f.ChunkSize, Beyond: f.Beyond}
	o.Survey.Named, o.Survey.Scope = t.names, strings.Join(t.names, " ")
	if f.Selector != "" {
		o.Survey.Scope = "-l " + shell.Quote(f.Selector)
	}
	if t.only != nil {
		namespace, err := objectNamespace(config)
		if err != nil {
			return nil, err
		}
		o.Source.Only = &cluster.Target{Ref: *t.only, Namespace: namespace}
		o.Survey.Only, o.Survey.Named, o.Survey.Scope = t.only, []string{namespace}, namespace
	}
	return o, nil
}

// next is the command that shows what a table without details leaves out.
func (f *CheckFlags) next() string {
	words := []string{"kubectl pss check ns NAME"}
	if f.given() {
		words = append([]string{"kubectl pss check --details"}, f.fileWords()...)
	}
	if f.ThroughAdmission {
		words = append(words, "--through-admission")
	}
	words = append(words, f.probeWords()...)
	return strings.Join(slices.Concat(words, f.modeFlags.words(), f.upgradeFlags.words(), f.beyondFlags.words()), " ")
}

// Run checks and prints. A verdict other than "complies" comes back as a verdictError.
func (o *CheckOptions) Run(ctx context.Context) error {
	look := o.foresee
	if o.Files != nil {
		look = o.foreseeFiles
	}
	foresight, err := look(ctx)
	if err != nil {
		return err
	}
	r := foresight.Report
	verdict := o.upgraded(r)
	if len(r.Items) == 0 && o.Files == nil {
		say(o.Streams, "No namespaces found.")
	}
	if err := o.Print(o.Streams.Out, r); err != nil {
		return err
	}
	if o.Files != nil && len(o.Files.Errors()) > 0 {
		return partlyError{}
	}
	if verdict != report.Complies {
		return verdictError{verdict}
	}
	return nil
}
