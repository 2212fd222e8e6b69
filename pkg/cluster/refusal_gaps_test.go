package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

func TestRefusalsInManyNamespaces(t *testing.T) {
	var names []string
	var objects []runtime.Object
	for i := range fewNamespaces + 1 {
		names = append(names, fmt.Sprintf("n-%02d", i))
		objects = append(objects, oneRefusedOfEach(names[i])...)
	}
	objects = append(objects, oneRefusedOfEach("other")...)
	for name, forbidden := range map[string]bool{"everywhere": false, "one by one": true} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, objects...)
			if forbidden {
				s.Inject(fakeapi.Fault{Path: "/api/v1/events", Do: fakeapi.Forbid("events", "")})
				s.Inject(fakeapi.Fault{Path: "/apis/apps/v1/statefulsets", Do: fakeapi.Forbid("statefulsets", "apps")})
			}
			got, gaps, err := c.Refusals(loud(t), RefusalOptions{Namespaces: names})
			if err != nil || len(gaps) > 0 || len(got) != 5*len(names) {
				t.Errorf("%d refusals, gaps %v, error %v", len(got), gaps, err)
			}
			deep := len(s.Requests("/api/v1/namespaces/", "/apis/apps/v1/namespaces/"))
			if want := map[bool]int{false: 0, true: 3 * len(names)}[forbidden]; deep != want {
				t.Errorf("%d namespaced requests, want %d", deep, want)
			}
		})
	}
}

func TestRefusalsWithGaps(t *testing.T) {
	web := newDeployment("a", "web")
	web.Status.Conditions = []appsv1.DeploymentCondition{{
		Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, LastTransitionTime: at(2), Message: denial,
	}}
	objects := []runtime.Object{lacking("a", "web-1", denial), lacking("b", "web-2", ""), web, newNamespace("a")}
	for i := range objects[:2] {
		rs := objects[i].(*appsv1.ReplicaSet)
		objects = append(objects, newEvent("refused", "apps/v1", "ReplicaSet", rs.ObjectMeta, "FailedCreate", 10, denial))
	}
	words := `%s is forbidden: User "tester" cannot list resource %q in API group %q at the cluster scope`
	for name, tt := range map[string]struct {
		faults []fakeapi.Fault
		want   []told
		gaps   []workload.Gap
	}{
		"no events": {
			faults: []fakeapi.Fault{{Path: "/api/v1/*", Query: "reason", Do: fakeapi.Forbid("events", "")}},
			want:   []told{{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1"}}},
			gaps:   []workload.Gap{{Resource: "events", Reason: "forbidden", Message: fmt.Sprintf(words, "events", "events", "")}},
		},
		"no successes": {
			faults: []fakeapi.Fault{{Path: "/api/v1/*", Query: "Successful", Do: fakeapi.Refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "no")}},
			want: []told{
				{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1", "event 10-10"}},
				{"ReplicaSet b/web-2", 3, 2, true, []string{"event 10-10"}},
			},
			gaps: []workload.Gap{
				{Resource: "events", Namespace: "a", Reason: "forbidden", Message: "no"},
				{Resource: "events", Namespace: "b", Reason: "forbidden", Message: "no"},
			},
		},
		"no ReplicaSets: their Deployments tell": {
			faults: []fakeapi.Fault{{Path: "/apis/apps/v1/replicasets", Do: fakeapi.Forbid("replicasets", "apps")}},
			want: []told{
				{"Deployment a/web", 1, 1, true, []string{"condition 2-2"}},
				{"ReplicaSet a/web-1", 0, 0, false, []string{"event 10-10"}},
				{"ReplicaSet b/web-2", 0, 0, false, []string{"event 10-10"}},
			},
			gaps: []workload.Gap{{Resource: "replicasets.apps", Reason: "forbidden", Message: fmt.Sprintf(words, "replicasets.apps", "replicasets", "apps")}},
		},
		"some ReplicaSets: they know better": {
			faults: []fakeapi.Fault{{Path: "/apis/apps/v1/replicasets", Query: "continue=", Do: fakeapi.Forbid("replicasets", "apps")}},
			want: []told{
				{"ReplicaSet a/web-1", 3, 2, true, []string{"condition 1-1", "event 10-10"}},
				{"ReplicaSet b/web-2", 0, 0, false, []string{"event 10-10"}},
			},
			gaps: []workload.Gap{{Resource: "replicasets.apps", Reason: "forbidden", Message: fmt.Sprintf(words, "replicasets.apps", "replicasets", "apps")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, objects...)
			for _, f := range tt.faults {
				s.Inject(f)
			}
			got, gaps, err := c.Refusals(loud(t), RefusalOptions{ChunkSize: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tell(got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.gaps, gaps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusalsWithoutAServer(t *testing.T) {
	s, c := serve(t)
	s.Inject(fakeapi.Fault{Path: "/*", Do: fakeapi.Refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")})
	if got, gaps, err := c.Refusals(loud(t), RefusalOptions{}); err == nil || got != nil || gaps != nil {
		t.Errorf("refusals %v, gaps %v, error %v", got, gaps, err)
	}
	if _, _, err := c.Refusals(loud(t), RefusalOptions{ChunkSize: -1}); err == nil || err.Error() != "chunk size -1 is negative" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(loud(t))
	cancel()
	if _, _, err := c.Refusals(ctx, RefusalOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
