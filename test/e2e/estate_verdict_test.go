//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// over says that an object's pods are not made again and will not stay.
func (k *stock) over(o object) bool {
	if o.GetDeletionTimestamp() != nil {
		return true
	}
	if above := k.above(o); above != nil && above.GetDeletionTimestamp() != nil {
		return true
	}
	switch o := o.(type) {
	case *corev1.Pod:
		return o.Status.Phase == corev1.PodSucceeded || o.Status.Phase == corev1.PodFailed
	case *batchv1.Job:
		return slices.ContainsFunc(o.Status.Conditions, func(c batchv1.JobCondition) bool {
			return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
		})
	default:
		return false
	}
}

// tally counts the server's answer about a live object for its workload.
func (c *comparison) tally(o object, real verdict) {
	if c.over(o) {
		return
	}
	top, ns := c.top(o), o.GetNamespace()
	if !real.Allowed {
		mark(c.denied, ns, top)
	}
	// Nobody makes the pods of a template by itself again, nor a pod that nobody owns.
	again := top.kind != "PodTemplate" && (top.kind != "Pod" || metav1.GetControllerOfNoCopy(o) != nil)
	if again && (!real.Allowed || len(real.Warnings) > 0 || real.Audit != "") {
		mark(c.told, ns, top)
	}
}

func mark(in map[string]map[ref]bool, namespace string, r ref) {
	if in[namespace] == nil {
		in[namespace] = map[ref]bool{}
	}
	in[namespace][r] = true
}

// verdicts holds what a report adds up to against what the server's answers add up to.
func (c *comparison) verdicts(t *testing.T) {
	t.Helper()
	for _, ns := range c.namespaces {
		item := c.items[ns]
		blocking := map[ref]bool{}
		for i := range item.Workloads {
			if w := &item.Workloads[i]; w.Blocks {
				blocking[ref{w.Kind, w.Name}] = true
			}
		}
		if diff := cmp.Diff(blocking, orEmpty(c.told[ns]), cmp.AllowUnexported(ref{})); diff != "" {
			t.Errorf("in %s under %+v other workloads block than the server has something to say about (+):\n%s", ns, c.modes, diff)
		}
		if got, want := item.Verdict, report.Of(len(c.told[ns]), 0); got != want {
			t.Errorf("the verdict on %s under %+v is %s, not %s", ns, c.modes, got, want)
		}
		stands := map[string]int{"baseline:latest": item.Strictest.Blocking.Baseline, "restricted:latest": item.Strictest.Blocking.Restricted}
		if count, ok := stands[c.modes.enforce]; ok && count != len(c.denied[ns]) {
			t.Errorf("%d workloads in %s stand in the way of %s, but the server refuses pods of %v", count, ns, c.modes.enforce, c.denied[ns])
		}
		compared.Add(1)
	}
}

func orEmpty(m map[ref]bool) map[ref]bool {
	if m == nil {
		return map[ref]bool{}
	}
	return m
}

// TestSingle looks at some workloads of each kind one by one, which reads less, and must see the same.
func TestSingle(t *testing.T) {
	t.Parallel()
	s := estate(t)
	const ofEachKind = 3
	m := all(restricted)
	whole := foresee(s.check(t, append([]string{"ns"}, m.flags()...)...))
	k := s.takeStock(t)
	seen := map[string]int{}
	for _, ns := range k.namespaces {
		for i := range whole.items[ns].Workloads {
			w := &whole.items[ns].Workloads[i]
			special := len(w.Drift) > 0 || w.Owner != nil
			if _, known := kubectlNames()[w.Kind]; !known || seen[w.Kind] >= ofEachKind && !special {
				continue
			}
			seen[w.Kind]++
			args := append([]string{kubectlNames()[w.Kind] + "/" + w.Name, "-n", ns}, m.flags()...)
			item := s.check(t, args...).Items[0]
			if diff := cmp.Diff([]report.Workload{*w}, item.Workloads); diff != "" {
				t.Errorf("kubectl pss check %v differs (+) from what is said of the whole namespace (-):\n%s", args, diff)
			}
			if item.LabelChange != nil {
				t.Errorf("kubectl pss check %v foretells a label change from one object's pods: %+v", args, item.LabelChange)
			}
			compared.Add(1)
		}
	}
	if len(seen) != len(kubectlNames()) {
		t.Errorf("the estate has only these kinds: %v", seen)
	}
	for _, pod := range k.pods[:ofEachKind*ofEachKind] {
		args := append([]string{"pod", pod.Name, "-n", pod.Namespace}, m.flags()...)
		item := s.check(t, args...).Items[0]
		if len(item.Workloads) != 1 || item.Pods.Total != 1 {
			t.Errorf("kubectl pss check %v shows %+v", args, item)
			continue
		}
		predicted, err := whole.ofPod(k, pod)
		if err != nil {
			t.Error(err)
			continue
		}
		i := slices.IndexFunc(item.Workloads[0].Evidence, func(e report.Evidence) bool { return e.Source == report.EvidencePod })
		same(t, fmt.Sprintf("pod %s/%s alone", pod.Namespace, pod.Name), ofPod(item.Workloads[0].Evidence[i].Outcome.Pod), predicted)
	}
}

// kubectlNames are the kinds by kubectl's short names.
func kubectlNames() map[string]string {
	return map[string]string{
		"Pod": "po", "Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "ReplicaSet": "rs",
		"ReplicationController": "rc", "Job": "job", "CronJob": "cj", "PodTemplate": "podtemplate",
	}
}
