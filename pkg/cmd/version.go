package cmd

import (
	"fmt"
	"runtime/debug"

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
			info, _ := debug.ReadBuildInfo()
			_, err := fmt.Fprintf(s.Out, "kubectl-pss %s%s\npolicy versions up to v1.%d\n", version, commitOf(info), standard.NewestMinor)
			return err
		},
	}
}

// commitOf is the commit that a binary was built from, as go itself stamps it; empty where it was not built from one.
func commitOf(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	switch commit := settings["vcs.revision"]; {
	case commit == "":
		return ""
	case settings["vcs.modified"] == "true":
		return " (commit " + commit + ", changed since)"
	default:
		return " (commit " + commit + ")"
	}
}
