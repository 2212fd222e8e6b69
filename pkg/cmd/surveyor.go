package cmd

import (
	"context"
	"fmt"
	"os"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/probe"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// surveyor surveys a live cluster, with progress on stderr.
type surveyor struct {
	Client  *cluster.Client
	Source  cluster.Options
	Survey  survey.Options
	Host    string // the server's address, for progress
	Minor   *int   // what latest means, nil to ask the server
	Streams terminal.Streams
	// Changing looks for what may change pods on their way into the cluster.
	Changing bool
	// Probe asks by dry run what the server would make of templates; nil does not.
	Probe *probe.Client
	// Discover asks by dry run how Pod Security is configured, and about Users besides; nil does not.
	Discover *probe.Client
	Users    []string
}

// foresee asks the server what it is and surveys it.
func (o *surveyor) foresee(ctx context.Context) (*survey.Foresight, error) {
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	from := o.Source
	from.OnPage = progress.Page
	source, err := cluster.NewSource(o.Client, from)
	if err != nil {
		return nil, usageError{err}
	}
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	if err := o.learn(inquiry); err != nil {
		return nil, err
	}
	if r := o.Survey.Recommend; r != nil && r.Pin == (api.Version{}) {
		r.Pin = api.MajorMinorVersion(1, o.Survey.Minor)
	}
	if o.Changing {
		found, stop := o.changers(ctx)
		defer stop()
		o.Survey.Changers = found
	}
	if o.Probe != nil {
		o.Survey.Admit = o.admit(progress)
	}
	read, found, err := o.configure(ctx, source, progress)
	if err != nil {
		return nil, err
	}
	f, err := survey.Foresee(ctx, read, o.Survey)
	if err != nil {
		return nil, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, err
	}
	f.Report.Server = o.server(&facts)
	takePodSecurity(&f.Report.Server, found)
	return f, nil
}

// learn waits for the server's version, which says what latest means unless the user does.
func (o *surveyor) learn(inquiry *cluster.Inquiry) error {
	version, err := inquiry.Version()
	switch {
	case err != nil:
		return err
	case o.Minor != nil:
		o.Survey.Minor = *o.Minor
		return nil
	}
	if o.Survey.Minor, err = standard.EffectiveMinor(version); err != nil {
		return err
	}
	o.Survey.Binary, err = standard.BinaryMinor(version)
	return err
}

// server is the report on the server itself.
func (o *surveyor) server(f *cluster.Facts) report.Server {
	minor := o.Survey.Minor
	s := report.Server{
		Version: f.Version.GitVersion, PolicyVersion: fmt.Sprintf("v1.%d", minor), Exact: true,
		Context: f.Context, ClusterUID: string(f.ClusterUID),
		PodSecurity: report.Fact{Value: f.PodSecurity.Value, Source: report.Source(f.PodSecurity.Source), Reason: f.PodSecurity.Reason},
		Inexact:     inexact(minor),
	}
	switch {
	case f.AdmissionConfig == "" || o.Survey.Configured:
	case o.Survey.Learned != nil:
		s.Inexact = append(s.Inexact, fmt.Sprintf("the API server has an admission configuration of its own (%s), which no API shows: "+
			"what --probe could not find out of it stays unknown unless it is passed by --admission-config", f.AdmissionConfig))
	default:
		s.Inexact = append(s.Inexact, fmt.Sprintf("the API server has an admission configuration of its own (%s), which no API shows: "+
			"pass it by --admission-config, or its defaults and exemptions stay unknown", f.AdmissionConfig))
	}
	s.Exact = len(s.Inexact) == 0
	return s
}

// newAdmission is the server's admission, from the configuration file if there is one.
func newAdmission(file string) (*simulate.Admission, error) {
	config, err := simulate.DefaultConfig()
	if file != "" {
		config, err = simulate.LoadConfig(file, os.ReadFile)
	}
	if err == nil {
		var a *simulate.Admission
		if a, err = simulate.New(config); err == nil {
			return a, nil
		}
	}
	return nil, usagef("invalid argument %q for \"--admission-config\" flag: %w", file, err)
}
