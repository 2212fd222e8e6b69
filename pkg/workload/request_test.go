package workload

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	requestReplicaSets = "system:serviceaccount:kube-system:replicaset-controller"
	requestJobs        = "system:serviceaccount:kube-system:job-controller"
)

// The metadata is the controllers' own, as real ones give it to pods; webhooks and policies select by it.
func TestRequestOf(t *testing.T) {
	yes := true
	owner := func(version, kind, name, uid string) []metav1.OwnerReference {
		return []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: name, UID: types.UID(uid), Controller: &yes}}
	}
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	maker := &Object{Ref: Ref{"apps", "ReplicaSet", "web-7c9"}, UID: "rs"}
	for name, tt := range map[string]struct {
		object Object
		maker  *Object
		user   string
		want   metav1.ObjectMeta
	}{
		"Deployment": {
			Object{Ref: Ref{"apps", "Deployment", "web"}, UID: "d"},
			maker, requestReplicaSets,
			metav1.ObjectMeta{
				GenerateName: "web-7c9-", Labels: map[string]string{"app": "a", "pod-template-hash": "7c9"},
				OwnerReferences: owner("apps/v1", "ReplicaSet", "web-7c9", "rs"),
			},
		},
		"Deployment whose ReplicaSet is not known": {
			Object{Ref: Ref{"apps", "Deployment", "web"}, UID: "d"},
			nil, requestReplicaSets,
			metav1.ObjectMeta{GenerateName: "web-", Labels: map[string]string{"app": "a"}},
		},
		"ReplicationController": {
			Object{Ref: Ref{"", "ReplicationController", "rc"}, UID: "rc"},
			nil, "system:serviceaccount:kube-system:replication-controller",
			metav1.ObjectMeta{GenerateName: "rc-", Labels: map[string]string{"app": "a"}, OwnerReferences: owner("v1", "ReplicationController", "rc", "rc")},
		},
		"StatefulSet": {
			Object{Ref: Ref{"apps", "StatefulSet", "db"}, UID: "s", Revision: "db-5f"},
			nil, "system:serviceaccount:kube-system:statefulset-controller",
			metav1.ObjectMeta{
				GenerateName: "db-", OwnerReferences: owner("apps/v1", "StatefulSet", "db", "s"),
				Labels: map[string]string{
					"app": "a", "statefulset.kubernetes.io/pod-name": "db-0", "apps.kubernetes.io/pod-index": "0", "controller-revision-hash": "db-5f",
				},
			},
		},
		"DaemonSet": {
			Object{Ref: Ref{"apps", "DaemonSet", "agent"}, UID: "ds", Revision: "4"},
			nil, "system:serviceaccount:kube-system:daemon-set-controller",
			metav1.ObjectMeta{
				GenerateName: "agent-", Labels: map[string]string{"app": "a", "pod-template-generation": "4"},
				OwnerReferences: owner("apps/v1", "DaemonSet", "agent", "ds"),
			},
		},
		"Job": {
			Object{Ref: Ref{"batch", "Job", "once"}, UID: "j"},
			nil, requestJobs,
			metav1.ObjectMeta{
				GenerateName: "once-", Labels: map[string]string{"app": "a"}, Finalizers: []string{"batch.kubernetes.io/job-tracking"},
				OwnerReferences: owner("batch/v1", "Job", "once", "j"),
			},
		},
		"CronJob": {
			Object{Ref: Ref{"batch", "CronJob", "nightly"}, UID: "c", Next: Next{Event: Schedule, At: &at}},
			nil, requestJobs,
			metav1.ObjectMeta{
				GenerateName: "nightly-29921940-", Finalizers: []string{"batch.kubernetes.io/job-tracking"},
				Labels: map[string]string{
					"app": "a", "job-name": "nightly-29921940", "batch.kubernetes.io/job-name": "nightly-29921940",
					"controller-uid": "c", "batch.kubernetes.io/controller-uid": "c",
				},
				OwnerReferences: owner("batch/v1", "Job", "nightly-29921940", "c"),
			},
		},
		"PodTemplate": {
			Object{Ref: Ref{"", "PodTemplate", "pt"}, UID: "pt"},
			nil, "",
			metav1.ObjectMeta{GenerateName: "pt-", Labels: map[string]string{"app": "a"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.object.Namespace = "shop"
			tt.object.Template = &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{
				Name: "ignored by controllers", Labels: map[string]string{"app": "a"}, Annotations: map[string]string{"note": "kept"},
			}}
			tt.want.Namespace, tt.want.Annotations = "shop", map[string]string{"note": "kept"}
			got := RequestOf(&tt.object, tt.maker)
			if diff := cmp.Diff(tt.want, got.Pod.ObjectMeta); diff != "" {
				t.Error(diff)
			}
			if got.User != tt.user || got.Ref != tt.object.Ref || got.Namespace != "shop" {
				t.Errorf("%s %s %+v", got.User, got.Namespace, got.Ref)
			}
			if diff := cmp.Diff(map[string]string{"app": "a"}, tt.object.Template.Labels); diff != "" {
				t.Errorf("the template was changed: %s", diff)
			}
		})
	}
	if got := RequestOf(&Object{Ref: Ref{"apps", "ReplicaSet", "old"}}, nil); got != nil {
		t.Errorf("of an object without a template: %+v", got)
	}
}

func TestRequestOfClaims(t *testing.T) {
	spec := corev1.PodSpec{Volumes: []corev1.Volume{
		{Name: "data", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}},
		{Name: "other", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "other"}}},
	}}
	o := &Object{Ref: Ref{"apps", "StatefulSet", "db"}, Claims: []string{"data"}, Template: &corev1.PodTemplateSpec{Spec: spec}}
	claim := func(name, claim string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}
	}
	want := []corev1.Volume{claim("data", "data-db-0"), claim("other", "other")}
	if diff := cmp.Diff(want, RequestOf(o, nil).Pod.Spec.Volumes); diff != "" {
		t.Error(diff)
	}
}

func TestRequestOfDaemon(t *testing.T) {
	for name, tt := range map[string]struct {
		hostNetwork bool
		want        []string
	}{
		"own network": {false, []string{
			"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/disk-pressure:NoSchedule",
			"node.kubernetes.io/memory-pressure:NoSchedule", "node.kubernetes.io/pid-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule",
		}},
		"the node's": {true, []string{
			"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/disk-pressure:NoSchedule",
			"node.kubernetes.io/memory-pressure:NoSchedule", "node.kubernetes.io/pid-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule",
			"node.kubernetes.io/network-unavailable:NoSchedule",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := &Object{Ref: Ref{"apps", "DaemonSet", "agent"}, Template: &corev1.PodTemplateSpec{Spec: corev1.PodSpec{HostNetwork: tt.hostNetwork}}}
			spec := RequestOf(o, nil).Pod.Spec
			var got []string
			for _, toleration := range spec.Tolerations {
				got = append(got, toleration.Key+":"+string(toleration.Effect))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			term := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchFields[0]
			if term.Key != "metadata.name" || len(term.Values) != 1 || spec.NodeName != "" {
				t.Errorf("bound to %+v, node %q", term, spec.NodeName)
			}
		})
	}
}

func TestResourceOf(t *testing.T) {
	for want, ref := range map[string]Ref{
		"deployments.apps": {Group: "apps", Kind: "Deployment"}, "cronjobs.batch": {Group: "batch", Kind: "CronJob"},
		"podtemplates": {Kind: "PodTemplate"},
	} {
		if got := ResourceOf(ref); got != want {
			t.Errorf("%+v: %s, want %s", ref, got, want)
		}
	}
}
