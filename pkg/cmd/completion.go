package cmd

import (
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

const completionLong = `
Print what lets a shell complete the commands, names and flags of this plugin.

"kubectl pss <TAB>" is completed by kubectl: your shell needs kubectl's own completion, and kubectl needs a
program kubectl_complete-pss on PATH, beside kubectl-pss. The archives bring it; krew links the plugin alone,
and "kubectl pss completion kubectl" prints it.

bash, zsh, fish and powershell print a script for that shell which completes "kubectl-pss <TAB>".`

const completionExample = `
# Let kubectl complete this plugin, where krew installed it
kubectl pss completion kubectl > ~/.krew/bin/kubectl_complete-pss && chmod +x ~/.krew/bin/kubectl_complete-pss

# Complete kubectl-pss in this bash
source <(kubectl pss completion bash)

# Complete kubectl-pss in every fish
kubectl pss completion fish > ~/.config/fish/completions/kubectl-pss.fish`

// The programs that kubectl runs for completions: plugins/kubectl_complete-pss, and with .cmd for Windows. A test holds
// them to those files.
const (
	shim = `#!/usr/bin/env sh
# kubectl runs this for ` + "`kubectl pss <TAB>`" + `. Put it on PATH beside kubectl-pss.
exec kubectl-pss __complete "$@"
`
	windowsShim = `@echo off
rem kubectl runs this for "kubectl pss <TAB>" on Windows. Put it on PATH beside kubectl-pss.exe.
kubectl-pss __complete %*
`
)

// NewCmdCompletion returns `kubectl pss completion`, in the place of cobra's own, which knows of no kubectl.
func NewCmdCompletion(s *terminal.Streams) *cobra.Command {
	return &cobra.Command{
		Use:                   "completion {kubectl | bash | zsh | fish | powershell}",
		DisableFlagsInUseLine: true,
		Short:                 "Print what lets kubectl or a shell complete this plugin",
		Long:                  strings.TrimSpace(completionLong),
		Example:               templates.Examples(completionExample),
		ValidArgs:             []cobra.Completion{"kubectl", "bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("say what to complete: kubectl pss %s", c.Use)
			}
			return writeCompletion(c.Root(), args[0], s.Out)
		},
	}
}

func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "kubectl":
		text := shim
		if runtime.GOOS == "windows" {
			text = strings.ReplaceAll(windowsShim, "\n", "\r\n")
		}
		_, err := io.WriteString(w, text)
		return err
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	default:
		return usagef("no completion for %q: it is one of kubectl, bash, zsh, fish, powershell", shell)
	}
}
