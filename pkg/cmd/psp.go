package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const pspLong = `
Find the way out of PodSecurityPolicy: what policies amount to, what they do for workloads, and which of
these stop without them.

Kubernetes 1.24 is the last release that has PodSecurityPolicy. With -f a backup of the policies is read,
so that the way can be found after an upgrade as well.`

// NewCmdPSP returns `kubectl pss psp`.
func NewCmdPSP(config *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "psp",
		Short: "Find the way out of PodSecurityPolicy",
		Long:  strings.TrimSpace(pspLong),
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(NewCmdPSPList(config, s), NewCmdPSPExplain(config, s), NewCmdPSPCheck(config, s), NewCmdPSPPlan(config, s))
	return c
}

// policyFiles name files of policies, as kubectl's flags of the same names do, except that nothing is fetched.
type policyFiles struct {
	Filenames []string
	Recursive bool
}

func (f *policyFiles) addPolicies(fs *pflag.FlagSet, instead string) {
	fs.StringSliceVarP(&f.Filenames, "filename", "f", nil, "Filename or directory of the policies, or - for standard input: "+instead)
	_ = fs.SetAnnotation("filename", cobra.BashCompFilenameExt, []string{"json", "yaml", "yml"}) // the flag exists
	fs.BoolVarP(&f.Recursive, "recursive", "R", false, "Process the directory used in -f, --filename recursively.")
}

// manifests are what to read, nil without files.
func (f *policyFiles) manifests(s terminal.Streams) (*manifest.Options, error) {
	switch {
	case len(f.Filenames) == 0 && f.Recursive:
		return nil, usagef("--recursive needs --filename to say where")
	case len(f.Filenames) == 0:
		return nil, nil
	}
	o := manifest.Options{Filenames: f.Filenames, Recursive: f.Recursive, Stdin: s.In}
	if _, err := manifest.NewSource(o); err != nil {
		return nil, usageError{err}
	}
	return &o, nil
}

// policyWords are the flags as somebody would type them.
func (f *policyFiles) policyWords() []string {
	var words []string
	for _, name := range f.Filenames {
		words = append(words, "-f", name)
	}
	if f.Recursive {
		words = append(words, "-R")
	}
	return words
}

// clusterWords are the flags that say which cluster is meant, for commands that others are to carry out.
func clusterWords(config *genericclioptions.ConfigFlags) []string {
	var words []string
	for _, flag := range []struct {
		name  string
		value *string
	}{{"kubeconfig", config.KubeConfig}, {"context", config.Context}, {"cluster", config.ClusterName}, {"server", config.APIServer}} {
		if flag.value != nil && *flag.value != "" {
			words = append(words, "--"+flag.name+"="+*flag.value)
		}
	}
	return words
}

// remarkOnPolicies says on stderr what is wrong with files of policies.
func remarkOnPolicies(s terminal.Streams, read *manifest.Policies) {
	for _, e := range read.Errors {
		say(s, "error: "+terminal.Escape(e.Error()))
	}
	for _, w := range read.Warnings {
		s.Warn("%s", w)
	}
	if text := passedOver(read.PassedOver, "is no PodSecurityPolicy", "are no PodSecurityPolicies"); text != "" && !s.Quiet {
		say(s, terminal.Escape(text))
	}
}

// notServed says that a server is too new to have policies.
func notServed(version string) string {
	return fmt.Sprintf("this server (%s) has no PodSecurityPolicy: Kubernetes removed it with v1.25; -f reads policies from a file", version)
}
