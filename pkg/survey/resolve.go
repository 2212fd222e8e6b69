package survey

import (
	"cmp"
	"maps"
	"slices"

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
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
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

func (s *survey) resolve(r *room) map[workload.Ref]*work {
	works := map[workload.Ref]*work{}
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

func open(works map[workload.Ref]*work, ref workload.Ref) *work {
	w := works[ref]
	if w == nil {
		w = &work{
			Ref: ref, state: workload.Active, next: workload.Next{Event: workload.Reschedule},
			members: map[workload.Ref]bool{ref: true}, drift: map[report.Drift]bool{},
		}
		works[ref] = w
	}
	return w
}

func (s *survey) addObject(works map[workload.Ref]*work, tree *workload.Tree, o *workload.Object) {
	place := tree.PlaceOf(o)
	place.Immediate = o
	w := open(works, place.Ref)
	w.members[o.Ref] = true
	top := place.Top == o
	if top {
		w.owner, w.state, w.next, w.location, w.seen = place.Custom, o.State, o.Next, o.Location, true
	}
	judged, ok := s.fold.templates[o.UID]
	if !ok {
		return
	}
	revision := workload.Current
	if !top {
		// A ReplicaSet or Job of today's revision says nothing that its Deployment or CronJob does not.
		if revision = place.Revision(""); revision == workload.Current {
			return
		}
	}
	w.add(&evidence{
		source: report.EvidenceTemplate, revision: revision, finding: judged.pod, stored: judged.stored,
		runtimeClass: judged.runtimeClass, user: workload.ControllerUser(o.Kind),
		finished: o.State == workload.Finished, terminating: o.State == workload.Terminating,
	})
}

func (s *survey) addGroup(works map[workload.Ref]*work, tree *workload.Tree, g *group) {
	e := &evidence{
		source: report.EvidencePod, revision: workload.Current, finding: g.finding,
		finished: g.finished, terminating: g.terminating, count: g.count, names: g.names,
	}
	if g.runtimeClass != "" {
		e.runtimeClass = &g.runtimeClass
	}
	if g.owner == nil || isNode(g.owner) {
		w := open(works, workload.Ref{Kind: "Pod", Name: g.names[0]})
		w.bare(g)
		w.add(e)
		return
	}
	place := tree.Place(*g.owner)
	e.revision = place.Revision(g.hash)
	e.user = workload.ControllerUser(g.owner.Kind)
	w := open(works, place.Ref)
	w.add(e)
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

// drift compares pods with the template that they were made from, check by check.
func (s *survey) drift(w *work, e *evidence, own *workload.Object) {
	declared, ok := s.fold.templates[own.UID]
	if !ok || declared.pod == e.finding {
		return
	}
	for i := range e.finding.panel.policies {
		template, pod := checks(&declared.pod.found[i]), checks(&e.finding.found[i])
		for c := range template {
			if !pod[c] {
				w.drift[report.DriftMutated] = true
			}
		}
		for c := range pod {
			if !template[c] {
				w.drift[report.DriftInjected] = true
			}
		}
	}
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
