package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const exportLong = `
Print policies that hold what the Pod Security Standards cannot say, for the engine that a cluster has.

--psp and -f hand over PodSecurityPolicies: what they demand of pods beyond a level, and what they wrote
into pods. The level is the one that "kubectl pss psp list" shows, unless --level names another; give the
namespaces its label as well, for what a level forbids is not said again. --control takes what no level
looks at: %s.
--except holds all pods of a namespace to --level but those of the workloads named, so that one agent need
not decide for twenty services. The namespace's own label has to stay as loose as that agent needs.

--to vap, the default, prints ValidatingAdmissionPolicies (Kubernetes v1.30 and later), and
MutatingAdmissionPolicies for what a PodSecurityPolicy wrote (v1.36 and later). gatekeeper, kyverno,
kubewarden and jspolicy are engines that have to be installed. Comments say what an engine does otherwise.

With --audit, the default, pods that break a rule are admitted: a warning and an audit annotation tell of
them, as far as the engine can. --enforce refuses them. Pods that run are not touched by either, and updates
that change nothing a rule looks at are let through.

The policies apply to the namespaces named, to those that -l selects, or to --all. The system's own
(kube-system, kube-public and kube-node-lease) are among them only when named. Names of objects end in the
namespace, or in a hash of several, so that policies for others do not replace them; --name sets another.

Nothing is written: pipe it to kubectl apply. The server is asked which kinds it has; --server-version says
it for a cluster that is yet to be upgraded. With -f no server is asked at all.

Exit codes: 0 done, 2 error, 130 interrupted.`

const exportExample = `
# Hand over a PodSecurityPolicy: first to be warned, then to enforce
kubectl pss export shop --psp hardened | kubectl apply -f -
kubectl pss export shop --psp hardened --enforce | kubectl apply -f -

# From a backup of the policies, for a cluster of v1.30
kubectl pss export -l team=shop -f policies.yaml --psp hardened --server-version v1.30

# On Kubernetes 1.24, which has no admission policies of its own
kubectl pss export shop --psp hardened --to kyverno

# Let only images of two registries run, and demand limits, everywhere but in the system's namespaces
kubectl pss export --all --control trusted-registries,resource-limits --registry docker.io/library --registry ghcr.io/shop

# Hold all of a namespace to baseline but its node agent
kubectl pss export monitoring --except ds/node-agent --level baseline`

// ExportFlags are what the command line says.
type ExportFlags struct {
	policyFiles
	All        bool
	Selector   string
	Policies   []string
	Controls   []string
	Registries []string
	Except     []string
	To         targetFlag
	// Audit is the default, and there to be said.
	Audit, Enforce bool
	Level          levelFlag
	ServerVersion  minorFlag
	Name           string
	Output         string
}

// NewCmdExport returns `kubectl pss export`.
func NewCmdExport(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	flags := &ExportFlags{To: targetFlag{export.VAP}}
	c := &cobra.Command{
		Use: "export [NAMESPACE... | -l SELECTOR | --all] (--psp NAME | -f FILE | --control NAME | --except KIND/NAME) " +
			"[--to ENGINE] [--enforce]",
		DisableFlagsInUseLine: true,
		Short:                 "Print policies for what the Pod Security Standards cannot say",
		Long:                  strings.TrimSpace(fmt.Sprintf(exportLong, strings.Join(beyond.Names(), ", "))),
		Example:               templates.Examples(exportExample),
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
func (f *ExportFlags) AddFlags(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVarP(&f.Selector, "selector", "l", "", "Selector (label query) of the namespaces, supports '=', '==', '!=', 'in', 'notin'.")
	fs.BoolVar(&f.All, "all", false, "Export for all namespaces but the system's own.")
	fs.StringSliceVar(&f.Policies, "psp", nil, "The `NAME` of a PodSecurityPolicy, of the cluster or among those of -f. May be given several times.")
	f.addPolicies(fs, "no cluster is asked then.")
	fs.StringSliceVar(&f.Controls, "control", nil, "The `NAME` of a control: "+strings.Join(beyond.Names(), ", ")+". May be given several times.")
	fs.StringSliceVar(&f.Registries, "registry", nil, "A `REGISTRY`, a part of one or an image that --control trusted-registries trusts. May be given several times.")
	fs.StringSliceVar(&f.Except, "except", nil, "The workload, as `KIND/NAME`, that --level does not hold for. May be given several times.")
	fs.Var(&f.To, "to", "The engine: "+strings.Join(targetNames(), ", ")+".")
	fs.BoolVar(&f.Audit, "audit", false, "Warn of pods that break a rule, and admit them. This is the default.")
	fs.BoolVar(&f.Enforce, "enforce", false, "Refuse pods that break a rule.")
	fs.Var(&f.Level, "level", "The level of the namespaces (--psp, -f), or of all but the workloads excepted (--except): LEVEL or LEVEL:VERSION.")
	fs.Var(&f.ServerVersion, "server-version", "The release that the policies are for: `v1.N` instead of the server's own version.")
	fs.StringVar(&f.Name, "name", "", "What the names of all objects begin with, instead of one that is made of source and namespaces.")
	fs.StringVarP(&f.Output, "output", "o", printer.FormatYAML, "Output format. One of: ("+strings.Join(printer.DocumentFormats(), ", ")+"). JSON is one List, without comments.")
}

func targetNames() []string {
	names := make([]string, 0, len(export.Targets()))
	for _, t := range export.Targets() {
		names = append(names, string(t))
	}
	return names
}

// targetFlag is an engine.
type targetFlag struct{ target export.Target }

// String implements pflag.Value.
func (f *targetFlag) String() string { return string(f.target) }

// Type implements pflag.Value.
func (f *targetFlag) Type() string { return "ENGINE" }

// Set implements pflag.Value.
func (f *targetFlag) Set(s string) error {
	t := export.Target(strings.ToLower(s))
	if !slices.Contains(export.Targets(), t) {
		return errors.New("must be one of " + strings.Join(targetNames(), ", ") + meant(s, targetNames()))
	}
	f.target = t
	return nil
}

// levelFlag is a level with a version, latest where none is said.
type levelFlag struct {
	text  string
	level *api.LevelVersion
}

// String implements pflag.Value.
func (f *levelFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *levelFlag) Type() string { return "LEVEL[:VERSION]" }

// Set implements pflag.Value.
func (f *levelFlag) Set(s string) error {
	name, version, versioned := strings.Cut(s, ":")
	level, err := api.ParseLevel(name)
	if err != nil {
		return err
	}
	lv := api.LevelVersion{Level: level, Version: api.LatestVersion()}
	if versioned {
		if lv.Version, err = api.ParseVersion(version); err != nil || version == "" {
			return fmt.Errorf("version %q must be \"latest\" or \"v1.x\"", version)
		}
	}
	f.text, f.level = s, &lv
	return nil
}
