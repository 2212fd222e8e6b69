package migration

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// work is a workload being put together.
type work struct {
	workload.Ref
	owner *workload.Ref
	state workload.State
	// top is its own object, nil where that was not read or there is none.
	top  *workload.Object
	pods []evidence
}

// evidence is a group of its pods, and the template that they were made from.
type evidence struct {
	*group
	revision string
	// template is nil where it is not known any more.
	template *workload.Object
}

// works resolves what was folded of a namespace into its workloads, sorted.
func (r *room) works() []*work {
	tree := workload.NewTree()
	for _, o := range r.objects {
		tree.Add(o)
	}
	works := map[workload.Ref]*work{}
	at := func(ref workload.Ref) *work {
		if works[ref] == nil {
			works[ref] = &work{Ref: ref, state: workload.Active}
		}
		return works[ref]
	}
	for _, o := range r.objects {
		place := tree.PlaceOf(o)
		if place.Top != o {
			continue // a controller between a workload and its pods, or one whose workload is not known
		}
		if !o.Declares && o.Kind == "ReplicaSet" {
			continue // an old one of a custom controller: nothing is made from it
		}
		w := at(o.Ref)
		w.top, w.state, w.owner = o, o.State, place.Custom
	}
	for _, g := range r.groups {
		ref, e := placed(tree, g)
		w := at(ref)
		w.pods = append(w.pods, e)
		if g.owner != nil && isNode(g.owner) {
			w.owner = &g.owner.Ref
		}
	}
	list := make([]*work, 0, len(works))
	for _, w := range works {
		w.sort()
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b *work) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// placed says which workload pods belong to, and as what.
func placed(tree *workload.Tree, g *group) (workload.Ref, evidence) {
	if g.owner == nil || isNode(g.owner) {
		return workload.Ref{Kind: "Pod", Name: g.name}, evidence{group: g, revision: workload.Current}
	}
	place := tree.Place(*g.owner)
	e := evidence{group: g, revision: place.Revision(g.hash)}
	if e.revision == workload.Unknown && outdated(&place) {
		e.revision = workload.Old
	}
	if e.template = place.OwnTemplate(g.hash); e.template == nil && e.revision == workload.Unknown && place.Top != nil && place.Top.Declares {
		e.template = place.Top // a ReplicationController's pods say nothing of their revision
	}
	return place.Ref, e
}

// outdated says that pods are of a ReplicaSet whose template is not today's, which its Deployment's controller has not
// seen yet.
func outdated(p *workload.Place) bool {
	if p.Top == nil || p.Immediate == nil || p.Top == p.Immediate || p.Top.Template == nil || p.Immediate.Template == nil {
		return false
	}
	return !equality.Semantic.DeepEqual(p.Top.Template, p.Immediate.Template)
}

// sort puts what is most alike first, so that a report of the same cluster is always the same.
func (w *work) sort() {
	slices.SortFunc(w.pods, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.policy, b.policy), -cmp.Compare(a.count, b.count), cmp.Compare(a.level, b.level), cmp.Compare(a.name, b.name))
	})
}

// present are the pods that may be of today's template.
func (w *work) present() []evidence {
	return slices.DeleteFunc(slices.Clone(w.pods), func(e evidence) bool { return e.revision == workload.Old })
}

// silent says that pods do not tell all of how the next one is admitted.
func (w *work) silent() bool {
	return len(w.present()) == 0 || slices.ContainsFunc(w.pods, func(e evidence) bool { return e.policy == "" })
}

// over says that none of its pods will be made again.
func (w *work) over() bool { return w.state == workload.Finished || w.state == workload.Terminating }
