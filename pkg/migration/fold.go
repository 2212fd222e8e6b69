package migration

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// group is a set of pods that one controller made from one revision, that say the same of their policy, and that differ
// in nothing that a policy writes or a level looks at.
type group struct {
	owner *workload.Owner // nil for a bare pod
	hash  string
	// policy is what the annotation says; empty without one.
	policy string
	level  api.Level
	count  int
	name   string // of one of them
	// pod is one of them, reduced; nil where no template could be held against it.
	pod *corev1.Pod
}

type groupKey struct {
	owner  types.UID
	hash   string
	policy string
	level  api.Level
	digest [sha256.Size]byte
}

// room is what was folded of one namespace.
type room struct {
	groups  map[groupKey]*group
	objects map[types.UID]*workload.Object
}

// fold is the sink. Of pods it keeps one a group, reduced, so that it grows with the workloads and not with their pods.
// What has finished or is going away is no evidence of what comes.
type fold struct {
	levels levels

	mu    sync.Mutex
	rooms map[string]*room
	seen  map[types.UID]struct{}
}

var _ workload.Sink = (*fold)(nil)

func newFold(l levels) *fold {
	return &fold{levels: l, rooms: map[string]*room{}, seen: map[types.UID]struct{}{}}
}

// open makes room for a namespace; what comes from others is dropped.
func (f *fold) open(namespace string) {
	f.rooms[namespace] = &room{groups: map[groupKey]*group{}, objects: map[types.UID]*workload.Object{}}
}

// Pods implements workload.Sink.
func (f *fold) Pods(ctx context.Context, page []corev1.Pod) error {
	type found struct {
		key   groupKey
		group *group
	}
	list := make([]found, len(page))
	for i := range page {
		if pod := &page[i]; f.rooms[pod.Namespace] != nil && !over(pod) {
			list[i].key, list[i].group = f.reduced(pod)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range page {
		if list[i].group == nil {
			continue
		}
		if _, again := f.seen[page[i].UID]; again {
			continue
		}
		f.seen[page[i].UID] = struct{}{}
		groups := f.rooms[page[i].Namespace].groups
		if groups[list[i].key] == nil {
			groups[list[i].key] = list[i].group
		}
		groups[list[i].key].count++
	}
	return nil
}

// reduced is a group of one pod.
func (f *fold) reduced(pod *corev1.Pod) (groupKey, *group) {
	owner := workload.OwnerOf(&pod.ObjectMeta)
	g := &group{owner: owner, hash: workload.HashOf(pod, owner), policy: pod.Annotations[psp.Annotation], name: pod.Name}
	key := groupKey{owner: pod.UID, hash: g.hash, policy: g.policy}
	if owner != nil && !isNode(owner) { // else each is a workload of its own
		key.owner = owner.UID
	}
	if owner == nil || !hasTemplate(owner) {
		g.level = f.levels.of(pod)
		key.level = g.level
		return key, g
	}
	g.pod = reducePod(pod)
	g.level = f.levels.of(g.pod) // without the containers of somebody who debugs it: they do not come again
	key.level, key.digest = g.level, digest(g.pod)
	return key, g
}

// hasTemplate says whether an owner is of a kind that has one.
func hasTemplate(o *workload.Owner) bool {
	return slices.Contains(workload.GroupKinds(), schema.GroupKind{Group: o.Group, Kind: o.Kind})
}

func over(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// isNode says that a pod is a mirror of a static one.
func isNode(o *workload.Owner) bool { return o.Group == "" && o.Kind == "Node" }

// Objects implements workload.Sink.
func (f *fold) Objects(ctx context.Context, page []*workload.Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, o := range page {
		if o.Template != nil {
			o.Template = reduceTemplate(o.Template)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range page {
		if r := f.rooms[o.Namespace]; r != nil {
			r.objects[o.UID] = o
		}
	}
	return nil
}
