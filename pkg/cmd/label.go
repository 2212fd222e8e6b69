package cmd

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const labelLong = `
Change the Pod Security labels of namespaces, knowing beforehand what breaks.

The command reads the namespaces, says what the API server will refuse and warn about under the new
labels, asks, reads again, and writes. Every run keeps a journal: rollback takes it back, --continue
goes on with one that was interrupted. Only the six pod-security.kubernetes.io labels are ever written.

A plan is refused as a whole where pods would be refused (--allow-violations), where something could
not be read (--allow-gaps), or where somebody else sets these labels (--force-conflicts). --yes answers
the question only.

--recommend enforces in each namespace the strictest level that nothing violates, and audits and warns
one step above. It loosens nothing, leaves a mode alone that has its level already, and raises nothing
where something could not be read.

--dry-run without a value means server: the API server is asked to check the change, and its answer is
shown beside the prediction. (In kubectl, a bare --dry-run is an old name for client.) "kubectl pss label
--dry-run" alone is "label ns --all --recommend --dry-run=server".

Exit codes: 0 done, 1 refused because pods would be refused, 2 error, declined or only partly done,
3 refused because something could not be read, 130 interrupted.`

const labelExample = `
# See what could be enforced today, and let the server check it; nothing is written
kubectl pss label --dry-run

# Raise every namespace as far as nothing is refused
kubectl pss label ns --all --recommend

# Enforce restricted in one namespace, or see first what that does
kubectl pss label ns payments --enforce restricted --dry-run
kubectl pss label ns payments --enforce restricted

# Plan today, review, apply tomorrow: stops where something has changed since
kubectl pss label ns -l team=shop --enforce baseline:v1.37 --dry-run=client -o yaml > plan.yaml
kubectl pss label -f plan.yaml

# Write, then follow what is refused for ten minutes
kubectl pss label ns shop --enforce baseline --watch 10m

# Print what to commit to Git instead of writing
kubectl pss label ns --all --recommend -o patch`

// LabelFlags are what the command line says.
type LabelFlags struct {
	modeFlags
	All             bool
	Selector        string
	Filename        fileFlag
	Continue        string
	Recommend       bool
	Pin             versionFlag
	DryRun          dryRunFlag
	Yes             bool
	AllowViolations bool
	AllowGaps       bool
	ForceConflicts  bool
	FieldManager    string
	Watch           time.Duration
	ChunkSize       int64
	Details         bool
	AdmissionConfig string
	Print           *printer.Flags
}

// NewCmdLabel returns `kubectl pss label`.
func NewCmdLabel(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &LabelFlags{Print: printer.NewFlags(printer.PlanFormats()...), ChunkSize: cmdutil.DefaultChunkSize}
	c := &cobra.Command{
		Use: "label {ns NAME... | -l SELECTOR | --all} {--enforce|--audit|--warn LEVEL[:VERSION] | --recommend} " +
			"[--dry-run[=server|client]] [--yes]",
		DisableFlagsInUseLine: true,
		Short:                 "Change Pod Security labels, knowing beforehand what breaks",
		Long:                  strings.TrimSpace(labelLong),
		Example:               templates.Examples(labelExample),
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
func (f *LabelFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	f.add(fs, "Set")
	fs.BoolVarP(&f.All, "all", "A", false, "Select all namespaces. System namespaces (kube-*) are left alone unless they are named.")
	fs.StringVarP(&f.Selector, "selector", "l", "", "Selector (label query) to filter namespaces on, supports '=', '==', '!=', 'in', 'notin'.")
	fs.VarP(&f.Filename, "filename", "f", "The LabelPlan `file` to carry out, as printed by --dry-run=client -o yaml; - reads it from stdin.")
	fs.StringVar(&f.Continue, "continue", "", "Go on with the `RUN` that was interrupted, or try again what failed in it. See kubectl pss rollback --list.")
	fs.BoolVar(&f.Recommend, "recommend", false, "Choose the levels for each namespace: the strictest that nothing violates is enforced, one step above it audited and warned about.")
	fs.Var(&f.Pin, "pin", "With --recommend, the version to write for enforce: latest or v1.N. Without it that of the server, so that an upgrade refuses nothing new.")
	fs.Var(&f.DryRun, "dry-run", `Write nothing. "server" asks the API server to check the change and shows its answer, "client" never contacts it to write. Without a value it is "server".`)
	fs.Lookup("dry-run").NoOptDefVal = dryRunServer
	fs.BoolVar(&f.Yes, "yes", false, "Do not ask. Allows nothing that has a flag of its own.")
	fs.BoolVar(&f.AllowViolations, "allow-violations", false, "Go on although the next pods of some workloads will be refused.")
	fs.BoolVar(&f.AllowGaps, "allow-gaps", false, "Go on although not everything could be read.")
	fs.BoolVar(&f.ForceConflicts, "force-conflicts", false, "Change labels although somebody else sets them.")
	cmdutil.AddFieldManagerFlagVar(c, &f.FieldManager, relabel.FieldManager)
	fs.DurationVar(&f.Watch, "watch", 0, "After writing, follow the namespaces for this long and tell what Pod Security refuses in them.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.BoolVar(&f.Details, "details", false, "Show every label, refused workload and owner. On by default for named namespaces.")
	addAdmissionConfigFlag(fs, &f.AdmissionConfig)
	f.Print.AddFlags(c)
}
