package workload

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Revisions of evidence relative to its workload's current template. The values are those of the report.
const (
	Current = "current"
	Old     = "old"
	Unknown = "unknown"
)

// Tree resolves controllers to the workloads they belong to. Objects may be added in any order; resolving makes
// sense once all have been. It is not safe for concurrent use.
type Tree struct {
	objects map[types.UID]*Object
}

// NewTree returns an empty tree.
func NewTree() *Tree { return &Tree{objects: map[types.UID]*Object{}} }

// Add puts an object into the tree; an object seen before is replaced.
func (t *Tree) Add(o *Object) { t.objects[o.UID] = o }

// Objects returns all objects by UID. The map is the tree's own.
func (t *Tree) Objects() map[types.UID]*Object { return t.objects }

// Place is where a controller stands under a workload.
type Place struct {
	// Ref names the workload: the topmost built-in owner, or the custom controller where there is no built-in one.
	Ref Ref
	// Top is that workload's object, nil where it was not read (deleted meanwhile, a gap, a custom kind).
	Top *Object
	// Immediate is the object of the controller asked for, nil where it was not read.
	Immediate *Object
	// Custom is a custom controller above the workload.
	Custom *Ref
}

// Place follows a controller reference up to its workload.
func (t *Tree) Place(owner Owner) Place {
	immediate := t.objects[owner.UID]
	if immediate == nil {
		return Place{Ref: owner.Ref}
	}
	p := t.PlaceOf(immediate)
	p.Immediate = immediate
	return p
}

// PlaceOf follows an object up to its workload.
func (t *Tree) PlaceOf(o *Object) Place {
	seen := map[types.UID]bool{o.UID: true} // owner references are user data and may run in a circle
	for o.Owner != nil && builtIn(o.Owner.Ref) {
		above := t.objects[o.Owner.UID]
		if above == nil {
			return Place{Ref: o.Owner.Ref}
		}
		if seen[above.UID] {
			break
		}
		seen[above.UID] = true
		o = above
	}
	p := Place{Ref: o.Ref, Top: o}
	if o.Owner != nil && !builtIn(o.Owner.Ref) {
		p.Custom = &o.Owner.Ref
	}
	return p
}

// ResourceOf is a workload's resource as RBAC spells it: plural.group.
func ResourceOf(r Ref) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: r.Group, Kind: r.Kind})
	return plural.GroupResource().String()
}

func builtIn(r Ref) bool {
	for _, gk := range GroupKinds() {
		if gk.Group == r.Group && gk.Kind == r.Kind {
			return true
		}
	}
	return false
}

// Revision says which revision of the workload pods are that the immediate controller made, given their HashOf.
func (p Place) Revision(hash string) string {
	switch {
	case p.Top == nil || p.Immediate == nil:
		return Unknown
	case p.Top == p.Immediate && p.Top.Kind == "Job":
		return Current // a Job's template cannot change
	case p.Top == p.Immediate:
		return compare(hash, p.Top.Revision)
	case p.Immediate.Kind == "ReplicaSet":
		return compare(p.Immediate.Revision, p.Top.Revision)
	case p.Immediate.Kind == "Job" && p.Top.Kind == "CronJob":
		if p.Immediate.Fingerprint == p.Top.Fingerprint {
			return Current
		}
		return Old
	default:
		return Unknown
	}
}

func compare(a, b string) string {
	switch {
	case a == "" || b == "":
		return Unknown
	case a == b:
		return Current
	default:
		return Old
	}
}

// OwnTemplate is the object whose template the pods of this place and hash were made from, nil where that
// template is not known any more.
func (p Place) OwnTemplate(hash string) *Object {
	switch {
	case p.Immediate == nil:
		return nil
	case p.Immediate != p.Top && p.Immediate.Declares:
		return p.Immediate
	case p.Revision(hash) == Current && p.Top.Declares:
		return p.Top
	default:
		return nil
	}
}

// ControllerUser is the identity under which the controller manager creates an object's pods, given that it
// uses one service account a controller (--use-service-account-credentials, kubeadm's and most distributions'
// setting); empty for kinds that no built-in controller makes pods of.
func ControllerUser(kind string) string {
	account := map[string]string{
		"Deployment": "replicaset", "ReplicaSet": "replicaset", "StatefulSet": "statefulset", "DaemonSet": "daemon-set",
		"ReplicationController": "replication", "Job": "job", "CronJob": "job",
	}[kind]
	if account == "" {
		return ""
	}
	return "system:serviceaccount:kube-system:" + account + "-controller"
}
