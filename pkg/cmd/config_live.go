package cmd

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// configLiveFlags are about what the server is asked.
type configLiveFlags struct {
	// ProbeUsers are asked about by name: nothing lists users.
	ProbeUsers []string
}

func (f *configLiveFlags) addLive(fs *pflag.FlagSet) { addProbeUserFlag(fs, &f.ProbeUsers) }

// configLiveOptions are what asking the server needs.
type configLiveOptions struct {
	// Namespace is asked about where namespaces may not be listed: -n, else the context's.
	Namespace string
}

// toLive makes the options those of asking the server.
func (o *ConfigOptions) toLive(f *ConfigFlags, config *genericclioptions.ConfigFlags) (err error) {
	if err := validProbeUsers(f.ProbeUsers); err != nil {
		return err
	}
	o.Users = f.ProbeUsers
	if o.Client, o.Host, err = newClient(config); err != nil {
		return err
	}
	if o.Namespace, err = objectNamespace(config); err != nil {
		return err
	}
	o.Discover, err = probe.NewClient(config, version)
	return err
}

// live asks the server how Pod Security is configured. What it does not tell, or may not be asked, is a fact that is not
// known, and no gap.
func (o *ConfigOptions) live(ctx context.Context) (*report.ConfigReport, error) {
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	if err := o.learn(inquiry); err != nil {
		return nil, err
	}
	r := &report.ConfigReport{Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindConfigReport
	wanted, err := o.wanted(ctx, r)
	if err != nil {
		return nil, err
	}
	found, err := o.discover(ctx, progress, wanted)
	if err != nil {
		return nil, err
	}
	for _, g := range o.Client.Gates(ctx, o.Survey.Binary) {
		if active := found.PodSecurity; g.Name == "PodSecurity" && !g.Known && active.Value == probe.Active {
			g.Known, g.Enabled, g.How, g.Needs = true, true, active.How, active.Needs
		}
		r.Facts = append(r.Facts, gateFact(g))
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, err
	}
	server := o.server(&facts)
	takePodSecurity(&server, found)
	r.Server, r.Asked = &server, found.Asked
	r.Facts = append(r.Facts, factsOf(&server, found)...)
	report.SortConfigFacts(r.Facts)
	return r, ctx.Err()
}

// wanted is what to ask about: what there is of each kind, as far as it may be listed.
func (o *ConfigOptions) wanted(ctx context.Context, r *report.ConfigReport) (probe.Wanted, error) {
	w := probe.Wanted{Minor: o.Survey.Binary, Users: o.Users}
	unlisted := func(subject, resource, how string) {
		r.Facts = append(r.Facts, report.ConfigFact{
			Subject: subject, Value: report.ConfigUnknown, Source: report.SourceAssumed,
			How: how, Needs: "list " + resource,
		})
	}
	source, err := cluster.NewSource(o.Client, cluster.Options{ChunkSize: o.Source.ChunkSize})
	if err != nil {
		return w, usageError{err}
	}
	w.Namespaces, err = source.Namespaces(ctx)
	if _, forbidden := errors.AsType[*cluster.HintError](err); forbidden {
		unlisted(report.SubjectExemptNamespace, "namespaces", "what there is may not be listed: those that every cluster has were asked about, and the context's own")
		w.Namespaces, err = o.named(ctx)
	}
	if err != nil {
		return w, err
	}
	var gaps []workload.Gap
	w.RuntimeClasses, gaps, err = o.Client.RuntimeClasses(ctx, o.Source.ChunkSize)
	if len(gaps) > 0 {
		unlisted(report.SubjectExemptRuntimeClass, "runtimeclasses.node.k8s.io", "what there is may not be listed")
	}
	if len(o.Users) == 0 {
		r.Facts = append(r.Facts, report.ConfigFact{
			Subject: report.SubjectExemptUser, Value: report.ConfigUnknown, Source: report.SourceAssumed,
			How: "nothing lists users: --probe-user asks about one", Needs: "impersonate users",
		})
	}
	return w, err
}

// named are the namespaces that can be guessed, as far as they may be read.
func (o *ConfigOptions) named(ctx context.Context) ([]corev1.Namespace, error) {
	names := probed()
	if !slices.Contains(names, o.Namespace) {
		names = append(names, o.Namespace)
	}
	there, _, err := o.Client.Namespaces(ctx, names)
	return there, err
}

// takePodSecurity lets what dry runs told go before what was read.
func takePodSecurity(s *report.Server, d *probe.Discovery) {
	if d != nil && d.PodSecurity.Known() {
		s.PodSecurity = report.Fact{Value: d.PodSecurity.Value, Source: report.SourceProbed, Reason: d.PodSecurity.How}
	}
}

// factsOf are the facts that a discovery comes to.
func factsOf(s *report.Server, d *probe.Discovery) []report.ConfigFact {
	active := configFact(report.SubjectPodSecurity, "", d.PodSecurity)
	if !d.PodSecurity.Known() && s.PodSecurity.Source == report.SourceProbed {
		active.Value, active.Source, active.How, active.Needs = s.PodSecurity.Value, report.SourceProbed, s.PodSecurity.Reason, ""
	} else if !d.PodSecurity.Known() && s.PodSecurity.Reason != "" {
		active.How += "; it is " + s.PodSecurity.Reason
	}
	facts := []report.ConfigFact{
		active,
		configFact(report.SubjectDefault, "enforce", d.Enforce),
		configFact(report.SubjectDefault, "audit", d.Audit),
		configFact(report.SubjectDefault, "warn", d.Warn),
	}
	for subject, named := range map[string]map[string]probe.Fact{
		report.SubjectExemptNamespace: d.Namespaces, report.SubjectExemptRuntimeClass: d.RuntimeClasses, report.SubjectExemptUser: d.Users,
	} {
		for name, fact := range named {
			facts = append(facts, configFact(subject, name, fact))
		}
	}
	return facts
}

func configFact(subject, name string, f probe.Fact) report.ConfigFact {
	fact := report.ConfigFact{Subject: subject, Name: name, Value: f.Value, Source: report.SourceProbed, How: f.How, Needs: f.Needs}
	if !f.Known() {
		fact.Value, fact.Source = report.ConfigUnknown, report.SourceAssumed
	}
	return fact
}

func gateFact(g cluster.Gate) report.ConfigFact {
	fact := report.ConfigFact{
		Subject: report.SubjectFeatureGate, Name: g.Name, Value: report.ConfigUnknown, Source: report.SourceAssumed, How: g.How, Needs: g.Needs,
	}
	if g.Known {
		fact.Source, fact.Value = report.SourceProbed, report.ConfigDisabled
		if g.Enabled {
			fact.Value = report.ConfigEnabled
		}
	}
	return fact
}
