package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// An empty namespace is judged by what its service accounts could make.
func TestEmptyNamespaces(t *testing.T) {
	account := rbacv1.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "builder"}
	for _, c := range []struct {
		name string
		set  func(*estate)
		want string
	}{
		{"no policy may be used", func(*estate) {}, "restricted"},
		{"every account may use a policy", func(e *estate) {
			e.grant("shop", "policy", "hardening", rbacv1.Subject{Kind: "Group", Name: "system:serviceaccounts"})
		}, "restricted"},
		{"one account may use an open one", func(e *estate) {
			e.grant("shop", "policy", "open", account)
			e.options.Accounts = accountsOf("default", "builder")
		}, "privileged"},
		{"an account that is not there", func(e *estate) { e.grant("shop", "policy", "open", account) }, "restricted"},
		{"rights could not be read", func(e *estate) {
			e.options.Gaps = []workload.Gap{{Resource: "rolebindings.rbac.authorization.k8s.io", Namespace: "shop", Reason: "forbidden"}}
		}, ""},
		{"pods could not be read", func(e *estate) { e.gaps = []workload.Gap{{Resource: "pods", Reason: "forbidden"}} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEstate(t, hardening, open24)
			e.options.Access.RoleBindings = nil
			c.set(e)
			item := e.check(t).Items[0]
			if item.Recommended.Enforce != c.want || item.AfterPatches != item.Recommended {
				t.Errorf("recommended %+v, %+v after patches, want %q", item.Recommended, item.AfterPatches, c.want)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	e := newEstate(t, hardening)
	e.deploy("web", 1, plain(), by(t, hardening))
	e.gaps = []workload.Gap{{Resource: "cronjobs.batch", Namespace: "shop", Reason: "forbidden"}}
	e.options.Gaps = []workload.Gap{{Resource: "clusterroles.rbac.authorization.k8s.io", Reason: "forbidden"}}
	r := e.check(t)
	want := []report.Gap{
		{Resource: "clusterroles.rbac.authorization.k8s.io", Reason: "forbidden"},
		{Resource: "cronjobs.batch", Namespace: "shop", Reason: "forbidden"},
	}
	if diff := cmp.Diff(want, r.Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want[1:], r.Items[0].Gaps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Summary.Verdict != report.Violates || r.Items[0].Recommended.Enforce != "" {
		t.Errorf("%s, recommended %q", r.Summary.Verdict, r.Items[0].Recommended.Enforce)
	}
}

// System namespaces are shown, and count when they are named.
func TestSystemNamespaces(t *testing.T) {
	for _, named := range []bool{false, true} {
		e := newEstate(t, hardening)
		e.deploy("web", 1, plain(), by(t, hardening))
		for i := range e.pods {
			e.pods[i].Namespace = "kube-shop"
		}
		for _, o := range e.objects {
			o.Namespace = "kube-shop"
		}
		e.namespaces = nil
		e.namespace("kube-shop", map[string]string{"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "v1.23"})
		want := report.PSPSummary{Verdict: report.Complies, Namespaces: 1, Workloads: 1, Trapped: 1, Repaired: 1}
		if named {
			e.options.Named, want.Verdict = []string{"kube-shop"}, report.Violates
		}
		r := e.check(t)
		if diff := cmp.Diff(want, r.Summary); diff != "" {
			t.Errorf("named: %v, -want +got:\n%s", named, diff)
		}
		current := report.PSPModes{Enforce: "baseline:v1.23", Audit: "privileged:latest", Warn: "privileged:latest"}
		if diff := cmp.Diff(current, r.Items[0].Current); diff != "" || r.Items[0].Counted != named {
			t.Errorf("counted: %v, -want +got:\n%s", r.Items[0].Counted, diff)
		}
	}
}

// Every kind that makes pods is held against its template, and has a patch of its own shape.
func TestKinds(t *testing.T) {
	now := metav1.Now().Time
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "x", UID: "x"}
	one := int32(1)
	template := plain()
	const inTemplate = `{"spec":{"containers":[{"name":"app","securityContext":` +
		`{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true}}],"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}}`
	for _, c := range []struct {
		object  *workload.Object
		version string
		label   map[string]string
		patch   string
	}{
		{
			workload.From(&appsv1.StatefulSet{ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Template: template}, Status: appsv1.StatefulSetStatus{UpdateRevision: "r"}}, now),
			"apps/v1",
			map[string]string{"controller-revision-hash": "r"},
			`{"spec":{"template":` + inTemplate + `}}`,
		},
		{
			workload.From(&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{
				Namespace: "shop", Name: "x", UID: "x", Annotations: map[string]string{appsv1.DeprecatedTemplateGeneration: "2"},
			}, Spec: appsv1.DaemonSetSpec{Template: template}}, now),
			"apps/v1",
			map[string]string{"pod-template-generation": "2"},
			`{"spec":{"template":` + inTemplate + `}}`,
		},
		{
			workload.From(&appsv1.ReplicaSet{ObjectMeta: meta, Spec: appsv1.ReplicaSetSpec{Template: template}}, now),
			"apps/v1", nil, `{"spec":{"template":` + inTemplate + `}}`,
		},
		{
			workload.From(&corev1.ReplicationController{ObjectMeta: meta, Spec: corev1.ReplicationControllerSpec{Template: &template, Replicas: &one}}, now),
			"v1", nil, `{"spec":{"template":` + inTemplate + `}}`,
		},
		{workload.From(&batchv1.CronJob{ObjectMeta: meta, Spec: batchv1.CronJobSpec{
			Schedule: "0 0 * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template}},
		}}, now), "", nil, `{"spec":{"jobTemplate":{"spec":{"template":` + inTemplate + `}}}}`},
	} {
		t.Run(c.object.Kind, func(t *testing.T) {
			e := newEstate(t, hardening)
			e.objects = []*workload.Object{c.object}
			if c.version != "" {
				yes := true
				pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: c.label}, Spec: *template.Spec.DeepCopy()}
				e.pod(pod, metav1.OwnerReference{APIVersion: c.version, Kind: c.object.Kind, Name: "x", UID: "x", Controller: &yes}, by(t, hardening))
			}
			w := e.only(t)
			if w.Trap == nil || w.Trap.Message != refusal || !w.Trap.Repaired {
				t.Errorf("trap: %+v", w.Trap)
			}
			if diff := cmp.Diff(written(), w.Written); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if string(w.Patch) != c.patch {
				t.Errorf("patch: %s", w.Patch)
			}
		})
	}
}

// The template of a Job cannot be changed: its patch is for its manifest, and counts for nothing here.
func TestJobsCannotBePatched(t *testing.T) {
	yes := true
	e := newEstate(t, hardening)
	e.objects = []*workload.Object{workload.From(&batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "once", UID: "once"}, Spec: batchv1.JobSpec{Template: plain()},
	}, metav1.Now().Time)}
	pod := &corev1.Pod{Spec: plain().Spec}
	e.pod(pod, metav1.OwnerReference{APIVersion: "batch/v1", Kind: "Job", Name: "once", UID: "once", Controller: &yes}, by(t, hardening))
	item := e.check(t).Items[0]
	w := item.Workloads[0]
	if w.Trap == nil || w.Trap.Repaired || w.Patched != "restricted" || w.Fixed == "" || item.AfterPatches.Enforce != "baseline" {
		t.Errorf("trap %+v, patched %s, fixed %q, %s after patches", w.Trap, w.Patched, w.Fixed, item.AfterPatches.Enforce)
	}
}

// A rollout has left pods of an older template behind: they say nothing of the next one.
func TestOlderRevisionsDoNotCount(t *testing.T) {
	e := newEstate(t, hardening)
	one := int32(1)
	e.objects = []*workload.Object{workload.From(&appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db", UID: "db"},
		Spec:       appsv1.StatefulSetSpec{Template: plain(), Replicas: &one}, Status: appsv1.StatefulSetStatus{UpdateRevision: "new"},
	}, metav1.Now().Time)}
	old := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"controller-revision-hash": "old"}}, Spec: plain().Spec}
	old.Spec.HostNetwork = true
	yes := true
	e.pod(old, metav1.OwnerReference{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "db", UID: "db", Controller: &yes}, by(t, open24))
	w := e.only(t)
	if w.WithPolicy != "restricted" || w.Without != "baseline" || w.Trap == nil {
		t.Errorf("passes %s, %s without, trap %+v", w.WithPolicy, w.Without, w.Trap)
	}
}

// Pods that differ only by name are one group, whatever there is of them, also when a list had to start again.
func TestPodsAreNotKept(t *testing.T) {
	e := newEstate(t, hardening)
	e.deploy("web", 60, plain(), by(t, hardening))
	evaluator, err := standard.NewEvaluator(24)
	if err != nil {
		t.Fatal(err)
	}
	f := newFold(levels{evaluator})
	f.open("shop")
	for range 2 {
		if err := f.Pods(t.Context(), e.pods); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.rooms["shop"].groups); n != 1 {
		t.Fatalf("%d groups of pods that are all alike", n)
	}
	for _, g := range f.rooms["shop"].groups {
		if g.count != 60 || g.pod.Spec.Containers[0].Image != "" || g.level != "restricted" {
			t.Errorf("%d pods at %s, one of them %+v", g.count, g.level, g.pod)
		}
	}
}
