package cmd

import (
	"context"
	"fmt"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// check asks the server what it is and surveys it, with progress on stderr.
func (o *CheckOptions) check(ctx context.Context) (*report.CheckReport, error) {
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	o.Source.OnPage = progress.Page
	source, err := cluster.NewSource(o.Client, o.Source)
	if err != nil {
		return nil, usageError{err}
	}
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	version, err := inquiry.Version()
	if err != nil {
		return nil, err
	}
	if o.Minor != nil {
		o.Survey.Minor = *o.Minor
	} else if o.Survey.Minor, err = standard.EffectiveMinor(version); err != nil {
		return nil, err
	}
	r, err := survey.Run(ctx, source, o.Survey)
	if err != nil {
		return nil, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, err
	}
	r.Server = o.server(&facts)
	return r, nil
}

// server is the report on the server itself.
func (o *CheckOptions) server(f *cluster.Facts) report.Server {
	minor := o.Survey.Minor
	s := report.Server{
		Version: f.Version.GitVersion, PolicyVersion: fmt.Sprintf("v1.%d", minor), Exact: true,
		Context: f.Context, ClusterUID: string(f.ClusterUID),
		PodSecurity: report.Fact{Value: f.PodSecurity.Value, Source: report.Source(f.PodSecurity.Source), Reason: f.PodSecurity.Reason},
	}
	if minor > standard.NewestMinor {
		s.Inexact = append(s.Inexact, fmt.Sprintf("this build knows the checks up to v1.%d; newer ones are judged as v1.%[1]d", standard.NewestMinor))
	}
	if minor < standard.ExactSince {
		s.Inexact = append(s.Inexact, fmt.Sprintf("servers before v1.%d differ in ways that no policy version expresses", standard.ExactSince))
	}
	if f.AdmissionConfig != "" && !o.Survey.Configured {
		s.Inexact = append(s.Inexact, fmt.Sprintf("the API server has an admission configuration of its own (%s), which no API shows: "+
			"pass it by --admission-config, or its defaults and exemptions stay unknown", f.AdmissionConfig))
	}
	s.Exact = len(s.Inexact) == 0
	return s
}
