package cmd

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const whoCanLong = `
Say who can change Pod Security labels, or who may use a PodSecurityPolicy, and through which binding.

"relabel", which is the default, finds every subject that may create, update or patch namespaces, or write
to namespaces/status or namespaces/finalize: both change labels as well, and Pod Security does not look at
such requests. A RoleBinding in a namespace lets one change that very namespace. "use" finds those that may
use a policy, by either of the API groups that the server takes. With -n NAMESPACE only what holds for that
namespace is shown.

Cluster admins, who may everything, and Kubernetes' own components are named apart; -o wide shows their
bindings too. The answer is RBAC's alone: other authorizers, and who can give themselves such rights, are
not seen.

--guard prints a ValidatingAdmissionPolicy and its binding, which let only the subjects named by --allow
lower the enforce level of a namespace, take its label away or go back to an older version. Everybody who
may change a namespace may still tighten it. New namespaces, and the audit and warn modes, are not guarded;
nor is anything from those who may change the policy itself. Nothing is written: pipe it to kubectl apply.

Docs: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/

Exit codes: 0 done, 2 error, 3 something could not be read, 130 interrupted.`

const whoCanExample = `
# Show who can change Pod Security labels
kubectl pss who-can

# Show who can change those of one namespace, with admins and the system's components
kubectl pss who-can relabel -n payments -o wide

# Show who may use a PodSecurityPolicy
kubectl pss who-can use privileged

# Let only two teams and a service account loosen what namespaces enforce
kubectl pss who-can --guard --allow group/platform --allow group/security --allow serviceaccount/argocd/sync | kubectl apply -f -`

// WhoCanFlags are what the command line says.
type WhoCanFlags struct {
	AllNamespaces   bool
	ChunkSize       int64
	Guard           bool
	Allow           subjectsFlag
	AdmissionConfig string
	Server          minorFlag
	Print           *printer.Flags
}

// NewCmdWhoCan returns `kubectl pss who-can`.
func NewCmdWhoCan(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &WhoCanFlags{Print: printer.NewFlags(), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use:                   "who-can [relabel | use POLICY]",
		DisableFlagsInUseLine: true,
		Short:                 "Say who can change Pod Security labels, or use a PodSecurityPolicy",
		Long:                  strings.TrimSpace(whoCanLong),
		Example:               templates.Examples(whoCanExample),
		RunE: func(c *cobra.Command, args []string) error {
			if flags.Guard || flags.guards(c) {
				o, err := flags.ToGuardOptions(config, *s, args)
				if err != nil {
					return err
				}
				return o.Run(c.Context())
			}
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
func (f *WhoCanFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	fs.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "Show what holds in any namespace, as without -n. Namespace in current context is ignored even if specified with --namespace.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVar(&f.Guard, "guard", false, "Print a ValidatingAdmissionPolicy that lets only some subjects loosen what namespaces enforce, for kubectl apply -f -.")
	fs.Var(&f.Allow, "allow", "With --guard: who may loosen, as user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME; may be repeated. Without it only group/system:masters may.")
	addAdmissionConfigFlag(fs, &f.AdmissionConfig)
	fs.Var(&f.Server, "server-version", "With --guard: the version of the server that it is for, v1.N or latest; no server is asked then.")
	f.Print.AddFlags(c)
}

// WhoCanOptions are what the command needs to run.
type WhoCanOptions struct {
	surveyor
	// Policy is what is to be used; empty asks about labels.
	Policy    string
	Namespace string
	ChunkSize int64
	Print     func(io.Writer, *report.AccessReport) error
}

// ToOptions turns flags and arguments into what Run needs.
func (f *WhoCanFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*WhoCanOptions, error) {
	if err := validReading(f.ChunkSize, ""); err != nil {
		return nil, err
	}
	o := &WhoCanOptions{surveyor: surveyor{Streams: s}, ChunkSize: f.ChunkSize}
	var err error
	if o.Policy, err = whoCanWhat(args); err != nil {
		return nil, err
	}
	if !f.AllNamespaces {
		o.Namespace = *config.Namespace
	}
	if o.Print, err = printer.ToPrinter(f.Print, s, printer.Access()); err != nil {
		return nil, usageError{err}
	}
	o.Client, o.Host, err = newClient(config)
	return o, err
}

// whoCanWhat reads the question: the policy that is asked about, or none for labels.
func whoCanWhat(args []string) (policy string, err error) {
	switch {
	case len(args) == 0, len(args) == 1 && args[0] == report.QuestionRelabel:
		return "", nil
	case args[0] == report.QuestionRelabel:
		return "", usagef("relabel is about all namespaces, or one with -n: kubectl pss who-can relabel -n %s", args[len(args)-1])
	case args[0] != report.QuestionUse:
		return "", usagef("%q is not a question: kubectl pss who-can relabel, or kubectl pss who-can use POLICY", args[0])
	}
	words := args[1:]
	if len(words) == 2 && policyName(words[0]+"/x") == "x" {
		words = words[1:]
	}
	if len(words) != 1 || policyName(words[0]) == "" || strings.Contains(policyName(words[0]), "/") {
		return "", usagef("name one PodSecurityPolicy: kubectl pss who-can use POLICY")
	}
	return policyName(words[0]), nil
}

// Run reads who may and prints. Gaps come back as a verdictError.
func (o *WhoCanOptions) Run(ctx context.Context) error {
	r, err := o.look(ctx)
	if err != nil {
		return err
	}
	if err := o.Print(o.Streams.Out, r); err != nil {
		return err
	}
	if len(r.Gaps) > 0 {
		return verdictError{report.Incomplete}
	}
	return nil
}

// look asks the server what it is, and who may.
func (o *WhoCanOptions) look(ctx context.Context) (*report.AccessReport, error) {
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	if err := o.learn(inquiry); err != nil {
		return nil, err
	}
	if err := o.known(ctx); err != nil {
		return nil, err
	}
	var namespaces []string
	if o.Namespace != "" {
		namespaces = []string{o.Namespace}
	}
	access, gaps, err := o.Client.Access(ctx, o.ChunkSize, namespaces)
	if err != nil {
		return nil, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, err
	}
	r := &report.AccessReport{Server: o.server(&facts), Question: report.QuestionRelabel, Policy: o.Policy, Namespace: o.Namespace, Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindAccessReport
	if o.Policy == "" {
		r.Items = migration.WhoRelabels(&access, o.Namespace)
	} else {
		r.Question, r.Items = report.QuestionUse, migration.WhoUses(&access, o.Policy, o.Namespace)
		r.Makers = migration.MakersThatUse(&access, o.Policy, o.Namespace)
	}
	for _, g := range gaps {
		r.Gaps = append(r.Gaps, report.Gap(g))
	}
	return r, nil
}

// known refuses names of what is not there: a typing mistake would be answered, and wrongly. Rights to policies outlive
// these by years, so that a server without any is asked all the same.
func (o *WhoCanOptions) known(ctx context.Context) error {
	if o.Namespace != "" {
		found, gaps, err := o.Client.Namespaces(ctx, []string{o.Namespace})
		if err != nil {
			return err
		}
		if len(found) == 0 && len(gaps) == 0 {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, o.Namespace)
		}
	}
	if o.Policy == "" {
		return nil
	}
	policies, served, gap, err := o.Client.Policies(ctx)
	switch {
	case err != nil:
		return err
	case !served:
		o.Streams.Warn("this server has no PodSecurityPolicy, which Kubernetes removed with v1.25: rights to use one are left over and give nothing")
	case gap == nil && !slices.ContainsFunc(policies, func(p *psp.Policy) bool { return p.Name == o.Policy }):
		return apierrors.NewNotFound(schema.GroupResource{Group: "policy", Resource: "podsecuritypolicies"}, o.Policy)
	}
	return nil
}
