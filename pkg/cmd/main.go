// Package cmd is the command line: one file a subcommand, each XFlags → ToOptions → XOptions.Run. Only here do
// errors become messages and exit codes.
package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the user's kubeconfig may need any of these
	"k8s.io/klog/v2"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// helpWidth is where help texts wrap, in columns. Help is read in pipes and pagers as well, so that it does not
// follow the terminal.
const helpWidth = 100

// Main runs the plugin and returns its exit code. The first SIGINT or SIGTERM stops the work in good order, a
// second one ends the process.
func Main(in, out, errOut *os.File, args []string, getenv func(string) string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	pace(getenv)
	klog.SetLogger(logr.Discard()) // libraries have nothing to say to the person at the terminal
	return Run(ctx, terminal.FromFiles(in, out, errOut, getenv), args)
}

// Run is Main without the process: several may run at once. It ends with the context, as if interrupted.
func Run(ctx context.Context, s terminal.Streams, args []string) int {
	root := NewCmdPSS(&s)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.ErrOut)
	command, err := root.ExecuteContextC(ctx)
	return exitCode(ctx, s, command, err)
}

// NewCmdPSS returns the root command. Flags write into the streams (--color) before a subcommand runs.
func NewCmdPSS(s *terminal.Streams) *cobra.Command {
	config := genericclioptions.NewConfigFlags(true)
	root := &cobra.Command{
		Use:   "kubectl-pss",
		Short: "Foresee what Pod Security labels will do",
		Long: "Say exactly what the API server will do with pods and workloads under Pod Security labels,\n" +
			"before the labels are set.",
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl pss"},
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Args:              cobra.NoArgs,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	config.AddFlags(root.PersistentFlags())
	root.PersistentFlags().Var(&s.Color, "color", "When to use colour: auto, always or never. auto means on a terminal, unless NO_COLOR is set.")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", helpWidth)))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(NewCmdCheck(config, s), NewCmdLabel(config, s), NewCmdRollback(config, s), NewCmdBlocked(config, s), NewCmdExport(config, s), NewCmdConfig(config, s), NewCmdExplain(s), NewCmdPSP(config, s), NewCmdWhoCan(config, s), NewCmdCompletion(s), NewCmdVersion(config, s))
	addCompletions(root, config)
	return root
}
