package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// checkFile says what is in the file, and what is wrong with it.
func (o *ConfigOptions) checkFile(ctx context.Context) (*report.ConfigReport, error) {
	file, err := o.readFile()
	if err != nil {
		return nil, err
	}
	r := &report.ConfigReport{File: o.File, Facts: survey.ConfigFacts(file.Config), Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindConfigReport
	setting := survey.ConfigSetting{Command: shell.Join("kubectl", "pss", "check", "ns", "--admission-config", o.File)}
	if o.Live {
		if err := o.compare(ctx, r, file.Config, &setting); err != nil {
			return nil, err
		}
	}
	setting.Minor, setting.Binary = o.Survey.Minor, o.Survey.Binary
	r.Release = fmt.Sprintf("v1.%d", o.Survey.Minor)
	r.Findings = survey.ConfigFindings(file, setting)
	return r, nil
}

// readFile reads the file as the server would, and refuses what it would not start with.
func (o *ConfigOptions) readFile() (*simulate.ConfigFile, error) {
	name, read := o.File, os.ReadFile
	if name == "-" {
		name = "standard input"
		read = func(path string) ([]byte, error) {
			if path == name {
				return io.ReadAll(o.Streams.In)
			}
			return os.ReadFile(path)
		}
	}
	file, err := simulate.ReadConfig(name, read)
	if err == nil {
		if o.Survey.Admission, err = simulate.New(file.Config); err == nil {
			o.Survey.Configured = true
			return file, nil
		}
		err = fmt.Errorf("%s: %w", name, err)
		pattern := func(name string) bool { return strings.Contains(name, "*") }
		if e := &file.Config.Exemptions; slices.ContainsFunc(e.Namespaces, pattern) || slices.ContainsFunc(e.RuntimeClasses, pattern) {
			err = fmt.Errorf("%w; there are no patterns: name each one", err)
		}
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path != o.File && errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; the API server finds that file where it runs: fetch it, and pass it by -f itself", err)
	}
	return nil, err
}

// compare holds the file against the cluster. What may not be read is a gap of the report.
func (o *ConfigOptions) compare(ctx context.Context, r *report.ConfigReport, c *admissionapi.PodSecurityConfiguration, s *survey.ConfigSetting) error {
	if c.Defaults.Enforce != string(api.LevelPrivileged) { // the only one that refuses nothing
		if err := o.surveyDefaults(ctx, r, s); err != nil {
			return err
		}
	}
	if r.Server == nil {
		if err := o.learnServer(ctx, r); err != nil {
			return err
		}
	}
	return o.waiting(func() error { return o.lookForExempt(ctx, r, c, s) })
}

// surveyDefaults surveys the cluster as it would be with the file.
func (o *ConfigOptions) surveyDefaults(ctx context.Context, r *report.ConfigReport, s *survey.ConfigSetting) error {
	foresight, err := o.foresee(ctx)
	if apierrors.IsForbidden(err) { // no list of namespaces, and so no telling which have no labels
		if hinted, ok := errors.AsType[*cluster.HintError](err); ok {
			err = hinted.Err
		}
		r.Gaps = append(r.Gaps, report.Gap{Resource: "namespaces", Reason: "forbidden", Message: err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	s.Check = foresight.Report
	r.Server = &s.Check.Server
	addGaps(r, s.Check.Gaps)
	for i := range s.Check.Items {
		addGaps(r, s.Check.Items[i].Gaps)
	}
	return nil
}

// learnServer asks the server what it is.
func (o *ConfigOptions) learnServer(ctx context.Context, r *report.ConfigReport) error {
	return o.waiting(func() error {
		inquiry := o.Client.Ask(ctx)
		defer inquiry.Stop()
		if err := o.learn(inquiry); err != nil {
			return err
		}
		facts, err := inquiry.Facts()
		if err != nil {
			return err
		}
		server := o.server(&facts)
		r.Server = &server
		return nil
	})
}

// lookForExempt looks whether what is exempt exists.
func (o *ConfigOptions) lookForExempt(ctx context.Context, r *report.ConfigReport, c *admissionapi.PodSecurityConfiguration, s *survey.ConfigSetting) error {
	there, gaps, err := o.Client.Namespaces(ctx, c.Exemptions.Namespaces)
	if err != nil {
		return err
	}
	known := map[string]bool{} // or not known to be missing
	for i := range there {
		known[there[i].Name] = true
	}
	for _, gap := range gaps {
		known[gap.Namespace] = true
	}
	s.MissingNamespaces = slices.DeleteFunc(slices.Clone(c.Exemptions.Namespaces), func(name string) bool { return known[name] })
	missing, gap, err := o.Client.MissingRuntimeClasses(ctx, c.Exemptions.RuntimeClasses)
	if err != nil {
		return err
	}
	s.MissingRuntimeClasses = missing
	if gap != nil {
		gaps = append(gaps, *gap)
	}
	addGaps(r, reported(gaps))
	return nil
}

// reported are gaps as they are reported.
func reported(gaps []workload.Gap) []report.Gap {
	list := make([]report.Gap, len(gaps))
	for i, g := range gaps {
		list[i] = report.Gap(g)
	}
	return list
}

// addGaps adds those that the report does not have.
func addGaps(r *report.ConfigReport, gaps []report.Gap) {
	for _, g := range gaps {
		if !slices.Contains(r.Gaps, g) {
			r.Gaps = append(r.Gaps, g)
		}
	}
}
