package survey

import (
	"context"
	"crypto/sha256"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// group is a set of pods of one namespace that differ only by name.
type group struct {
	owner        *workload.Owner // nil for a bare pod
	hash         string
	finding      *judgement
	finished     bool
	terminating  bool
	runtimeClass string
	count        int
	names        []string  // of violating pods, and of a bare one
	bare         types.UID // of a bare pod
	account      string    // the service account of the first
}

// groupKey is what makes pods the same group; a bare pod is its own owner.
type groupKey struct {
	owner                 types.UID
	hash                  string
	finding               *judgement
	finished, terminating bool
	runtimeClass          string
}

// template is what became of an object's template.
type template struct {
	pod, stored  *judgement // as the pod that its controller would create; as it stands
	runtimeClass *string
	labels       map[string]string // of its pods
	account      string            // their service account
}

// room is what was folded of one namespace.
type room struct {
	panel     *panel
	skeletons []simulate.Skeleton // only with a candidate that changes enforce
	keep      bool                // keep skeletons
	groups    map[groupKey]*group
	objects   map[types.UID]*workload.Object
	pods      int
	finished  int
}

// fold is the sink: it reduces pages to judgements, names and owner UIDs, and keeps no spec. Pods may come before
// their owners; nothing is resolved until all lists have ended.
type fold struct {
	judge *judge
	minor int    // of the server's own release
	later *later // nil where nobody asked about another release

	mu        sync.Mutex
	rooms     map[string]*room
	seen      map[digest]struct{} // pods, by their UIDs
	templates map[types.UID]template
	kept      map[types.UID]*corev1.PodTemplateSpec // nil where nobody asks for them again
}

var _ workload.Sink = (*fold)(nil)

// digest stands for a UID where there is one for every pod of a cluster: a third of the memory, and nothing to trace.
type digest [sha256.Size / 2]byte

func digestOf(uid types.UID) digest {
	sum := sha256.Sum256([]byte(uid))
	return digest(sum[:len(digest{})])
}

func newFold(g *judge, minor int) *fold {
	return &fold{
		judge: g, minor: minor,
		rooms:     map[string]*room{},
		seen:      map[digest]struct{}{},
		templates: map[types.UID]template{},
	}
}

// open makes room for a namespace; what comes from others is dropped (they were made after the namespaces were read).
func (f *fold) open(namespace string, p *panel, keepSkeletons bool) {
	f.rooms[namespace] = &room{
		panel: p, keep: keepSkeletons,
		groups: map[groupKey]*group{}, objects: map[types.UID]*workload.Object{},
	}
}

// Pods judges a page outside the lock, then folds it.
func (f *fold) Pods(ctx context.Context, page []corev1.Pod) error {
	findings := make([]*judgement, len(page))
	for i := range page {
		if r := f.rooms[page[i].Namespace]; r != nil {
			findings[i] = f.pod(r, &page[i])
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range page {
		if findings[i] != nil {
			f.add(&page[i], findings[i])
		}
	}
	return nil
}

func (f *fold) add(pod *corev1.Pod, finding *judgement) {
	uid := digestOf(pod.UID)
	if _, again := f.seen[uid]; again {
		return
	}
	f.seen[uid] = struct{}{}
	r := f.rooms[pod.Namespace]
	owner := workload.OwnerOf(&pod.ObjectMeta)
	key := groupKey{
		owner: pod.UID, hash: workload.HashOf(pod, owner), finding: finding,
		finished:    pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
		terminating: pod.DeletionTimestamp != nil,
	}
	// All static pods of a node share the Node as controller, but each is a workload of its own.
	if owner != nil && !isNode(owner) {
		key.owner = owner.UID
	}
	if pod.Spec.RuntimeClassName != nil {
		key.runtimeClass = *pod.Spec.RuntimeClassName
	}
	g := r.groups[key]
	if g == nil {
		g = &group{
			owner: owner, hash: key.hash, finding: finding, finished: key.finished,
			terminating: key.terminating, runtimeClass: key.runtimeClass, account: pod.Spec.ServiceAccountName,
		}
		r.groups[key] = g
	}
	if key.owner == pod.UID {
		g.bare = pod.UID
	}
	g.count++
	if !finding.clean() || key.owner == pod.UID {
		g.names = append(g.names, pod.Name)
	}
	r.pods++
	if key.finished {
		r.finished++
	}
	if r.keep {
		r.skeletons = append(r.skeletons, skeleton(pod, owner, finding))
	}
}

func skeleton(pod *corev1.Pod, owner *workload.Owner, finding *judgement) simulate.Skeleton {
	s := simulate.Skeleton{Name: pod.Name, UID: pod.UID, RuntimeClass: pod.Spec.RuntimeClassName, Found: finding.recall}
	if owner != nil {
		s.Controller = owner.UID
	}
	return s
}

// between says that an object stands between its workload and the pods: nobody asks for the labels of its template.
func between(o *workload.Object) bool {
	return o.Owner != nil && (o.Kind == "ReplicaSet" && o.Owner.Kind == "Deployment" && o.Owner.Group == o.Group ||
		o.Kind == "Job" && o.Owner.Kind == "CronJob" && o.Owner.Group == o.Group)
}

// release forgets a namespace that has been reported on: the report grows while this goes.
func (f *fold) release(namespace string) {
	for uid := range f.rooms[namespace].objects {
		delete(f.templates, uid)
	}
	delete(f.rooms, namespace)
}

func isNode(o *workload.Owner) bool { return o.Group == "" && o.Kind == "Node" }

// Objects judges templates and drops them.
func (f *fold) Objects(ctx context.Context, page []*workload.Object) error {
	judged := make([]template, len(page))
	for i, o := range page {
		r := f.rooms[o.Namespace]
		if r == nil || o.Template == nil {
			continue
		}
		pod, stored := f.template(r, o)
		judged[i] = template{
			pod: pod, stored: stored,
			runtimeClass: o.Template.Spec.RuntimeClassName,
			account:      o.Template.Spec.ServiceAccountName,
		}
		if !between(o) {
			judged[i].labels = o.Template.Labels
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, o := range page {
		r := f.rooms[o.Namespace]
		if r == nil {
			continue
		}
		if f.kept != nil && o.Template != nil {
			f.kept[o.UID] = o.Template
		}
		o.Template = nil
		r.objects[o.UID] = o
		if judged[i].pod != nil {
			f.templates[o.UID] = judged[i]
		}
	}
	return nil
}
