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
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const checkLong = `
Say what the API server does with pods and workloads under Pod Security labels.

Without --enforce, --audit or --warn every level is judged. With one of them the command says what the
server would answer if the namespaces had those labels, in the server's own words. Nothing is written,
and nothing but reading is asked of the server, unless --through-admission or --probe is given.

What webhooks, admission policies and defaults make of a pod on its way stands in no template. With
--through-admission the server is asked by dry run for one pod of every template, as the controller that
makes them where that one may be impersonated, and what it would really create decides. Nothing is
stored; the requests reach the audit log and the webhooks. Where the server shows no pod (a webhook
refuses dry runs, a quota is used up, a right is missing) the result is incomplete for that workload.

Default levels and exemptions stand in a file of the server's that no API shows. They are assumed to be the
built-in ones unless --admission-config passes that file. With --probe the server is asked by dry run what
it can tell of them, for the namespaces that are checked and those of the system, and what it did not tell
stays assumed; kubectl pss config shows each fact. Whether a user is exempt, a controller above all, is
asked with --probe-user.

With --upgrade-to v1.N what was read is judged as a server of that release would judge it as well, and only
what changes is shown: workloads that newly fail or pass or are told otherwise, the checks that cause it,
and the version labels that keep things as they are. A release older than the server shows the way back.

TYPE is one of ns, po, deploy, sts, ds, rs, rc, job, cj, podtemplate.

With -f or -k manifests are judged instead, as the API server would store them, and no server is asked:
latest means the newest version known, unless --server-version says otherwise. An argument that ends in
.yaml, .yml or .json means -f. Namespaces among the manifests supply labels.

With --live they are judged as kubectl apply would bring them to the cluster of the kubeconfig: by its
version, and by the labels that their namespaces have there. A Namespace among the manifests changes
those labels: its own win, those that an earlier kubectl apply set and it lacks go, all others stay.
A namespace that is neither there nor among the manifests counts as created without labels, which is
said; one that may not be read is a gap. Only these namespaces are read, none of the pods in them.

Exit codes: 0 complies, 1 violates, 2 error, 3 incomplete (something could not be read), 130 interrupted.
With --upgrade-to the exit code is 1 only for what the other release newly refuses.
System namespaces (kube-*) are shown, but have no say in the exit code unless they are named.`

const checkExample = `
# Show every namespace: its policy now, the strictest level that nothing violates, and what stands in the way
kubectl pss check ns

# Foresee what enforcing restricted would refuse in one namespace
kubectl pss check ns payments --enforce restricted

# Try baseline enforced and restricted as warning on namespaces chosen by label
kubectl pss check ns -l team=shop --enforce baseline:v1.30 --warn restricted

# Check one workload, or one pod
kubectl pss check deploy/web -n shop
kubectl pss check pod web-5d8c9f7b6d-x2x7k -n shop

# Judge what the server would really create, after webhooks and admission policies
kubectl pss check ns shop --enforce baseline --through-admission

# Take default levels and exemptions from the server itself
kubectl pss check ns --enforce baseline --probe

# Foresee what an upgrade of the cluster newly refuses
kubectl pss check ns --upgrade-to v1.37

# Check manifests before they are applied
kubectl pss check -f deploy/ -R --enforce restricted
helm template shop | kubectl pss check -f - --enforce baseline

# Check them under the labels that their namespaces have in the cluster
kubectl pss check -f deploy/ -R --live

# List the namespaces that could go to restricted today
kubectl pss check ns -o jsonpath='{range .items[?(@.strictest.level=="restricted")]}{.namespace}{"\n"}{end}'`

// CheckFlags are what the command line says.
type CheckFlags struct {
	modeFlags
	fileFlags
	upgradeFlags
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
	if f.Quiet {
		s = s.Quieted()
	}
	details := t.named() || f.given()
	if c.Flags().Changed("details") {
		details = f.Details
	}
	o := &CheckOptions{surveyor: surveyor{Streams: s, Minor: f.ServerVersion.minor}}
	o.Survey.Candidate, o.Survey.UpgradeTo = f.candidate(), f.UpgradeTo.minor
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
	o.Source = cluster.Options{Names: t.names, Selector: f.Selector, ChunkSize: f.ChunkSize}
	o.Survey.Named = t.names
	if t.only != nil {
		namespace, err := objectNamespace(config)
		if err != nil {
			return nil, err
		}
		o.Source.Only = &cluster.Target{Ref: *t.only, Namespace: namespace}
		o.Survey.Only, o.Survey.Named = t.only, []string{namespace}
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
	return strings.Join(slices.Concat(words, f.modeFlags.words(), f.upgradeFlags.words()), " ")
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
