package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// completer completes arguments and flags. What it cannot find out completes nothing: an error in the middle of
// somebody's typing helps nobody, and stderr is not looked at.
type completer struct {
	config *genericclioptions.ConfigFlags
}

// directives are shorter names for cobra's.
const (
	noFiles  = cobra.ShellCompDirectiveNoFileComp
	asListed = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
)

// addCompletions lets every command below root complete its arguments and flags.
func addCompletions(root *cobra.Command, config *genericclioptions.ConfigFlags) {
	c := &completer{config}
	arguments := map[string]cobra.CompletionFunc{
		"check": c.check, "label": c.namespaceArgs, "blocked": c.namespaceArgs, "rollback": c.rollback, "explain": c.explain,
		"version": cobra.NoFileCompletions, "psp list": cobra.NoFileCompletions, "psp explain": c.policies, "psp check": c.pspNamespaces, "psp plan": c.pspNamespaces,
		"export": c.pspNamespaces, "who-can": c.whoCan, "config": cobra.NoFileCompletions,
	}
	flags := map[string]cobra.CompletionFunc{
		"namespace": c.namespaceFlag, "context": c.contexts, "cluster": c.clusters, "user": c.users,
		"color":   cobra.FixedCompletions(terminal.ColorModes(), noFiles),
		"enforce": c.levels, "audit": c.levels, "warn": c.levels, "pin": c.versions, "server-version": c.versions, "upgrade-to": c.versions,
		"dry-run":  cobra.FixedCompletions([]cobra.Completion{dryRunServer, dryRunClient, dryRunNone}, noFiles),
		"continue": c.interruptedRuns,
	}
	for _, name := range []string{"selector", "chunk-size", "field-manager", "watch", "allow", "as", "as-group", "as-uid", "request-timeout", "server", "token", "registry", "name"} {
		flags[name] = cobra.NoFileCompletions
	}
	for _, command := range family(root) {
		path := strings.TrimPrefix(command.CommandPath(), root.CommandPath()+" ")
		if complete := arguments[path]; complete != nil {
			command.ValidArgsFunction = complete
		}
		own := flags
		if path == "export" {
			own = maps.Clone(flags)
			maps.Copy(own, c.exportFlags())
			delete(own, "enforce") // switches
			delete(own, "audit")
		}
		for name, complete := range own {
			if command.Flags().Lookup(name) != nil || command.PersistentFlags().Lookup(name) != nil {
				_ = command.RegisterFlagCompletionFunc(name, complete) // an error means that the flag has one
			}
		}
	}
}

// family is a command with all those below it.
func family(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, child := range c.Commands() {
		list = append(list, family(child)...)
	}
	return list
}

// check completes ns NAME..., TYPE NAME and TYPE/NAME.
func (c *completer) check(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	args = splitNamespaceType(args)
	if len(args) > 0 {
		r, ok := resourceOf(args[0])
		switch {
		case isNamespaceType(args[0]):
			return c.namespaces(cmd, args[1:], "", typed), noFiles
		case ok && len(args) == 1:
			return c.objects(cmd, r, "", typed), noFiles
		default:
			return nil, noFiles
		}
	}
	typ, name, slash := strings.Cut(typed, "/")
	if r, ok := resourceOf(typ); slash && ok {
		return c.objects(cmd, r, typ+"/", name), noFiles
	}
	if slash && isNamespaceType(typ) {
		return c.namespaces(cmd, nil, typ+"/", name), noFiles
	}
	if types := typesLike(typed); len(types) > 0 {
		return types, noFiles
	}
	return nil, cobra.ShellCompDirectiveDefault // a file of manifests needs no -f
}

// typesLike are the types that a word may become, each by the shortest of its names.
func typesLike(typed string) []cobra.Completion {
	list := [][]string{{"ns", "namespace", "namespaces"}}
	for _, r := range resources() {
		names := slices.Clone(r.names)
		slices.Reverse(names)
		list = append(list, names)
	}
	var types []cobra.Completion
	for _, names := range list {
		if i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, typed) }); i >= 0 {
			types = append(types, names[i])
		}
	}
	return types
}

// namespaceArgs completes ns NAME... and ns/NAME.
func (c *completer) namespaceArgs(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	args = splitNamespaceType(args)
	typ, name, slash := strings.Cut(typed, "/")
	switch {
	case len(args) > 0 && isNamespaceType(args[0]):
		return c.namespaces(cmd, args[1:], "", typed), noFiles
	case len(args) == 0 && slash && isNamespaceType(typ) && cmd.Name() != "blocked":
		return c.namespaces(cmd, nil, typ+"/", name), noFiles
	case len(args) == 0 && slices.Contains([]string{"", "n", "ns"}, typed):
		return []cobra.Completion{"ns"}, noFiles
	default:
		return nil, noFiles
	}
}

// pspNamespaces completes namespaces, with and without ns before them.
func (c *completer) pspNamespaces(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	args = splitNamespaceType(args)
	if len(args) > 0 && isNamespaceType(args[0]) {
		args = args[1:]
	}
	if typ, name, slash := strings.Cut(typed, "/"); slash && len(args) == 0 && isNamespaceType(typ) {
		return c.namespaces(cmd, nil, typ+"/", name), noFiles
	}
	return c.namespaces(cmd, args, "", typed), noFiles
}

// rollback completes a run of this machine, then the namespaces that it wrote; without a run, namespaces.
func (c *completer) rollback(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 && looksLikeRun(args[0]) {
		return namespacesOfRun(args[0], args[1:], typed), noFiles
	}
	if len(args) == 0 && (typed == "" || typed[0] >= '0' && typed[0] <= '9') {
		return runsLike(typed, false), asListed
	}
	return c.namespaces(cmd, args, "", typed), noFiles
}

func (c *completer) interruptedRuns(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return runsLike(typed, true), asListed
}

// explain completes the checks, and the levels that have any.
func (c *completer) explain(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := standard.Explanations()
	if err != nil || len(args) > 0 {
		return nil, noFiles
	}
	list := []cobra.Completion{
		cobra.CompletionWithDesc("baseline", "the checks that baseline runs"),
		cobra.CompletionWithDesc("restricted", "the checks that restricted runs"),
	}
	for i := range all {
		list = append(list, cobra.CompletionWithDesc(string(all[i].Check), fmt.Sprintf("%s: %s", all[i].Level, all[i].Forbids)))
	}
	return beginning(list, "", typed), asListed
}

// beginning are the candidates that begin as typed, behind what stands before them in the same word.
func beginning(candidates []cobra.Completion, before, typed string) []cobra.Completion {
	var list []cobra.Completion
	for _, candidate := range candidates {
		if strings.HasPrefix(strings.ToLower(candidate), strings.ToLower(typed)) {
			list = append(list, before+candidate)
		}
	}
	return list
}

// whoCan completes the question, then the policy that is asked about.
func (c *completer) whoCan(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return beginning([]cobra.Completion{
			cobra.CompletionWithDesc(report.QuestionRelabel, "change Pod Security labels"),
			cobra.CompletionWithDesc(report.QuestionUse, "use a PodSecurityPolicy"),
		}, "", typed), noFiles
	case len(args) == 1 && args[0] == report.QuestionUse:
		return c.policies(cmd, nil, typed)
	default:
		return nil, noFiles
	}
}
