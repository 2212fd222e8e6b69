//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// lookInterval spares the server: a look at the whole estate is a dozen lists.
const lookInterval = time.Second

// rolling is the estate on a server of its own, of which every pod is deleted again and again.
type rolling struct {
	*server
	rounds int
	woken  []object // what had no replicas before
}

// newRolling starts a server for one test and loads the estate into it.
func newRolling(t *testing.T) *rolling {
	t.Helper()
	s, err := suite.up("rolling")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { suite.end(s.Name) })
	if said, err := exec.Command("../../hack/demo/load.sh", s.Kubectl, s.Kubeconfig).CombinedOutput(); err != nil {
		t.Fatalf("hack/demo/load.sh: %v\n%s", err, said)
	}
	r := &rolling{server: s}
	r.runOnce(t)
	return r
}

// runOnce lets every CronJob run once, as on a cluster that has lived for a month: what changes pods on the way is seen
// only on pods that there are.
func (r *rolling) runOnce(t *testing.T) {
	t.Helper()
	begin := time.Now()
	for _, o := range r.stockOfTeams(t).workloads {
		if c, ok := o.(*batchv1.CronJob); ok {
			r.runCronJob(t, c, c.Name+"-once")
		}
	}
	eventually(t, "the CronJobs' first run", func() (bool, error) {
		time.Sleep(lookInterval)
		k := r.stockOfTeams(t)
		h := r.hear(t, k, begin, 0)
		for _, o := range k.workloads {
			if strings.HasSuffix(o.GetName(), "-once") && !k.over(o) && len(h[o.GetUID()]) == 0 {
				return false, fmt.Errorf("%s has not ended", o.GetName())
			}
		}
		return true, nil
	})
}

// roll deletes every pod, runs every CronJob and wakes what sleeps, waits until all controllers have tried to make
// the pods that they want, and returns what the server refused.
func (r *rolling) roll(t *testing.T) refusals {
	t.Helper()
	r.rounds++
	k := r.stockOfTeams(t)
	log, err := os.Stat(r.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	defer func() { t.Logf("everything was rolled in %s", time.Since(begin).Round(time.Second)) }()
	for _, ns := range k.namespaces {
		now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
		if err := r.client.CoreV1().Pods(ns).DeleteCollection(t.Context(), now, metav1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	refused := r.playCustom(t, k)
	r.wake(t, k)
	for _, o := range k.workloads {
		if c, ok := o.(*batchv1.CronJob); ok {
			r.runCronJob(t, c, fmt.Sprintf("%s-%d", c.Name, r.rounds))
		}
	}
	r.nudge(t)
	var h heard
	eventually(t, "the controllers", func() (bool, error) {
		time.Sleep(lookInterval)
		k = r.stockOfTeams(t)
		h = r.hear(t, k, begin, log.Size())
		return none("nothing was tried for", k.lacking(h))
	})
	for one := range h.byWorkload(t, k) {
		refused[one] = true
	}
	return refused
}

// stockOfTeams is the estate less what is the system's: nobody asked for that.
func (r *rolling) stockOfTeams(t *testing.T) *stock {
	t.Helper()
	k := r.takeStock(t)
	system := func(ns string) bool { return strings.HasPrefix(ns, "kube-") }
	k.namespaces = slices.DeleteFunc(k.namespaces, system)
	k.pods = slices.DeleteFunc(k.pods, func(pod *corev1.Pod) bool { return system(pod.Namespace) })
	k.workloads = slices.DeleteFunc(k.workloads, func(o object) bool { return system(o.GetNamespace()) })
	return k
}

// playCustom does what custom controllers would do that make pods themselves: it makes those again that were there, and
// returns what the server refused of them.
func (r *rolling) playCustom(t *testing.T, k *stock) refusals {
	t.Helper()
	refused := refusals{}
	for _, pod := range k.pods {
		owner := metav1.GetControllerOfNoCopy(pod)
		if owner == nil || k.byUID[owner.UID] != nil {
			continue
		}
		again := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%d", pod.Name, r.rounds), Namespace: pod.Namespace, Labels: pod.Labels, OwnerReferences: pod.OwnerReferences,
		}, Spec: *pod.Spec.DeepCopy()}
		again.Spec.NodeName = ""
		_, err := r.client.CoreV1().Pods(pod.Namespace).Create(t.Context(), again, metav1.CreateOptions{})
		switch {
		case err == nil:
		case apierrors.IsForbidden(err):
			_, text, _ := strings.Cut(err.Error(), " is forbidden: ")
			refused[refusal{pod.Namespace, owner.Kind, owner.Name, text}] = true
		default:
			t.Fatal(err)
		}
	}
	return refused
}

// wake scales what has no replicas to one and lets suspended Jobs go.
func (r *rolling) wake(t *testing.T, k *stock) {
	t.Helper()
	for _, o := range k.workloads {
		switch o := o.(type) {
		case *appsv1.Deployment:
			r.wakeScaled(t, o, o.Spec.Replicas)
		case *appsv1.StatefulSet:
			r.wakeScaled(t, o, o.Spec.Replicas)
		case *corev1.ReplicationController:
			r.wakeScaled(t, o, o.Spec.Replicas)
		case *batchv1.Job:
			if o.Spec.Suspend != nil && *o.Spec.Suspend {
				r.patch(t, o, `{"spec":{"suspend":false}}`)
			}
		}
	}
}

func (r *rolling) wakeScaled(t *testing.T, o object, replicas *int32) {
	t.Helper()
	if *replicas == 0 {
		r.patch(t, o, `{"spec":{"replicas":1}}`)
		r.woken = append(r.woken, o)
	}
}

func (r *rolling) patch(t *testing.T, o object, patch string) {
	t.Helper()
	client, plural := r.resource(o)
	request := client.Patch(types.MergePatchType).Namespace(o.GetNamespace()).Resource(plural).Name(o.GetName()).Body([]byte(patch))
	if err := request.Do(t.Context()).Error(); err != nil && !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

// runCronJob does what `kubectl create job --from=cronjob/NAME` does, without a process for each.
func (r *rolling) runCronJob(t *testing.T, c *batchv1.CronJob, name string) {
	t.Helper()
	owner := metav1.NewControllerRef(c, batchv1.SchemeGroupVersion.WithKind("CronJob"))
	create(t, r.server, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: c.Namespace, Labels: c.Spec.JobTemplate.Labels,
			Annotations: map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}, OwnerReferences: []metav1.OwnerReference{*owner},
		},
		Spec: c.Spec.JobTemplate.Spec,
	})
}

// nudge makes every controller look at each of its objects now, however long it wanted to wait after its last failure:
// any change of an object does.
func (r *rolling) nudge(t *testing.T) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"e2e.pss.dev/nudge":%q}}}`, time.Now())
	var group sync.WaitGroup
	limit := make(chan struct{}, asking)
	for _, o := range r.stockOfTeams(t).workloads {
		limit <- struct{}{}
		group.Go(func() {
			r.patch(t, o, patch)
			<-limit
		})
	}
	group.Wait()
}

// renew makes Jobs anew that have not ended and are not refused still: each pod that was deleted has counted as a
// failure, after which the controller waits twice as long, and gives up in the end. What the controller remembers of a
// Job it keeps under its name, and may miss that the Job was gone in between; so the new one has another name.
func (r *rolling) renew(t *testing.T, still refusals) {
	t.Helper()
	for _, o := range r.stockOfTeams(t).workloads {
		j, ok := o.(*batchv1.Job)
		if !ok || j.Status.Failed == 0 || (&stock{}).over(j) || still.about(j.Namespace, ref{kindOf(j), j.Name}) {
			continue
		}
		jobs := r.client.BatchV1().Jobs(j.Namespace)
		if err := jobs.Delete(t.Context(), j.Name, metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}); err != nil {
			t.Fatal(err)
		}
		again := copyTo(j, j.Namespace)
		again.SetName(fmt.Sprintf("%s-again%d", j.Name, r.rounds))
		create(t, r.server, again)
	}
}
