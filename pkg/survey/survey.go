// Package survey is the conductor: it reads a source, folds pods and templates into workloads, judges them with
// the Pod Security Standards and lets upstream's admission say what the server would answer. check, label and psp
// all go through it, so that they can never disagree.
package survey

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// systemPrefix is what Kubernetes reserves for its own namespaces.
const systemPrefix = "kube-"

// Counts says whether a namespace has a say in verdicts and exit codes: system namespaces only when named.
func Counts(namespace string, named []string) bool {
	return !strings.HasPrefix(namespace, systemPrefix) || slices.Contains(named, namespace)
}

// survey is one run.
type survey struct {
	Options
	files     workload.Files // nil for a cluster
	evaluator *standard.Evaluator
	fold      *fold
	spaces    []space
	later     *later // nil without UpgradeTo
	gaps      []workload.Gap
	// admissions are the server's answers to dry runs, by the object whose template was asked about.
	admissions map[types.UID]admitted
	dryRuns    *report.DryRuns
	changers   []workload.Changer
	asked      map[question]*report.Updates
}

// space is a namespace with its policies.
type space struct {
	corev1.Namespace
	newLabels          map[string]string // equal to Labels without a proposal
	current, candidate api.Policy
	labelErrors        []string
	held               string // why nothing is recommended
	unread             bool   // it may have labels that are not known
}

// Foresight is a report, and the namespaces that it is about.
type Foresight struct {
	Report *report.CheckReport
	// Namespaces are as they were read, parallel to the report's items.
	Namespaces []Proposed
}

// Proposed is a namespace, and what is proposed for it.
type Proposed struct {
	corev1.Namespace
	// NewLabels are all labels that it would have.
	NewLabels map[string]string
	// Held says why nothing is recommended for it; empty otherwise.
	Held string
}

// Run surveys a source. The report's Server is the caller's to fill in. An error means that there is no answer;
// what merely could not be read is a gap in the report.
func Run(ctx context.Context, source workload.Source, o Options) (*report.CheckReport, error) {
	f, err := Foresee(ctx, source, o)
	if err != nil {
		return nil, err
	}
	return f.Report, nil
}

// Foresee is Run for those who go on to change the namespaces.
func Foresee(ctx context.Context, source workload.Source, o Options) (*Foresight, error) {
	if o.Binary == 0 {
		o.Binary = o.Minor
	}
	evaluator, err := standard.NewEmulatingEvaluator(o.Binary, o.Minor)
	if err != nil {
		return nil, err
	}
	o.Admission = o.Admission.ForServer(o.Binary)
	s := &survey{Options: o, evaluator: evaluator, fold: newFold(newJudge(evaluator), o.Binary)}
	s.files, _ = source.(workload.Files)
	s.fold.judge.beyond, s.fold.judge.declared = o.Beyond, s.files != nil
	if s.Admit != nil {
		s.fold.kept, s.admissions = map[types.UID]*corev1.PodTemplateSpec{}, map[types.UID]admitted{}
	}
	if err := s.lookAhead(); err != nil {
		return nil, err
	}
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
	if err := s.admit(ctx); err != nil {
		return nil, err
	}
	if s.Changers != nil {
		s.changers = s.Changers()
	}
	if err := ctx.Err(); err != nil {
		return nil, err // nothing that looks like a whole answer
	}
	f := &Foresight{Report: s.report()}
	for i := range s.spaces {
		sp := &s.spaces[i]
		f.Namespaces = append(f.Namespaces, Proposed{Namespace: sp.Namespace, NewLabels: sp.newLabels, Held: sp.held})
	}
	return f, nil
}

func (s *survey) open(ns *corev1.Namespace) {
	current, errs := s.Admission.Policy(ns.Labels)
	sp := space{Namespace: *ns, newLabels: ns.Labels, current: current, candidate: current}
	for _, e := range errs {
		sp.labelErrors = append(sp.labelErrors, e.Error())
	}
	if labels, proposed := s.proposal(ns); proposed {
		s.propose(&sp, labels)
	}
	policies := []api.LevelVersion{
		current.Enforce, current.Audit, current.Warn,
		sp.candidate.Enforce, sp.candidate.Audit, sp.candidate.Warn,
	}
	if s.Recommend != nil {
		policies = append(policies, s.Recommend.policies()...)
	}
	s.openLater(&sp)
	s.spaces = append(s.spaces, sp)
	s.fold.open(ns.Name, newPanel(policies...), sp.candidate.Enforce != current.Enforce || s.Recommend != nil)
}

// proposing says whether there is any proposal.
func (s *survey) proposing() bool { return s.Candidate != nil || s.Labels != nil || s.Recommend != nil }

// proposal is what is proposed for a namespace before anything of it is known.
func (s *survey) proposal(ns *corev1.Namespace) (labels map[string]string, proposed bool) {
	if s.Candidate != nil {
		return s.Candidate.Apply(ns.Labels), true
	}
	planned, ok := s.Labels[ns.Name]
	if !ok {
		return nil, false
	}
	return WithLabels(ns.Labels, planned), true
}

func (s *survey) propose(sp *space, labels map[string]string) {
	sp.newLabels = labels
	sp.candidate, _ = s.Admission.Policy(labels)
}

func (s *survey) report() *report.CheckReport {
	r := &report.CheckReport{Defaults: s.defaults(), Gaps: []report.Gap{}, Items: make([]report.Namespace, 0, len(s.spaces))}
	r.DryRuns = s.dryRuns
	r.APIVersion, r.Kind = report.APIVersion, report.KindCheckReport
	slices.SortFunc(s.gaps, func(a, b workload.Gap) int {
		return strings.Compare(a.Namespace+"\x00"+a.Resource+"\x00"+a.Name, b.Namespace+"\x00"+b.Resource+"\x00"+b.Name)
	})
	for _, g := range s.gaps {
		r.Gaps = append(r.Gaps, report.Gap(g))
	}
	slices.SortFunc(s.spaces, func(a, b space) int { return strings.Compare(a.Name, b.Name) })
	s.fold.seen = nil
	for i := range s.spaces {
		r.Items = append(r.Items, s.item(&s.spaces[i]))
		s.fold.release(s.spaces[i].Name)
	}
	for _, m := range s.judgedModes() {
		r.Judged = append(r.Judged, string(m))
	}
	summarise(r, s.judgedModes())
	r.Upgrade, r.Beyond = s.upgrade(r), s.beyond(r)
	if s.Only != nil {
		r.Object = &report.Owner{Group: s.Only.Group, Kind: s.Only.Kind, Name: s.Only.Name}
		r.Summary.Repairs = nil // of the namespace's other workloads nothing is known
	}
	return r
}

// judgedModes are the modes that decide the verdict: those named on the command line, else enforce.
func (s *survey) judgedModes() []Mode {
	if len(s.Judged) > 0 {
		return s.Judged
	}
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
