package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// policySource hands over PodSecurityPolicies.
type policySource struct {
	// names are the policies wanted; none means all of the files.
	names []string
	// files are read instead of the cluster's policies.
	files *manifest.Options
	// level is that of the namespaces; nil takes the one that the policies amount to.
	level *api.LevelVersion
}

// sets implements exportSource: one for each policy that demands or writes anything beyond the level.
func (p *policySource) sets(ctx context.Context, o *ExportOptions, to *recipient) ([]*export.Set, error) {
	policies, err := p.read(ctx, o)
	if err != nil {
		return nil, err
	}
	level, err := p.chosen(policies, to)
	if err != nil {
		return nil, err
	}
	var sets []*export.Set
	for _, policy := range policies {
		set, err := export.FromPolicy(policy, level)
		if err != nil {
			return nil, fmt.Errorf("policy %q: %w", policy.Name, err)
		}
		if len(set.Rules) == 0 && len(set.Mutations) == 0 {
			say(o.Streams, fmt.Sprintf("PodSecurityPolicy %q needs nothing beyond level %s: there is nothing to export.", policy.Name, level.Level))
			continue
		}
		sets = append(sets, set)
	}
	if len(sets) > 1 {
		o.Streams.Warn("pods have to satisfy all %d policies, where PodSecurityPolicy asked for one of them: export each for the namespaces that used it", len(sets))
	}
	if len(sets) > 0 || level.Level != api.LevelPrivileged {
		o.labelToo(level.Level)
	}
	return sets, nil
}

// read reads the policies wanted.
func (p *policySource) read(ctx context.Context, o *ExportOptions) ([]*psp.Policy, error) {
	if p.files == nil {
		return p.live(ctx, o)
	}
	read, err := manifest.ReadPolicies(ctx, *p.files)
	if err != nil {
		return nil, usageError{err}
	}
	remarkOnPolicies(o.Streams, read)
	if len(read.Errors) > 0 {
		return nil, partlyError{}
	}
	found := read.Valid()
	if len(p.names) == 0 {
		return found, nil
	}
	return p.pick(found, func(name string) error {
		return usagef("policy %q is not in the files%s", name, meant(name, namesOf(found)))
	})
}

// live reads the policies of the cluster.
func (p *policySource) live(ctx context.Context, o *ExportOptions) ([]*psp.Policy, error) {
	found, served, gap, err := o.Client.Policies(ctx)
	switch {
	case err != nil:
		return nil, err
	case !served:
		info, err := o.Client.Version(ctx)
		if err != nil {
			return nil, err
		}
		return nil, errors.New(notServed(info.GitVersion))
	}
	return p.pick(found, func(name string) error {
		if gap != nil {
			return fmt.Errorf("policy %q was not found, and not everything could be read: %s", name, gap.Message)
		}
		if near := standard.Nearest(name, namesOf(found)); near != "" {
			return fmt.Errorf("podsecuritypolicies.policy %q not found%s", name, meant(name, namesOf(found)))
		}
		return apierrors.NewNotFound(schema.GroupResource{Group: "policy", Resource: "podsecuritypolicies"}, name)
	})
}

// pick keeps the policies wanted, in the order asked for.
func (p *policySource) pick(found []*psp.Policy, missing func(name string) error) ([]*psp.Policy, error) {
	var policies []*psp.Policy
	for _, name := range p.names {
		at := slices.IndexFunc(found, func(policy *psp.Policy) bool { return policy.Name == name })
		if at < 0 {
			return nil, missing(name)
		}
		if !slices.Contains(policies, found[at]) {
			policies = append(policies, found[at])
		}
	}
	return policies, nil
}

func namesOf(policies []*psp.Policy) []string {
	names := make([]string, len(policies))
	for i, p := range policies {
		names[i] = p.Name
	}
	return names
}

// chosen is the level of the namespaces: the loosest that the policies amount to.
func (p *policySource) chosen(policies []*psp.Policy, to *recipient) (api.LevelVersion, error) {
	if p.level != nil {
		return to.lv(*p.level)
	}
	level := api.LevelRestricted
	for _, policy := range policies {
		if own := policy.Assess().Level; api.CompareLevels(own, level) < 0 {
			level = own
		}
	}
	return to.lv(api.LevelVersion{Level: level, Version: api.LatestVersion()})
}

// labelToo says which label the namespaces need beside the policies.
func (o *ExportOptions) labelToo(level api.Level) {
	if level == api.LevelPrivileged {
		say(o.Streams, "The namespaces need no label: the policies amount to privileged, which forbids nothing.")
		return
	}
	words := append([]string{"kubectl", "pss", "label", "ns"}, o.among()...)
	say(o.Streams, fmt.Sprintf("What %s forbids is left to the namespaces' label: %s", level, shell.Join(append(words, "--enforce", string(level))...)))
}

// among are the words that say which namespaces the export is for.
func (o *ExportOptions) among() []string {
	switch {
	case len(o.Names) > 0:
		return o.Names
	case o.Selector != "":
		return []string{"-l", o.Selector}
	default:
		return []string{"--all"}
	}
}

// meant asks whether a known name was meant.
func meant(word string, names []string) string {
	if near := standard.Nearest(word, names); near != "" {
		return fmt.Sprintf("; did you mean %s?", strings.TrimSpace(near))
	}
	return ""
}
