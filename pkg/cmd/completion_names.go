package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/relabel"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// How long somebody who pressed a key waits at most: for the server, and then for what it has sent so far. A login
// program in the kubeconfig may not heed the first.
const (
	completionPatience = 2 * time.Second
	completionGrace    = 200 * time.Millisecond
)

// ask asks the server, for a short time.
func (c *completer) ask(cmd *cobra.Command, look func(context.Context, *cluster.Client) ([]string, error)) []string {
	ctx := cmd.Context()
	if ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	answer := make(chan []string, 1)
	go func() {
		client, _, err := newClient(c.config)
		if err != nil {
			answer <- nil
			return
		}
		found, _ := look(ctx, client) // what there is not completes nothing
		answer <- found
	}()
	timer := time.NewTimer(completionPatience + completionGrace)
	defer timer.Stop()
	select {
	case found := <-answer:
		// A server might send anything; what is no plain text is no name.
		return slices.DeleteFunc(found, func(name string) bool { return terminal.Escape(name) != name })
	case <-timer.C:
		return nil
	}
}

// namespaces are those that begin as typed and stand not among the arguments yet.
func (c *completer) namespaces(cmd *cobra.Command, given []string, before, typed string) []cobra.Completion {
	names := c.ask(cmd, func(ctx context.Context, client *cluster.Client) ([]string, error) {
		return client.Names(ctx, "", "Namespace", "")
	})
	return beginning(slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) }), before, typed)
}

func (c *completer) namespaceFlag(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.namespaces(cmd, nil, "", typed), noFiles
}

// policies are the PodSecurityPolicies that begin as typed and stand not among the arguments yet.
func (c *completer) policies(cmd *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := c.ask(cmd, func(ctx context.Context, client *cluster.Client) ([]string, error) {
		found, _, _, err := client.Policies(ctx)
		names := make([]string, len(found))
		for i, p := range found {
			names[i] = p.Name
		}
		return names, err
	})
	return beginning(slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) }), "", typed), noFiles
}

// objects are a type's objects in the namespace of the flags or the context.
func (c *completer) objects(cmd *cobra.Command, r resource, before, typed string) []cobra.Completion {
	names := c.ask(cmd, func(ctx context.Context, client *cluster.Client) ([]string, error) {
		namespace, err := objectNamespace(c.config)
		if err != nil {
			return nil, err
		}
		return client.Names(ctx, r.group, r.kind, namespace)
	})
	return beginning(names, before, typed)
}

// levels completes LEVEL[:VERSION].
func (c *completer) levels(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	level, version, colon := strings.Cut(typed, ":")
	if colon {
		return beginning(c.knownVersions(cmd), level+":", version), asListed
	}
	list := []cobra.Completion{string(api.LevelPrivileged), string(api.LevelBaseline), string(api.LevelRestricted)}
	if typed == "" {
		list = append(list, cobra.CompletionWithDesc("-", "no label"))
	}
	return beginning(list, "", typed), asListed
}

func (c *completer) versions(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return beginning(c.knownVersions(cmd), "", typed), asListed
}

// knownVersions are latest and the versions up to the server's, newest first; without a server, up to this build's.
func (c *completer) knownVersions(cmd *cobra.Command) []cobra.Completion {
	newest := standard.NewestMinor
	answer := c.ask(cmd, func(ctx context.Context, client *cluster.Client) ([]string, error) {
		inquiry := client.Ask(ctx)
		defer inquiry.Stop()
		info, err := inquiry.Version()
		if err != nil {
			return nil, err
		}
		minor, err := standard.EffectiveMinor(info)
		return []string{strconv.Itoa(minor)}, err
	})
	if len(answer) > 0 {
		if minor, err := strconv.Atoi(answer[0]); err == nil && minor > 0 {
			newest = minor
		}
	}
	list := []cobra.Completion{api.VersionLatest}
	for minor := newest; minor >= 0; minor-- {
		list = append(list, api.MajorMinorVersion(1, minor).String())
	}
	return list
}

// runsLike are the runs whose journals are on this machine, newest first, or of those the ones that can be continued.
func runsLike(typed string, interrupted bool) []cobra.Completion {
	var list []cobra.Completion
	for _, r := range knownRuns() {
		if r.Damaged != "" || interrupted && !r.Interrupted() {
			continue
		}
		about := fmt.Sprintf("%s, %d namespaces", r.Started.Local().Format(time.DateTime), len(r.Plan.Items))
		list = append(list, cobra.CompletionWithDesc(r.ID, about))
	}
	return beginning(list, "", typed)
}

func knownRuns() []*relabel.Run {
	dir, err := relabel.DefaultDir()
	if err != nil {
		return nil
	}
	runs, _ := relabel.NewStore(dir).List() // what cannot be read completes nothing
	return runs
}

// namespacesOfRun are those that a run planned to change, as far as they stand not among the arguments yet.
func namespacesOfRun(id string, given []string, typed string) []cobra.Completion {
	var names []cobra.Completion
	for _, r := range knownRuns() {
		if r.ID != id || r.Damaged != "" {
			continue
		}
		for i := range r.Plan.Items {
			if name := r.Plan.Items[i].Namespace; !slices.Contains(given, name) {
				names = append(names, name)
			}
		}
	}
	return beginning(names, "", typed)
}

func (c *completer) contexts(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.configured(typed, func(raw *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(raw.Contexts)) })
}

func (c *completer) clusters(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.configured(typed, func(raw *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(raw.Clusters)) })
}

func (c *completer) users(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.configured(typed, func(raw *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(raw.AuthInfos)) })
}

// configured are names of the kubeconfig.
func (c *completer) configured(typed string, names func(*clientcmdapi.Config) []string) ([]cobra.Completion, cobra.ShellCompDirective) {
	raw, err := c.config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, noFiles
	}
	return beginning(names(&raw), "", typed), noFiles
}
