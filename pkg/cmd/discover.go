package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// addProbeUserFlag registers the users that are asked about.
func addProbeUserFlag(fs *pflag.FlagSet, users *[]string) {
	fs.StringSliceVar(users, "probe-user", nil, "Ask as this `USER` as well whether it is exempt, which needs the right to impersonate it. May be given several times; "+
		"a controller is system:serviceaccount:kube-system:NAME.")
}

// validProbeUsers refuses what is no user.
func validProbeUsers(users []string) error {
	for _, user := range users {
		if rest, account := strings.CutPrefix(user, "system:serviceaccount:"); user == "" || account && strings.Count(rest, ":") != 1 {
			return usagef("invalid argument %q for \"--probe-user\" flag: %w", user,
				errors.New("must be the name of a user as the server knows it; a service account is system:serviceaccount:NAMESPACE:NAME"))
		}
	}
	return nil
}

// discover asks the server by dry run how Pod Security is configured, and says so before.
func (o *surveyor) discover(ctx context.Context, progress *terminal.Progress, wanted probe.Wanted) (*probe.Discovery, error) {
	search, err := o.Discover.Search(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var left atomic.Int64
	left.Store(int64(search.Most()))
	if text := beforehand("up to ", left.Load(), "to create or change namespaces, pods and Deployments"); text != "" && !o.Streams.Quiet {
		say(o.Streams, text)
	}
	progress.Doing("asking for")
	found, err := search.Run(ctx, func() { progress.Page(dryRuns, 1, left.Add(-1)) })
	progress.Page(dryRuns, 0, 0) // rarely is all of it sent
	progress.Doing("reading")
	return found, err
}

// beforehand says how much is going to be asked; nothing where that is nothing.
func beforehand(most string, requests int64, what string) string {
	switch requests {
	case 0:
		return ""
	case 1:
		return "Sending " + most + "1 dry-run request " + what + ". Nothing is stored, but it reaches the audit log and the admission webhooks."
	default:
		return fmt.Sprintf("Sending %s%d dry-run requests %s. Nothing is stored, but they reach the audit log and the admission webhooks.", most, requests, what)
	}
}

// withSystem adds the namespaces that every cluster has, as far as they may be read: they are exempt more often than others,
// and disturb nobody where they are not.
func (o *surveyor) withSystem(ctx context.Context, namespaces []corev1.Namespace) ([]corev1.Namespace, error) {
	names := slices.DeleteFunc(probed(), func(name string) bool {
		return slices.ContainsFunc(namespaces, func(ns corev1.Namespace) bool { return ns.Name == name })
	})
	if len(names) == 0 {
		return namespaces, nil
	}
	more, _, err := o.Client.Namespaces(ctx, names)
	if err != nil {
		return nil, err
	}
	return slices.Concat(namespaces, more), nil
}
