package survey

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// work is a workload being put together.
type work struct {
	workload.Ref
	owner    *workload.Ref
	state    workload.State
	next     workload.Next
	location *workload.Location
	members  map[workload.Ref]bool // objects folded into it
	evidence []*evidence
	drift    map[report.Drift]bool
	labels   map[string]string // of its next pods, as far as its template says
	accounts []string          // the service accounts of its pods, in no order
	// seen says that the workload's own object was read, so that state and next are its own.
	seen bool
}

// works resolves a namespace's groups and objects into the workloads that are wanted.
func (s *survey) works(r *room) []*work {
	var list []*work
	for _, w := range s.resolve(r) {
		if s.wanted(w) {
			w.settle()
			list = append(list, w)
		}
	}
	return list
}

// workloads judges the evidence and sorts the result.
func (s *survey) workloads(sp *space, works []*work) []report.Workload {
	list := make([]report.Workload, 0, len(works))
	for _, w := range works {
		list = append(list, s.workload(sp, w))
	}
	slices.SortFunc(list, func(a, b report.Workload) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name),
			compareLocations(a.Location, b.Location))
	})
	return list
}

// wanted leaves out what was not asked for, and old ReplicaSets of custom controllers, which are no evidence.
func (s *survey) wanted(w *work) bool {
	if s.Only != nil && s.Only.Kind == "Pod" {
		return slices.ContainsFunc(w.evidence, func(e *evidence) bool { return e.source == report.EvidencePod })
	}
	if s.Only != nil {
		return w.members[*s.Only]
	}
	return len(w.evidence) > 0 || w.Kind != "ReplicaSet"
}

// identity is what makes evidence one workload's: its name. Files may name one twice, and each is judged.
type identity struct {
	workload.Ref
	object types.UID // in files
}

func (s *survey) identity(ref workload.Ref, object types.UID) identity {
	if s.files == nil {
		return identity{Ref: ref}
	}
	return identity{Ref: ref, object: object}
}

// identityOf is the identity of the workload at a place.
func (s *survey) identityOf(p *workload.Place) identity {
	if p.Top == nil {
		return identity{Ref: p.Ref}
	}
	return s.identity(p.Ref, p.Top.UID)
}

func (s *survey) resolve(r *room) map[identity]*work {
	works := map[identity]*work{}
	tree := workload.NewTree()
	for _, o := range r.objects {
		tree.Add(o)
	}
	for _, o := range r.objects {
		s.addObject(works, tree, o)
	}
	for _, g := range r.groups {
		s.addGroup(works, tree, g)
	}
	return works
}

func open(works map[identity]*work, id identity) *work {
	w := works[id]
	if w == nil {
		w = &work{
			Ref: id.Ref, state: workload.Active, next: workload.Next{Event: workload.Reschedule},
			members: map[workload.Ref]bool{id.Ref: true}, drift: map[report.Drift]bool{},
		}
		works[id] = w
	}
	return w
}

func (s *survey) addObject(works map[identity]*work, tree *workload.Tree, o *workload.Object) {
	place := tree.PlaceOf(o)
	place.Immediate = o
	w := open(works, s.identityOf(&place))
	w.members[o.Ref] = true
	top := place.Top == o
	if top {
		w.owner, w.state, w.next, w.location, w.seen = place.Custom, o.State, o.Next, o.Location, true
	}
	judged, ok := s.fold.templates[o.UID]
	if !ok {
		return
	}
	w.runsAs(judged.account)
	revision := workload.Current
	if !top {
		// A ReplicaSet or Job of today's revision says nothing that its Deployment or CronJob does not.
		if revision = place.Revision(""); revision == workload.Current {
			return
		}
	}
	if top {
		w.labels = judged.labels
	}
	w.add(&evidence{
		source: report.EvidenceTemplate, revision: revision, finding: judged.pod, stored: judged.stored,
		answered:     s.addAdmission(w, o, revision),
		runtimeClass: judged.runtimeClass, user: workload.ControllerUser(o.Kind),
		finished: o.State == workload.Finished, terminating: o.State == workload.Terminating,
	})
}

func (s *survey) addGroup(works map[identity]*work, tree *workload.Tree, g *group) {
	e := &evidence{
		source: report.EvidencePod, revision: workload.Current, finding: g.finding,
		finished: g.finished, terminating: g.terminating, count: g.count, names: g.names,
	}
	if g.runtimeClass != "" {
		e.runtimeClass = &g.runtimeClass
	}
	if g.owner == nil || isNode(g.owner) {
		w := open(works, s.identity(workload.Ref{Kind: "Pod", Name: g.names[0]}, g.bare))
		w.runsAs(g.account)
		w.bare(g)
		s.declared(w, g)
		w.add(e)
		return
	}
	place := tree.Place(*g.owner)
	e.revision = place.Revision(g.hash)
	e.user = workload.ControllerUser(g.owner.Kind)
	answer, answered := s.answerTo(&place, g.hash)
	e.answered = answered
	w := open(works, s.identityOf(&place))
	w.runsAs(g.account)
	w.add(e)
	if answered {
		w.since(e, &answer)
	}
	if g.terminating {
		return // going away: how it differs from its template no longer matters
	}
	if own := place.OwnTemplate(g.hash); own != nil {
		s.drift(w, e, own)
	}
	if e.revision == workload.Old && place.Top != nil {
		if now, ok := s.fold.templates[place.Top.UID]; ok && !sameChecks(now.pod, e.finding) {
			w.drift[report.DriftOtherRevision] = true
		}
	}
}

// bare sets the state of a pod that is a workload itself. Nothing makes a bare pod again, but the kubelet
// makes the mirror of a static pod again.
func (w *work) bare(g *group) {
	w.seen = true
	w.next.Event = workload.Never
	if g.owner != nil {
		w.owner = &g.owner.Ref
		w.next.Event = workload.Reschedule
	}
	switch {
	case g.terminating:
		w.state, w.next.Event = workload.Terminating, workload.Never
	case g.finished:
		w.state, w.next.Event = workload.Finished, workload.Never
	}
}

// declared sets what is different for a bare pod in a file: somebody is going to make it.
func (s *survey) declared(w *work, g *group) {
	if s.files == nil {
		return
	}
	w.location = s.files.Locate(g.bare)
	if g.owner == nil {
		w.next.Event = workload.Apply
	}
}

// drift compares pods with the template that they were made from, check by check.
func (s *survey) drift(w *work, e *evidence, own *workload.Object) {
	declared, ok := s.fold.templates[own.UID]
	if !ok || declared.pod == e.finding {
		return
	}
	passes, fails := differs(declared.pod, e.finding)
	w.drift[report.DriftMutated] = w.drift[report.DriftMutated] || passes
	w.drift[report.DriftInjected] = w.drift[report.DriftInjected] || fails
}

func checks(f *finding) map[string]bool {
	set := make(map[string]bool, len(f.denials))
	for _, d := range f.denials {
		set[string(d.Check)] = true
	}
	return set
}

func sameChecks(a, b *judgement) bool {
	if a == b {
		return true
	}
	for i := range a.found {
		if !maps.Equal(checks(&a.found[i]), checks(&b.found[i])) {
			return false
		}
	}
	return true
}
