package cluster

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func estate() []runtime.Object {
	return append(oneOfEach("a"),
		newDeployment("a", "web"),
		newReplicaSet("a", "web-1", "web", by("apps/v1", "Deployment", "web")),
		newReplicaSet("a", "web-2", "web", by("apps/v1", "Deployment", "web")),
		newReplicaSet("a", "web-stray", "web"),
		newPod("a", "web-1-x", "web", by("apps/v1", "ReplicaSet", "web-1")),
		newPod("a", "web-2-x", "web", by("apps/v1", "ReplicaSet", "web-2")),
		newPod("a", "web-bare", "web"),
		newCronJob("a", "nightly"),
		newJob("a", "nightly-1", by("batch/v1", "CronJob", "nightly")),
		newPod("a", "nightly-1-x", "nightly-1", by("batch/v1", "Job", "nightly-1")),
		newPod("a", "job-x", "job", by("batch/v1", "Job", "job")),
		newPod("a", "sts-0", "sts", by("apps/v1", "StatefulSet", "sts")),
		newPod("a", "rc-x", "rc", by("v1", "ReplicationController", "rc")),
		newPod("a", "kafka-0", "", by("kafka.example.com/v1", "Kafka", "kafka")),
		newPod("a", "orphan", "", by("apps/v1", "ReplicaSet", "gone")),
		newPod("a", "circle", "", by("apps/v1", "ReplicaSet", "round")),
		newReplicaSet("a", "round", "round", by("apps/v1", "ReplicaSet", "round")),
		newPod("b", "web-1-x", "web", by("apps/v1", "ReplicaSet", "web-1")),
	)
}

func TestTarget(t *testing.T) {
	for name, tc := range map[string]struct {
		ref           workload.Ref
		pods, objects []string
		requests      int // beside the namespace
	}{
		"pod":              {workload.Ref{Kind: "Pod", Name: "web-1-x"}, []string{"a/web-1-x"}, []string{"Deployment a/web", "ReplicaSet a/web-1"}, 3},
		"bare pod":         {workload.Ref{Kind: "Pod", Name: "web-bare"}, []string{"a/web-bare"}, nil, 1},
		"pod of a CronJob": {workload.Ref{Kind: "Pod", Name: "nightly-1-x"}, []string{"a/nightly-1-x"}, []string{"CronJob a/nightly", "Job a/nightly-1"}, 3},
		"custom owner":     {workload.Ref{Kind: "Pod", Name: "kafka-0"}, []string{"a/kafka-0"}, nil, 1},
		"owner gone":       {workload.Ref{Kind: "Pod", Name: "orphan"}, []string{"a/orphan"}, nil, 2},
		"owners in a circle": {
			workload.Ref{Kind: "Pod", Name: "circle"},
			[]string{"a/circle"},
			[]string{"ReplicaSet a/round"},
			1 + maxOwners,
		},
		"deployment": {
			workload.Ref{Group: "apps", Kind: "Deployment", Name: "web"},
			[]string{"a/web-1-x", "a/web-2-x"},
			[]string{"Deployment a/web", "ReplicaSet a/web-1", "ReplicaSet a/web-2"},
			3,
		},
		"deployment without replica sets": {workload.Ref{Group: "apps", Kind: "Deployment", Name: "deploy"}, nil, []string{"Deployment a/deploy"}, 2},
		"replica set": {
			workload.Ref{Group: "apps", Kind: "ReplicaSet", Name: "web-2"},
			[]string{"a/web-2-x"},
			[]string{"Deployment a/web", "ReplicaSet a/web-2"},
			3,
		},
		"cron job": {
			workload.Ref{Group: "batch", Kind: "CronJob", Name: "nightly"},
			[]string{"a/nightly-1-x"},
			[]string{"CronJob a/nightly", "Job a/nightly-1"},
			3,
		},
		"job":                    {workload.Ref{Group: "batch", Kind: "Job", Name: "job"}, []string{"a/job-x"}, []string{"Job a/job"}, 2},
		"stateful set":           {workload.Ref{Group: "apps", Kind: "StatefulSet", Name: "sts"}, []string{"a/sts-0"}, []string{"StatefulSet a/sts"}, 2},
		"replication controller": {workload.Ref{Kind: "ReplicationController", Name: "rc"}, []string{"a/rc-x"}, []string{"ReplicationController a/rc"}, 2},
		"pod template":           {workload.Ref{Kind: "PodTemplate", Name: "pt"}, nil, []string{"PodTemplate a/pt"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, estate()...)
			k, gaps, err := survey(t, source(t, c, Options{Only: &Target{Ref: tc.ref, Namespace: "a"}}))
			if err != nil || len(gaps) > 0 {
				t.Fatalf("gaps %v, error %v", gaps, err)
			}
			pods, objects := k.sorted()
			if diff := cmp.Diff(tc.pods, pods); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.objects, objects); diff != "" {
				t.Error(diff)
			}
			if n := len(s.Requests()) - 1; n != tc.requests {
				t.Errorf("%d requests, want %d: %v", n, tc.requests, s.Requests())
			}
		})
	}
}

func TestTargetMissing(t *testing.T) {
	_, c := serve(t, estate()...)
	for _, tc := range []struct {
		target Target
		want   string
	}{
		{Target{workload.Ref{Kind: "Pod", Name: "nobody"}, "a"}, `pods "nobody" not found`},
		{Target{workload.Ref{Group: "apps", Kind: "Deployment", Name: "nobody"}, "a"}, `deployments.apps "nobody" not found`},
		{Target{workload.Ref{Kind: "Pod", Name: "p"}, "nowhere"}, `namespaces "nowhere" not found`},
	} {
		_, _, err := survey(t, source(t, c, Options{Only: &tc.target}))
		if !apierrors.IsNotFound(err) || err.Error() != tc.want {
			t.Errorf("%v: %v, want %s", tc.target, err, tc.want)
		}
	}
}

func TestTargetGaps(t *testing.T) {
	forbid := fakeapi.Forbid("replicasets", "apps")
	for name, tc := range map[string]struct {
		kind, name, path string
		want             string
	}{
		"above": {"Pod", "web-1-x", "/apis/apps/v1/namespaces/a/replicasets/web-1", "replicasets.apps a forbidden"},
		"below": {"Deployment", "web", "/apis/apps/v1/namespaces/a/replicasets", "replicasets.apps a forbidden"},
		"pods":  {"Deployment", "web", "/api/v1/namespaces/a/pods", "pods a forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, estate()...)
			s.Inject(fakeapi.Fault{Path: tc.path, Do: forbid})
			ref := workload.Ref{Kind: tc.kind, Name: tc.name}
			if tc.kind != "Pod" {
				ref.Group = "apps"
			}
			_, gaps, err := survey(t, source(t, c, Options{Only: &Target{Ref: ref, Namespace: "a"}}))
			if err != nil || len(gaps) != 1 {
				t.Fatalf("gaps %v, error %v", gaps, err)
			}
			if got := strings.Join([]string{gaps[0].Resource, gaps[0].Namespace, gaps[0].Reason}, " "); got != tc.want {
				t.Errorf("gap %s, want %s", got, tc.want)
			}
		})
	}
	s, c := serve(t, estate()...)
	s.Inject(fakeapi.Fault{Path: "/api/v1/namespaces/a/pods/p", Do: fakeapi.Refuse(http.StatusForbidden, "Forbidden", "pods is forbidden")})
	_, err := source(t, c, Options{Only: &Target{workload.Ref{Kind: "Pod", Name: "p"}, "a"}}).
		Read(t.Context(), []corev1.Namespace{*newNamespace("a")}, &sink{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("error %v", err)
	}
}
