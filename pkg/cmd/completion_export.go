package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/printer"
)

// exportFlags complete the values of export's own flags.
func (c *completer) exportFlags() map[string]cobra.CompletionFunc {
	var targets []cobra.Completion
	for _, t := range export.Targets() {
		targets = append(targets, cobra.CompletionWithDesc(string(t), engineName(t)))
	}
	return map[string]cobra.CompletionFunc{
		"to":      cobra.FixedCompletions(targets, asListed),
		"output":  cobra.FixedCompletions(printer.DocumentFormats(), noFiles),
		"level":   c.levels,
		"control": c.controls,
		"psp":     c.policyFlag,
		"except":  c.except,
	}
}

// listed parts what is typed of a list's last member from the members before it.
func listed(typed string) (before, last string, given []string) {
	if comma := strings.LastIndex(typed, ","); comma >= 0 {
		return typed[:comma+1], typed[comma+1:], strings.Split(typed[:comma], ",")
	}
	return "", typed, nil
}

func (c *completer) controls(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, last, given := listed(typed)
	left := slices.DeleteFunc(beyond.Names(), func(name string) bool { return slices.Contains(given, name) })
	return beginning(left, before, last), asListed
}

func (c *completer) policyFlag(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, last, given := listed(typed)
	names, _ := c.policies(cmd, given, last)
	for i := range names {
		names[i] = before + names[i]
	}
	return names, noFiles
}

// except completes KIND/NAME in the namespace that is exported for.
func (c *completer) except(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, last, _ := listed(typed)
	typ, name, slash := strings.Cut(last, "/")
	if !slash {
		var types []cobra.Completion
		for _, t := range typesLike(last) {
			if t != "ns" && t != "namespace" && t != "namespaces" {
				types = append(types, before+t+"/")
			}
		}
		return types, noFiles | cobra.ShellCompDirectiveNoSpace
	}
	r, ok := resourceOf(typ)
	if !ok {
		return nil, noFiles
	}
	words := slices.DeleteFunc(splitNamespaceType(args), isNamespaceType)
	if len(words) == 0 {
		return c.objects(cmd, r, before+typ+"/", name), noFiles
	}
	names := c.ask(cmd, func(ctx context.Context, client *cluster.Client) ([]string, error) {
		return client.Names(ctx, r.group, r.kind, words[0])
	})
	return beginning(names, before+typ+"/", name), noFiles
}
