package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func node(kind, name, revision string, owner *Object) *Object {
	o := &Object{Ref: Ref{Group: group(kind), Kind: kind, Name: name}, UID: types.UID("uid-" + name), Revision: revision, Declares: true}
	if owner != nil {
		o.Owner = &Owner{Ref: owner.Ref, UID: owner.UID}
	}
	return o
}

func group(kind string) string {
	for _, gk := range GroupKinds() {
		if gk.Kind == kind {
			return gk.Group
		}
	}
	return "argoproj.io"
}

func ref(o *Object) Owner { return Owner{Ref: o.Ref, UID: o.UID} }

func TestPlace(t *testing.T) {
	deployment := node("Deployment", "web", "3", nil)
	today, yesterday := node("ReplicaSet", "web-3", "3", deployment), node("ReplicaSet", "web-2", "2", deployment)
	rollout := node("Rollout", "canary", "", nil)
	custom := node("ReplicaSet", "canary-1", "1", rollout)
	cron := node("CronJob", "backup", "", nil)
	job, oldJob := node("Job", "backup-1", "", cron), node("Job", "backup-0", "", cron)
	oldJob.Fingerprint[0] = 1
	orphan := node("ReplicaSet", "lost-1", "1", node("Deployment", "lost", "", nil))
	set := node("StatefulSet", "db", "db-7", nil)

	tree := NewTree()
	for _, o := range []*Object{yesterday, today, deployment, custom, oldJob, job, cron, orphan, set} {
		tree.Add(o)
	}
	tests := map[string]struct {
		owner    Owner
		hash     string
		want     Ref
		custom   *Ref
		revision string
		own      *Object
	}{
		"pod of today's revision":      {owner: ref(today), want: deployment.Ref, revision: Current, own: today},
		"pod of yesterday's":           {owner: ref(yesterday), want: deployment.Ref, revision: Old, own: yesterday},
		"custom controller above":      {owner: ref(custom), want: custom.Ref, custom: &rollout.Ref, revision: Unknown, own: nil},
		"only a custom controller":     {owner: ref(rollout), want: rollout.Ref, revision: Unknown},
		"cron job's job":               {owner: ref(job), want: cron.Ref, revision: Current, own: job},
		"job of another template":      {owner: ref(oldJob), want: cron.Ref, revision: Old, own: oldJob},
		"deployment not read":          {owner: ref(orphan), want: Ref{"apps", "Deployment", "lost"}, revision: Unknown, own: orphan},
		"replica set not read":         {owner: Owner{Ref{"apps", "ReplicaSet", "gone"}, "?"}, want: Ref{"apps", "ReplicaSet", "gone"}, revision: Unknown},
		"today's ordinal":              {owner: ref(set), hash: "db-7", want: set.Ref, revision: Current, own: set},
		"ordinal still to be replaced": {owner: ref(set), hash: "db-6", want: set.Ref, revision: Old},
		"ordinal without a hash":       {owner: ref(set), want: set.Ref, revision: Unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			place := tree.Place(tt.owner)
			if place.Ref != tt.want {
				t.Errorf("workload %v, want %v", place.Ref, tt.want)
			}
			if diff := cmp.Diff(tt.custom, place.Custom); diff != "" {
				t.Errorf("custom (-want +got):\n%s", diff)
			}
			if got := place.Revision(tt.hash); got != tt.revision {
				t.Errorf("revision %s, want %s", got, tt.revision)
			}
			if got := place.OwnTemplate(tt.hash); got != tt.own {
				t.Errorf("own template of %v, want %v", got, tt.own)
			}
		})
	}
}

func TestPlaceSurvivesCircles(t *testing.T) {
	a, b := node("ReplicaSet", "a", "", nil), node("ReplicaSet", "b", "", nil)
	a.Owner, b.Owner = &Owner{b.Ref, b.UID}, &Owner{a.Ref, a.UID}
	tree := NewTree()
	tree.Add(a)
	tree.Add(b)
	if got := tree.Place(ref(a)).Ref; got != b.Ref {
		t.Errorf("got %v, want %v", got, b.Ref)
	}
}

func TestHashOf(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{
		"controller-revision-hash": "h", "pod-template-generation": "4", "pod-template-hash": "x",
	}}}
	for kind, want := range map[string]string{"StatefulSet": "h", "DaemonSet": "4", "ReplicaSet": ""} {
		if got := HashOf(pod, &Owner{Ref: Ref{Group: "apps", Kind: kind}}); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	pod.Labels["pod-template-generation"] = "four"
	if got := HashOf(pod, &Owner{Ref: Ref{Group: "apps", Kind: "DaemonSet"}}); got != "" {
		t.Errorf("generation %q from nonsense", got)
	}
	if got := HashOf(pod, nil); got != "" {
		t.Errorf("bare pod: %q", got)
	}
}
