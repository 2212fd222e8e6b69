package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const pspPlanLong = `
Show the way from PodSecurityPolicy to Pod Security as a list of steps, with how far this cluster has come.

The state of every step is read from the cluster: nothing is kept elsewhere, and nothing is written. A
step that is open comes with the commands that take it, and with those that take it back behind
"# undo:". Take the steps in their order.

STEPS
  permissions  somebody has looked at who may change Pod Security labels
  harden       what policies write into pods stands in the templates
  simplify     copies of policies without what no level can say are tried first
  audit-warn   audit and warn tell what the level would refuse
  soak         every pod was made since, and --soak has passed
  enforce      the level is enforced
  bypass       PodSecurityPolicy admits everything in the namespace
  creation     new namespaces have a level
  plugin-off   PodSecurityPolicy is off
  leftovers    policies, rights to use them and old annotations are gone

Which levels new namespaces have no API shows. --probe asks by dry run, with pods and Deployments that are
never stored; the right to create them is needed. It tells as well whether PodSecurityPolicy is still on
where neither the server's metrics nor its flags may be read.

--simplify, --bypass and --leftovers print what these steps apply or delete, as YAML for kubectl.

Exit codes: 0 the plan is printed, 2 error, 3 incomplete (something could not be read), 130 interrupted.
System namespaces (kube-*) are left out unless they are named.`

const pspPlanExample = `
# Show how far the cluster is, and what to do next
kubectl pss psp plan

# Follow one namespace through its steps
kubectl pss psp plan shop

# Show one step in every namespace
kubectl pss psp plan --step enforce

# Try copies of the policies without what no level can say, and take them back
kubectl pss psp plan --simplify | kubectl apply -f -
kubectl pss psp plan --simplify | kubectl delete -f -

# Keep what PodSecurityPolicy leaves behind, then delete it
kubectl pss psp plan --leftovers > psp-leftovers.yaml && kubectl delete -f psp-leftovers.yaml

# List what is open
kubectl pss psp plan -o jsonpath='{range .items[?(@.state=="open")]}{.step} {.namespace}{"\n"}{end}'`

// defaultSoak is a day: what runs by night has run once.
const defaultSoak = 24 * time.Hour

// PSPPlanFlags are what the command line says.
type PSPPlanFlags struct {
	policyFiles
	AllNamespaces               bool
	Selector                    string
	ChunkSize                   int64
	Step                        string
	Simplify, Bypass, Leftovers bool
	Soak                        time.Duration
	Probe                       bool
	AdmissionConfig             string
	Print                       *printer.Flags
}

// NewCmdPSPPlan returns `kubectl pss psp plan`.
func NewCmdPSPPlan(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &PSPPlanFlags{Print: printer.NewFlags(printer.FormatObjects), ChunkSize: cmdutil.DefaultChunkSize, Soak: defaultSoak}
	c := &cobra.Command{
		Use:                   "plan [NAMESPACE...] [-l SELECTOR] [--step STEP] [--probe]",
		DisableFlagsInUseLine: true,
		Short:                 "Show the way out of PodSecurityPolicy step by step",
		Long:                  strings.TrimSpace(pspPlanLong),
		Example:               templates.Examples(pspPlanExample),
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
func (f *PSPPlanFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	f.addPolicies(fs, "what they write is looked for in place of what the cluster's policies write.")
	fs.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "If present, plan for all namespaces. Namespace in current context is ignored even if specified with --namespace.")
	fs.StringVarP(&f.Selector, "selector", "l", "", "Selector (label query) to filter namespaces on, supports '=', '==', '!=', 'in', 'notin'.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	fs.StringVar(&f.Step, "step", "", "Show this `STEP` alone, in every namespace. One of: "+strings.Join(stepNames(), ", ")+".")
	fs.BoolVar(&f.Simplify, "simplify", false, "Print the copies of policies that are tried first, with the rights to use them. Short for --step simplify -o objects.")
	fs.BoolVar(&f.Bypass, "bypass", false, "Print the policy that admits everything, with the rights to use it. Short for --step bypass -o objects.")
	fs.BoolVar(&f.Leftovers, "leftovers", false, "Print what is deleted as a whole once PodSecurityPolicy is off. Short for --step leftovers -o objects.")
	fs.DurationVar(&f.Soak, "soak", f.Soak, "How long audit and warn are to stand before enforce.")
	fs.BoolVar(&f.Probe, "probe", false, "Ask the API server by dry run for default levels and for PodSecurityPolicy. Nothing is stored.")
	addAdmissionConfigFlag(fs, &f.AdmissionConfig)
	f.Print.AddFlags(c)
	// An error means that the flag is not there, or has completions already: neither can be.
	_ = c.RegisterFlagCompletionFunc("step", cobra.FixedCompletions(stepNames(), cobra.ShellCompDirectiveNoFileComp))
}

func stepNames() []string {
	var names []string
	for _, s := range migration.Steps() {
		names = append(names, s.Name)
	}
	return names
}

// ToOptions turns flags and arguments into what Run needs.
func (f *PSPPlanFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*PSPPlanOptions, error) {
	names, err := pspNamespaces(args, f.AllNamespaces, f.Selector, *config.Namespace, "psp plan")
	if err != nil {
		return nil, err
	}
	if err := f.valid(); err != nil {
		return nil, err
	}
	o := &PSPPlanOptions{pspSurveyor: pspSurveyor{surveyor: surveyor{Streams: s}}, Step: f.Step, Soak: f.Soak}
	if o.Survey.Admission, err = newAdmission(f.AdmissionConfig); err != nil {
		return nil, err
	}
	o.Survey.Configured = f.AdmissionConfig != ""
	o.Shell = migration.Shell{Cluster: clusterWords(config), Among: f.among(names), Plan: f.planWords()}
	document := printer.Migration(printer.Options{Details: f.Step != "", Next: o.Shell.Again()})
	if o.Print, err = printer.ToPrinter(f.Print, s, document); err != nil {
		return nil, usageError{err}
	}
	o.Objects = strings.EqualFold(f.Print.Output, printer.FormatObjects)
	if o.Files, err = f.manifests(s); err != nil {
		return nil, err
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	if f.Probe {
		if o.Probe, err = probe.NewClient(config, version); err != nil {
			return nil, err
		}
	}
	o.Source = cluster.Options{Names: names, Selector: f.Selector, ChunkSize: f.ChunkSize, Whole: true}
	o.Survey.Named = names
	return o, nil
}

// valid refuses flags that contradict each other, and turns the short ones into those that they stand for.
func (f *PSPPlanFlags) valid() error {
	for _, short := range []struct {
		given bool
		step  string
	}{{f.Simplify, migration.StepSimplify}, {f.Bypass, migration.StepBypass}, {f.Leftovers, migration.StepLeftovers}} {
		switch {
		case !short.given:
			continue
		case f.Step != "":
			return usagef("--%s prints the objects of one step: leave out the other step", short.step)
		case f.Print.Output != "":
			return usagef("--%s prints objects: leave out --output, or write --step %[1]s --output %s", short.step, f.Print.Output)
		}
		f.Step, f.Print.Output = short.step, printer.FormatObjects
	}
	switch {
	case f.Step != "" && !slices.Contains(stepNames(), f.Step):
		return usagef("invalid argument %q for \"--step\" flag: must be one of %s", f.Step, strings.Join(stepNames(), ", "))
	case f.Soak < 0:
		return usagef("invalid argument %q for \"--soak\" flag: must not be negative", f.Soak)
	case f.Probe && f.AdmissionConfig != "":
		return usagef("--probe and --admission-config both tell the default levels: leave out one of them")
	}
	return validReading(f.ChunkSize, f.Selector)
}

// among are the words that say which namespaces the plan is about.
func (f *PSPPlanFlags) among(names []string) []string {
	if f.Selector != "" {
		return []string{"-l", f.Selector}
	}
	return names
}

// planWords are the flags that commands of the plan need as well, as somebody would type them.
func (f *PSPPlanFlags) planWords() []string {
	words := f.policyWords()
	if f.Probe {
		words = append(words, "--probe")
	}
	if f.AdmissionConfig != "" {
		words = append(words, "--admission-config", f.AdmissionConfig)
	}
	if f.Soak != defaultSoak {
		words = append(words, fmt.Sprintf("--soak=%s", f.Soak))
	}
	return words
}
