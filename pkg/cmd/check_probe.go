package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	admissionapi "k8s.io/pod-security-admission/admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// validProbe refuses what cannot be asked together.
func (f *CheckFlags) validProbe() error {
	switch {
	case len(f.ProbeUsers) > 0 && !f.Probe:
		return usagef("--probe-user needs --probe, which asks the server how Pod Security is configured: add it")
	case f.Probe && f.given():
		return usagef("--probe cannot be combined with files: it asks about the namespaces that a cluster has; pass the server's configuration by --admission-config")
	case f.Probe && f.AdmissionConfig != "":
		return usagef("--probe cannot be combined with --admission-config, which tells default levels and exemptions already: leave out one of them")
	default:
		return validProbeUsers(f.ProbeUsers)
	}
}

// probeWords are the flags as somebody would type them.
func (f *CheckFlags) probeWords() []string {
	if !f.Probe {
		return nil
	}
	words := []string{"--probe"}
	for _, user := range f.ProbeUsers {
		words = append(words, "--probe-user", user)
	}
	return words
}

// known is a source whose namespaces have been read.
type known struct {
	workload.Source
	namespaces []corev1.Namespace
}

// Namespaces implements workload.Source.
func (k known) Namespaces(context.Context) ([]corev1.Namespace, error) { return k.namespaces, nil }

// configure asks the server for its configuration, if that is wanted, and surveys with what it told.
func (o *surveyor) configure(ctx context.Context, source workload.Source, progress *terminal.Progress) (workload.Source, *probe.Discovery, error) {
	if o.Discover == nil {
		return source, nil, nil
	}
	namespaces, err := source.Namespaces(ctx)
	if err != nil {
		return nil, nil, err
	}
	wanted := probe.Wanted{Minor: o.Survey.Binary, Users: o.Users}
	if wanted.Minor == 0 {
		wanted.Minor = o.Survey.Minor
	}
	if wanted.Namespaces, err = o.withSystem(ctx, namespaces); err != nil {
		return nil, nil, err
	}
	if wanted.RuntimeClasses, _, err = o.Client.RuntimeClasses(ctx, o.Source.ChunkSize); err != nil { // what may not be listed is assumed
		return nil, nil, err
	}
	found, err := o.discover(ctx, progress, wanted)
	if err != nil {
		return nil, nil, err
	}
	config, learned := learnedOf(found)
	if o.Survey.Admission, err = simulate.New(config); err != nil {
		return nil, nil, fmt.Errorf("what the server told by dry run: %w", err)
	}
	o.Survey.Learned = learned
	if text := stillAssumed(learned, namespaces); text != "" && !o.Streams.Quiet {
		say(o.Streams, text)
	}
	return known{source, namespaces}, found, nil
}

// learnedOf is the configuration as far as the server told it, built-in where it did not.
func learnedOf(d *probe.Discovery) (*admissionapi.PodSecurityConfiguration, *survey.Learned) {
	config := &admissionapi.PodSecurityConfiguration{}
	learned := &survey.Learned{Defaults: map[survey.Mode]bool{}}
	for _, mode := range []struct {
		mode           survey.Mode
		fact           probe.Fact
		level, version *string
	}{
		{survey.Enforce, d.Enforce, &config.Defaults.Enforce, &config.Defaults.EnforceVersion},
		{survey.Audit, d.Audit, &config.Defaults.Audit, &config.Defaults.AuditVersion},
		{survey.Warn, d.Warn, &config.Defaults.Warn, &config.Defaults.WarnVersion},
	} {
		*mode.level, *mode.version = "privileged", "latest"
		level, version, whole := strings.Cut(mode.fact.Value, ":")
		if level != "" {
			*mode.level = level
		}
		if whole {
			*mode.version = version
		}
		learned.Defaults[mode.mode] = whole
	}
	config.Exemptions.Namespaces, learned.Namespaces = exemptOf(d.Namespaces)
	config.Exemptions.RuntimeClasses, learned.RuntimeClasses = exemptOf(d.RuntimeClasses)
	config.Exemptions.Usernames, learned.Users = exemptOf(d.Users)
	return config, learned
}

// exemptOf are the exempt ones among some names, and those of which it is known.
func exemptOf(facts map[string]probe.Fact) (exempt []string, known map[string]bool) {
	known = map[string]bool{}
	for name, fact := range facts {
		if known[name] = fact.Known(); fact.Value == probe.Exempt {
			exempt = append(exempt, name)
		}
	}
	slices.Sort(exempt)
	return exempt, known
}

// stillAssumed says what no dry run told; nothing where everything was told.
func stillAssumed(l *survey.Learned, namespaces []corev1.Namespace) string {
	var assumed []string
	for _, mode := range survey.Modes() {
		if !l.Defaults[mode] {
			assumed = append(assumed, string(mode))
		}
	}
	var parts []string
	if len(assumed) > 0 {
		parts = append(parts, "the default of "+strings.Join(assumed, ", "))
	}
	open := 0
	for i := range namespaces {
		if !l.Namespaces[namespaces[i].Name] {
			open++
		}
	}
	if open > 0 {
		of := "1 namespace is not"
		if open > 1 {
			of = fmt.Sprintf("%d namespaces are not", open)
		}
		parts = append(parts, "that "+of+" exempt")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Assumed all the same, since no dry run told it: " + strings.Join(parts, "; ") + ". Why, says kubectl pss config."
}
