package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// version is stamped at link time (-ldflags -X).
var version = "v0.0.0-dev"

// NewCmdVersion returns `kubectl pss version`.
func NewCmdVersion(_ *genericclioptions.ConfigFlags, s *terminal.Streams) *cobra.Command {
	return &cobra.Command{
		Use:                   "version",
		DisableFlagsInUseLine: true,
		Short:                 "Print the version of the plugin and the newest policy version that it knows",
		Args:                  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.Out, "kubectl-pss %s\npolicy versions up to v1.%d\n", version, standard.NewestMinor)
			return err
		},
	}
}
