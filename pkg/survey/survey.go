// Package survey is the conductor: it reads a source, folds pods and templates into workloads, judges them with
// the Pod Security Standards and lets upstream's admission say what the server would answer. check, label and psp
// all go through it, so that they can never disagree.
package survey

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Options are what a survey needs to know beside its source.
type Options struct {
	// Minor is what "latest" means on the server.
	Minor int
	// Admission is the server's admission, with its defaults and exemptions; Configured says that they come from a
	// configuration file and not from assumption.
	Admission  *simulate.Admission
	Configured bool
	// Candidate is the proposal, nil for none.
	Candidate Candidate
	// Named are the namespaces named on the command line: system namespaces among them count.
	Named []string
	// Only keeps the one workload or pod that was asked for; nil keeps all.
	Only *workload.Ref
}

// systemPrefix is what Kubernetes reserves for its own namespaces.
const systemPrefix = "kube-"

// Counts says whether a namespace has a say in verdicts and exit codes: system namespaces only when named.
func Counts(namespace string, named []string) bool {
	return !strings.HasPrefix(namespace, systemPrefix) || slices.Contains(named, namespace)
}

// survey is one run.
type survey struct {
	Options
	evaluator *standard.Evaluator
	fold      *fold
	spaces    []space
	gaps      []workload.Gap
}

// space is a namespace with its policies.
type space struct {
	corev1.Namespace
	newLabels          map[string]string // equal to Labels without a candidate
	current, candidate api.Policy
	labelErrors        []string
}

// Run surveys a source. The report's Server is the caller's to fill in. An error means that there is no answer;
// what merely could not be read is a gap in the report.
func Run(ctx context.Context, source workload.Source, o Options) (*report.CheckReport, error) {
	evaluator, err := standard.NewEvaluator(o.Minor)
	if err != nil {
		return nil, err
	}
	s := &survey{Options: o, evaluator: evaluator, fold: newFold(newJudge(evaluator), o.Minor)}
	namespaces, err := source.Namespaces(ctx)
	if err != nil {
		return nil, err
	}
	for i := range namespaces {
		s.open(&namespaces[i])
	}
	s.gaps, err = source.Read(ctx, namespaces, s.fold)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err // nothing that looks like a whole answer
	}
	return s.report(), nil
}

func (s *survey) open(ns *corev1.Namespace) {
	current, errs := s.Admission.Policy(ns.Labels)
	sp := space{Namespace: *ns, newLabels: ns.Labels, current: current, candidate: current}
	for _, e := range errs {
		sp.labelErrors = append(sp.labelErrors, e.Error())
	}
	if s.Candidate != nil {
		sp.newLabels = s.Candidate.Apply(ns.Labels)
		sp.candidate, _ = s.Admission.Policy(sp.newLabels)
	}
	p := newPanel(
		current.Enforce, current.Audit, current.Warn,
		sp.candidate.Enforce, sp.candidate.Audit, sp.candidate.Warn,
	)
	s.spaces = append(s.spaces, sp)
	s.fold.open(ns.Name, p, sp.candidate.Enforce != current.Enforce)
}

func (s *survey) report() *report.CheckReport {
	r := &report.CheckReport{Defaults: s.defaults(), Gaps: []report.Gap{}, Items: make([]report.Namespace, 0, len(s.spaces))}
	r.APIVersion, r.Kind = report.APIVersion, report.KindCheckReport
	slices.SortFunc(s.gaps, func(a, b workload.Gap) int {
		return strings.Compare(a.Namespace+"\x00"+a.Resource, b.Namespace+"\x00"+b.Resource)
	})
	for _, g := range s.gaps {
		r.Gaps = append(r.Gaps, report.Gap(g))
	}
	slices.SortFunc(s.spaces, func(a, b space) int { return strings.Compare(a.Name, b.Name) })
	for i := range s.spaces {
		r.Items = append(r.Items, s.item(&s.spaces[i]))
	}
	for _, m := range s.judgedModes() {
		r.Judged = append(r.Judged, string(m))
	}
	summarise(r, s.judgedModes())
	if s.Only != nil {
		r.Object = &report.Owner{Group: s.Only.Group, Kind: s.Only.Kind, Name: s.Only.Name}
		r.Summary.Repairs = nil // of the namespace's other workloads nothing is known
	}
	return r
}

func (s *survey) defaults() report.Defaults {
	d := s.Admission.Defaults()
	source := report.SourceAssumed
	if s.Configured {
		source = report.SourceConfig
	}
	return report.Defaults{Enforce: d.Enforce.String(), Audit: d.Audit.String(), Warn: d.Warn.String(), Source: source}
}

// judgedModes are the modes that decide the verdict: those named on the command line, else enforce.
func (s *survey) judgedModes() []Mode {
	if s.Candidate == nil {
		return []Mode{Enforce}
	}
	var modes []Mode
	for _, m := range Modes() {
		if _, named := s.Candidate[m]; named {
			modes = append(modes, m)
		}
	}
	return modes
}
