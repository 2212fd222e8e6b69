package survey

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// later is the same cluster under a server of another release. What is read once is judged twice: every judgement of
// today's server carries that of the other one, so that pods which only one of them tells apart are told apart.
type later struct {
	minor     int
	admission *simulate.Admission
	judge     *judge
	spaces    map[string]*laterSpace

	mu    sync.Mutex
	pairs map[pair]*judgement
}

// pair are the judgements of both servers.
type pair struct{ now, then *judgement }

// laterSpace is a namespace there.
type laterSpace struct {
	panel  *panel
	policy api.Policy
	// pins are the version labels that keep today's policy versions; labels and pinned are what results from them.
	pins   map[string]string
	labels map[string]string
	pinned api.Policy
}

// lookAhead prepares for the other server, if anybody asks about one.
func (s *survey) lookAhead() error {
	if s.UpgradeTo == nil {
		return nil
	}
	evaluator, err := standard.NewEvaluator(*s.UpgradeTo)
	if err != nil {
		return err
	}
	s.later = &later{
		minor: *s.UpgradeTo, admission: s.Admission.ForServer(*s.UpgradeTo), judge: newJudge(evaluator),
		spaces: map[string]*laterSpace{}, pairs: map[pair]*judgement{},
	}
	s.fold.later = s.later
	return nil
}

// openLater notes what a namespace's policy becomes.
func (s *survey) openLater(sp *space) {
	if s.later == nil {
		return
	}
	l := &laterSpace{pins: s.pins(sp)}
	l.labels = pinned(sp.newLabels, l.pins)
	l.policy, _ = s.later.admission.Policy(sp.newLabels)
	l.pinned, _ = s.later.admission.Policy(l.labels)
	l.panel = newPanel(
		l.policy.Enforce, l.policy.Audit, l.policy.Warn,
		l.pinned.Enforce, l.pinned.Audit, l.pinned.Warn,
	)
	s.later.spaces[sp.Name] = l
}

// joined is today's judgement with that of the other server. Joined judgements are interned as others are.
func (l *later) joined(now, then *judgement) *judgement {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := pair{now, then}
	both, ok := l.pairs[key]
	if !ok {
		with := *now
		with.then = then
		both = &with
		l.pairs[key] = both
	}
	return both
}

// pod judges a pod that runs.
func (f *fold) pod(r *room, pod *corev1.Pod) *judgement {
	now := f.judge.of(r.panel, &pod.ObjectMeta, &pod.Spec, false)
	if f.later == nil {
		return now
	}
	again := workload.Remade(pod, f.later.minor)
	return f.later.joined(now, f.later.judge.of(f.later.spaces[pod.Namespace].panel, &again.ObjectMeta, &again.Spec, false))
}

// template judges an object's template: the pod that it becomes, and as it stands.
func (f *fold) template(r *room, o *workload.Object) (made, stored *judgement) {
	made, stored = f.judge.template(r.panel, o, f.minor)
	if f.later == nil {
		return made, stored
	}
	// Another release leaves a stored template as it is, but makes a pod of it in its own way.
	madeThere, storedThere := f.later.judge.template(f.later.spaces[o.Namespace].panel, o, f.later.minor)
	return f.later.joined(made, madeThere), f.later.joined(stored, storedThere)
}

// template judges a template under a panel, once where it is the pod that a server of that minor makes of it.
func (g *judge) template(p *panel, o *workload.Object, minor int) (made, stored *judgement) {
	stored = g.of(p, &o.Template.ObjectMeta, &o.Template.Spec, true)
	if !workload.Alters(o, minor) {
		return stored, stored
	}
	pod := workload.PodOf(o, minor)
	return g.of(p, &pod.ObjectMeta, &pod.Spec, true), stored
}
