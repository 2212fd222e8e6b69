package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const blockedLong = `
Say whose pods Pod Security is refusing right now, since when, and how many are missing.

A refused pod leaves no pod behind: its controller tells of it in an event or a condition, where few
people look. This command reads both, in all namespaces unless some are named, and keeps what lacks
pods and was refused by Pod Security when it last tried. What was refused once and has its pods
meanwhile is left out, and so is what something else stops, such as a quota.

Controllers try again at growing intervals, up to some 17 minutes: a cure shows here only after the
next try. The server forgets events after an hour by default, so that the age of a refusal that only
events tell of is a lower bound (>=). Custom controllers that make pods themselves are not known.

Exit codes: 0 nothing is refused, 1 something is, 2 error, 3 nothing seen, but something could not be
read, 130 interrupted.`

const blockedExample = `
# Show what Pod Security refuses in the whole cluster
kubectl pss blocked

# Look into two namespaces only, with the server's own words
kubectl pss blocked ns payments shop -o wide

# Fail a pipeline if anything is refused in the namespace that it has just labelled
kubectl pss blocked -n payments

# Print the message of each refusal
kubectl pss blocked -o jsonpath='{range .items[*]}{.namespace}/{.name}: {.message}{"\n"}{end}'`

// BlockedFlags are what the command line says.
type BlockedFlags struct {
	AllNamespaces bool
	ChunkSize     int64
	Quiet         bool
	Print         *printer.Flags
}

// NewCmdBlocked returns `kubectl pss blocked`.
func NewCmdBlocked(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &BlockedFlags{Print: printer.NewFlags(), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use:                   "blocked [ns [NAME...]]",
		DisableFlagsInUseLine: true,
		Short:                 "Say whose pods Pod Security is refusing right now",
		Long:                  strings.TrimSpace(blockedLong),
		Example:               templates.Examples(blockedExample),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := flags.ToOptions(config, *s, args)
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
func (f *BlockedFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	fs.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "Look into all namespaces, as without -n and names. Namespace in current context is ignored even if specified with --namespace.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVarP(&f.Quiet, "quiet", "q", false, "Print nothing but errors; the exit code tells.")
	f.Print.AddFlags(c)
}

// BlockedOptions are what the command needs to run.
type BlockedOptions struct {
	Client *cluster.Client
	// Namespaces are those named; none means all.
	Namespaces []string
	ChunkSize  int64
	Host       string // the server's address, for progress
	Print      func(io.Writer, *report.BlockedReport) error
	Now        func() time.Time
	Streams    terminal.Streams
}

// ToOptions turns flags and arguments into what Run needs.
func (f *BlockedFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*BlockedOptions, error) {
	names, err := f.namespaces(args, *config.Namespace)
	if err != nil {
		return nil, err
	}
	if f.ChunkSize < 0 {
		return nil, usagef("invalid argument \"%d\" for \"--chunk-size\" flag: must not be negative; 0 asks for whole lists", f.ChunkSize)
	}
	if f.Quiet {
		s = s.Quieted()
	}
	o := &BlockedOptions{Namespaces: names, ChunkSize: f.ChunkSize, Now: time.Now, Streams: s}
	if o.Print, err = printer.ToPrinter(f.Print, s, printer.Blocked()); err != nil {
		return nil, usageError{err}
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	return o, nil
}

// namespaces are those named by arguments or by -n, each once; none means all.
func (f *BlockedFlags) namespaces(args []string, namespace string) ([]string, error) {
	if len(args) > 0 && !isNamespaceType(args[0]) {
		return nil, usagef("%q is not ns: only whole namespaces can be looked into, by kubectl pss blocked ns NAME or -n NAME", args[0])
	}
	names := args[min(len(args), 1):]
	for _, n := range names {
		if n == "" || strings.Contains(n, "/") {
			return nil, usagef("%q cannot be a namespace: kubectl pss blocked ns NAME1 NAME2", n)
		}
	}
	switch {
	case len(names) > 0 && f.AllNamespaces:
		return nil, usagef("a resource cannot be retrieved by name across all namespaces: leave out -A or the names")
	case len(names) > 0 && namespace != "":
		return nil, usagef("--namespace cannot be combined with namespaces by name: leave out one of them")
	case len(names) == 0 && namespace != "" && !f.AllNamespaces:
		names = []string{namespace}
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Run looks and prints. Something refused, or nothing seen with gaps, comes back as a verdictError.
func (o *BlockedOptions) Run(ctx context.Context) error {
	r, namespaces, err := o.look(ctx)
	if err != nil {
		return err
	}
	if len(r.Items) == 0 && len(r.Gaps) == 0 && !o.Streams.Quiet {
		say(o.Streams, nothingRefused(r, namespaces))
	}
	if err := o.Print(o.Streams.Out, r); err != nil {
		return err
	}
	if v := report.Of(len(r.Items), len(r.Gaps)); v != report.Complies {
		return verdictError{v}
	}
	return nil
}

func nothingRefused(r *report.BlockedReport, namespaces []corev1.Namespace) string {
	text := fmt.Sprintf("Pod Security refuses nothing right now in %d namespaces", len(namespaces))
	if len(namespaces) == 1 {
		text = "Pod Security refuses nothing right now in namespace " + terminal.Escape(namespaces[0].Name)
	}
	if r.Server.PodSecurity.Value == report.PodSecurityInactive {
		text += ": it is not active on this server"
	}
	return text + "."
}

// look reads the namespaces and what is refused in them, with progress on stderr.
func (o *BlockedOptions) look(ctx context.Context) (*report.BlockedReport, []corev1.Namespace, error) {
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	source, err := cluster.NewSource(o.Client, cluster.Options{Names: o.Namespaces, ChunkSize: o.ChunkSize, OnPage: progress.Page})
	if err != nil {
		return nil, nil, usageError{err}
	}
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	server := &surveyor{}
	if err := server.learn(inquiry); err != nil {
		return nil, nil, err
	}
	namespaces, err := source.Namespaces(ctx)
	if err != nil {
		if len(o.Namespaces) == 0 && apierrors.IsForbidden(err) {
			err = &cluster.HintError{Err: err, Hint: "pass the namespaces that you may read by name: kubectl pss blocked ns NAME"}
		}
		return nil, nil, err
	}
	found, gaps, err := o.Client.Refusals(ctx, cluster.RefusalOptions{Namespaces: o.Namespaces, ChunkSize: o.ChunkSize, OnPage: progress.Page})
	if err != nil {
		return nil, nil, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, nil, err
	}
	refusals, err := survey.NewRefusals(server.Survey.Binary, server.Survey.Minor)
	if err != nil {
		return nil, nil, err
	}
	r := &report.BlockedReport{Time: o.Now().UTC(), Items: refusals.Blocked(found), Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindBlockedReport
	r.Server = server.server(&facts)
	for _, g := range gaps {
		r.Gaps = append(r.Gaps, report.Gap(g))
	}
	return r, namespaces, nil
}
