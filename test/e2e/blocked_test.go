//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// blocked runs `kubectl pss blocked ARGS -o json` and returns the report and the exit code.
func (s *server) blocked(t *testing.T, args ...string) (*report.BlockedReport, int) {
	t.Helper()
	r := s.pss(t, slices.Concat([]string{"blocked"}, args, []string{"-o", "json"})...)
	if r.exit == 2 {
		t.Fatalf("kubectl pss blocked %s: %s", strings.Join(args, " "), r.stderr)
	}
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	var found report.BlockedReport
	if err := decoder.Decode(&found); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	if (len(r.stderr) > 0) != (r.exit == 0) {
		t.Errorf("exit code %d, and on stderr %q", r.exit, r.stderr)
	}
	return &found, r.exit
}

// lack is what a report says of one object, in short: KIND/NAME missing/wanted, and via what.
func lack(b *report.Blocked) string {
	text := fmt.Sprintf("%s/%s %d/%d", b.Kind, b.Name, b.Missing, b.Wanted)
	if b.Via != nil {
		text += " via " + b.Via.Kind
	}
	return text
}

// eventuallyBlocked waits until a namespace's refusals are those, and returns the report.
func (s *server) eventuallyBlocked(t *testing.T, namespace string, want ...string) *report.BlockedReport {
	t.Helper()
	const pause = 200 * time.Millisecond // each look is a process
	var r *report.BlockedReport
	slices.Sort(want)
	eventually(t, "what is refused in "+namespace, func() (bool, error) {
		var exit int
		r, exit = s.blocked(t, "ns", namespace)
		var got []string
		for i := range r.Items {
			got = append(got, lack(&r.Items[i]))
		}
		if code := min(len(r.Items), 1); exit != code || len(r.Gaps) > 0 {
			t.Fatalf("exit code %d for %q, gaps %+v", exit, got, r.Gaps)
		}
		slices.Sort(got)
		ok, err := alike(want, got)
		if !ok {
			time.Sleep(pause)
		}
		return ok, err
	})
	return r
}

// refusedNow fails unless a report on an object says what the server says to its pod: the text, and the checks that
// the plugin finds in the template, which are those of that text.
func (s *server) refusedNow(t *testing.T, b *report.Blocked, o object, checks ...string) {
	t.Helper()
	real := s.verdict(t, s.dryCreate(t.Context(), "", podFrom(o, o.GetNamespace())))
	same(t, "the refusal of "+lack(b), verdict{Message: b.Message, Audit: real.Audit, Warnings: real.Warnings}, real)
	if diff := cmp.Diff(checks, b.Checks); diff != "" {
		t.Errorf("%s: checks (-want +got):\n%s", lack(b), diff)
	}
	if age := time.Since(b.Since); age < -time.Minute || age > time.Hour || b.Last.Before(b.Since) {
		t.Errorf("%s: since %s, last %s", lack(b), b.Since, b.Last)
	}
}

// TestBlocked holds `kubectl pss blocked` against what controllers are really told.
func TestBlocked(t *testing.T) {
	t.Parallel()
	s := estate(t)
	t.Run("estate", func(t *testing.T) {
		t.Parallel()
		r := s.eventuallyBlocked(t, "vault", "Deployment/vault-exporter 2/2 via ReplicaSet")
		d, err := s.client.AppsV1().Deployments("vault").Get(t.Context(), "vault-exporter", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.refusedNow(t, &r.Items[0], d, r.Items[0].Checks...)
		if b := &r.Items[0]; len(b.Checks) == 0 || !b.SinceExact || b.Policy != restricted {
			t.Errorf("%+v", b)
		}
	})
	t.Run("every kind", func(t *testing.T) { t.Parallel(); everyKindRefused(t, s) })
	t.Run("cured", func(t *testing.T) { t.Parallel(); cured(t, s) })
	t.Run("quota", func(t *testing.T) { t.Parallel(); stoppedByQuota(t, s) })
	t.Run("rights", func(t *testing.T) { t.Parallel(); rightsForBlocked(t, s) })
}

// daemonSet, controller and ownedJob are the kinds of which other tests need none.
func daemonSet(p *corev1.Pod) *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec:       appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: p.Labels}, Template: template(p)},
	}
}

func controller(p *corev1.Pod, replicas int32) *corev1.ReplicationController {
	t := template(p)
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec:       corev1.ReplicationControllerSpec{Replicas: &replicas, Selector: p.Labels, Template: &t},
	}
}

// ownedJob is what `kubectl create job --from` makes of a CronJob.
func ownedJob(c *batchv1.CronJob, name string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name, OwnerReferences: []metav1.OwnerReference{
			*metav1.NewControllerRef(c, batchv1.SchemeGroupVersion.WithKind("CronJob")),
		}},
		Spec: c.Spec.JobTemplate.Spec,
	}
}

// soloPod is a plain pod with a label of its own, so that no two workloads of a namespace select the same pods.
func soloPod(namespace, name string, edits ...edit) *corev1.Pod {
	p := plainPod(namespace, name, edits...)
	p.Labels = map[string]string{"app": name}
	return p
}

// refuse creates an object whose pods will be refused. The demo's load.sh, which another test may run later, does not
// wait for what is marked so.
func refuse[O object](t *testing.T, s *server, o O) O {
	t.Helper()
	o.SetAnnotations(map[string]string{"demo.example.com/never-ready": "refused by a test"})
	return create(t, s, o)
}

func everyKindRefused(t *testing.T, s *server) {
	ns := s.namespace(t, "blocked-kinds", modes{enforce: "baseline:v1.30"}.labels())
	pod := func(name string) *corev1.Pod { return soloPod(ns, name, hostPID) }
	parallel := job(pod("j"))
	parallel.Spec.Parallelism, parallel.Spec.Completions = new(int32(2)), new(int32(5))
	suspended := job(pod("paused"))
	suspended.Spec.Suspend = new(true)
	cron := create(t, s, cronJob(pod("c"), true))
	objects := map[string]object{
		"Deployment": refuse(t, s, deployment(pod("d"), 3)), "StatefulSet": refuse(t, s, statefulSet(pod("s"), 2)),
		"DaemonSet": refuse(t, s, daemonSet(pod("ds"))), "ReplicationController": refuse(t, s, controller(pod("rc"), 2)),
		"Job": refuse(t, s, parallel), "CronJob": cron,
	}
	create(t, s, suspended)
	create(t, s, ownedJob(cron, "c-1"))
	create(t, s, deployment(soloPod(ns, "fine"), 1))
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := len(nodes.Items) - tainted(nodes.Items)
	r := s.eventuallyBlocked(
		t, ns, "Deployment/d 3/3 via ReplicaSet", "StatefulSet/s 2/2", fmt.Sprintf("DaemonSet/ds %d/%d", n, n),
		"ReplicationController/rc 2/2", "Job/j 2/2", "CronJob/c 1/1 via Job",
	)
	for i := range r.Items {
		b := &r.Items[i]
		s.refusedNow(t, b, objects[b.Kind], "hostNamespaces")
		if exact := b.Kind == "Deployment" || b.Kind == "ReplicationController"; b.SinceExact != exact || b.Policy != "baseline:v1.30" {
			t.Errorf("%s: since exactly then: %v, policy %s", lack(b), b.SinceExact, b.Policy)
		}
	}
	wide := s.pss(t, "blocked", "-n", ns, "-o", "wide")
	if wide.exit != 1 || strings.Count(wide.stdout, "violates PodSecurity") != len(r.Items) {
		t.Errorf("-o wide: %+v", wide)
	}
	everywhere, exit := s.blocked(t, "-A")
	if exit != 1 || !slices.ContainsFunc(everywhere.Items, func(b report.Blocked) bool { return b.Namespace == ns && b.Name == "ds" }) {
		t.Errorf("-A: exit code %d, %+v", exit, everywhere.Items)
	}
}

// tainted counts the nodes on which an ordinary DaemonSet makes no pods.
func tainted(nodes []corev1.Node) int {
	count := 0
	for i := range nodes {
		if slices.ContainsFunc(nodes[i].Spec.Taints, func(taint corev1.Taint) bool {
			return taint.Effect == corev1.TaintEffectNoSchedule && taint.Key != corev1.TaintNodeUnschedulable
		}) {
			count++
		}
	}
	return count
}

// cured is what happens once a template, or the namespace, is mended: the next try succeeds, and the old words stay.
func cured(t *testing.T, s *server) {
	ns := s.namespace(t, "blocked-cured", modes{enforce: "baseline"}.labels())
	refuse(t, s, deployment(soloPod(ns, "d", hostPID), 2))
	refuse(t, s, statefulSet(soloPod(ns, "s", hostPID), 2))
	s.eventuallyBlocked(t, ns, "Deployment/d 2/2 via ReplicaSet", "StatefulSet/s 2/2")

	mend := []byte(`{"spec":{"template":{"spec":{"hostPID":false}}}}`)
	if _, err := s.client.AppsV1().Deployments(ns).Patch(t.Context(), "d", types.MergePatchType, mend, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.eventuallyBlocked(t, ns, "StatefulSet/s 2/2")
	s.relabel(t, ns, modes{enforce: "privileged"})
	touch := []byte(`{"spec":{"replicas":3}}`) // its next try may be minutes away
	if _, err := s.client.AppsV1().StatefulSets(ns).Patch(t.Context(), "s", types.MergePatchType, touch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.eventuallyBlocked(t, ns)
	s.eventuallyPods(t, ns, 5)

	// And again: what was refused, cured and is refused once more is refused.
	s.relabel(t, ns, modes{enforce: "baseline"})
	begin := time.Now().Truncate(time.Second) // as the times of events are
	if err := s.client.CoreV1().Pods(ns).Delete(t.Context(), "s-1", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	r := s.eventuallyBlocked(t, ns, "StatefulSet/s 1/3")
	if b := &r.Items[0]; b.SinceExact || b.Since.Before(begin) {
		t.Errorf("it is refused since %s, not %s", b.Since, begin)
	}
}
