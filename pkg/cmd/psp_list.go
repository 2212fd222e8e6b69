package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const pspListLong = `
Say what PodSecurityPolicies amount to in the levels of the Pod Security Standards.

For each policy: the level that its pods need at most, with SELinux and AppArmor left aside; the level by
the official table to the letter, which takes nearly every real policy for privileged; how many fields of
pods it writes; how many of its demands no level can make; who may use it, and which workloads do.

With -f policies are read from files, of policy/v1beta1 or extensions/v1beta1, and no cluster is asked.

Exit codes: 0 done, 2 error (also a policy that no server would take), 3 something could not be read,
130 interrupted.`

const pspListExample = `
# List the policies of the cluster
kubectl pss psp list

# List those of a backup
kubectl pss psp list -f policies.yaml

# Print the level of each
kubectl pss psp list -o jsonpath='{range .items[*]}{.name}{"\t"}{.level}{"\n"}{end}'`

const pspExplainLong = `
Say all that a PodSecurityPolicy amounts to: its level and why it is not stricter, what it writes into pods
and when, what it demands that no level can, where level and policy part ways, who may use it by which
binding, and which workloads it admits.

With -f policies are read from files, and no cluster is asked; without NAME all of them are explained.`

const pspExplainExample = `
# Explain a policy
kubectl pss psp explain restricted

# Explain every policy of a backup
kubectl pss psp explain -f policies.yaml`

// PSPListFlags are what the command line says.
type PSPListFlags struct {
	policyFiles
	ChunkSize int64
	Print     *printer.Flags
	// details makes it explain.
	details bool
}

// NewCmdPSPList returns `kubectl pss psp list`.
func NewCmdPSPList(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	return newCmdPolicies(config, s, false, &cobra.Command{
		Use:     "list [-f FILE]",
		Short:   "Say what PodSecurityPolicies amount to",
		Long:    strings.TrimSpace(pspListLong),
		Example: templates.Examples(pspListExample),
		Args:    cobra.NoArgs,
	})
}

// NewCmdPSPExplain returns `kubectl pss psp explain`.
func NewCmdPSPExplain(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	return newCmdPolicies(config, s, true, &cobra.Command{
		Use:     "explain [NAME...] [-f FILE]",
		Short:   "Say why a PodSecurityPolicy amounts to its level, what it writes and who may use it",
		Long:    strings.TrimSpace(pspExplainLong),
		Example: templates.Examples(pspExplainExample),
	})
}

func newCmdPolicies(config *genericclioptions.ConfigFlags, s *terminal.Streams, details bool, c *cobra.Command) *cobra.Command {
	flags := &PSPListFlags{Print: printer.NewFlags(), ChunkSize: cmdutil.DefaultChunkSize, details: details}
	c.DisableFlagsInUseLine = true
	c.RunE = func(c *cobra.Command, args []string) error {
		o, err := flags.ToOptions(config, *s, args)
		if err != nil {
			return err
		}
		return o.Run(c.Context())
	}
	flags.AddFlags(c)
	return c
}

// AddFlags registers the flags.
func (f *PSPListFlags) AddFlags(c *cobra.Command) {
	f.addPolicies(c.Flags(), "no cluster is asked then.")
	cmdutil.AddChunkSizeFlag(c, &f.ChunkSize)
	f.Print.AddFlags(c)
}

// PSPListOptions are what the command needs to run.
type PSPListOptions struct {
	pspSurveyor
	// Names are the policies wanted; none means all.
	Names []string
	Print func(io.Writer, *report.PSPList) error
}

// ToOptions turns flags and arguments into what Run needs.
func (f *PSPListFlags) ToOptions(config *genericclioptions.ConfigFlags, s terminal.Streams, args []string) (*PSPListOptions, error) {
	if err := validReading(f.ChunkSize, ""); err != nil {
		return nil, err
	}
	o := &PSPListOptions{pspSurveyor: pspSurveyor{surveyor: surveyor{Streams: s}}}
	for _, arg := range args {
		o.Names = append(o.Names, policyName(arg))
	}
	var err error
	if o.Print, err = printer.ToPrinter(f.Print, s, printer.PSPs(printer.Options{Details: f.details})); err != nil {
		return nil, usageError{err}
	}
	if o.Files, err = f.manifests(s); err != nil || o.Files != nil {
		return o, err
	}
	if f.details && len(args) == 0 {
		return nil, usagef("name the policies to explain: kubectl pss psp list shows what there are")
	}
	if o.Survey.Admission, err = newAdmission(""); err != nil {
		return nil, err
	}
	if o.Client, o.Host, err = newClient(config); err != nil {
		return nil, err
	}
	o.Source = cluster.Options{ChunkSize: f.ChunkSize}
	return o, nil
}

// policyName takes what -o name prints before a name off it.
func policyName(arg string) string {
	if typ, name, slash := strings.Cut(arg, "/"); slash && slices.Contains([]string{"psp", "podsecuritypolicy", "podsecuritypolicies", "podsecuritypolicy.policy"}, strings.ToLower(typ)) {
		return name
	}
	return arg
}

// Run lists or explains. Names that there are not are errors after those that there are.
func (o *PSPListOptions) Run(ctx context.Context) error {
	look := o.live
	if o.Files != nil {
		look = o.fromFiles
	}
	list, broken, err := look(ctx)
	if err != nil {
		return err
	}
	missing := o.keepNamed(list)
	if !list.Served && list.Server != nil {
		say(o.Streams, notServed(list.Server.Version))
	} else if len(list.Items) == 0 && len(missing) == 0 && len(list.Gaps) == 0 {
		say(o.Streams, "No PodSecurityPolicies found.")
	}
	if len(list.Items) > 0 || len(missing) == 0 {
		if err := o.Print(o.Streams.Out, list); err != nil {
			return err
		}
	}
	switch {
	case len(missing) > 0:
		for _, e := range missing[1:] {
			say(o.Streams, message(e))
		}
		return missing[0]
	case broken:
		return partlyError{}
	case len(list.Gaps) > 0:
		return verdictError{report.Incomplete}
	}
	return nil
}

// keepNamed leaves the policies that were asked for, and says which of them there are not.
func (o *PSPListOptions) keepNamed(list *report.PSPList) []error {
	if len(o.Names) == 0 {
		return nil
	}
	var missing []error
	for _, name := range o.Names {
		if !slices.ContainsFunc(list.Items, func(p report.PSP) bool { return p.Name == name }) {
			missing = append(missing, o.notFound(name, list))
		}
	}
	list.Items = slices.DeleteFunc(list.Items, func(p report.PSP) bool { return !slices.Contains(o.Names, p.Name) })
	return missing
}

func (o *PSPListOptions) notFound(name string, list *report.PSPList) error {
	if o.Files != nil {
		return fmt.Errorf("policy %q is not in the files", name)
	}
	if len(list.Gaps) > 0 {
		return fmt.Errorf("policy %q was not found, and not everything could be read", name)
	}
	return apierrors.NewNotFound(schema.GroupResource{Group: "policy", Resource: "podsecuritypolicies"}, name)
}
