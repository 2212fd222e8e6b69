//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// rollLabels tells README's story, and then writes levels to the whole estate and has every pod made again: what the
// server refuses has to be exactly what the plan foresaw, in the server's words.
func rollLabels(t *testing.T) {
	t.Helper()
	r := newRolling(t)
	a := newAdmin(t, r.Kubeconfig)
	all := []string{"label", "ns", "--all", "--allow-violations", "--force-conflicts", "--yes"}

	t.Run("story", r.tellStory)
	t.Run("answers from labels", func(t *testing.T) { r.answersFromLabels(t, a, all) })
	t.Run("restricted", func(t *testing.T) { r.round(t, a, append(all, "--enforce=restricted"), true) })
	t.Run("baseline", func(t *testing.T) { r.round(t, a, append(all, "--enforce=baseline:v1.30"), false) })
	before := standing(r.check(t, "ns"), func(string) bool { return true })
	if full() {
		t.Run("as it is", func(t *testing.T) {
			real := r.roll(t)
			before.equal(t, "without any change", real)
			r.recover(t, real)
		})
	}
	t.Run("recommended", func(t *testing.T) { r.recommended(t, a, before) })
}

// answersFromLabels dry-runs every proposal where namespaces have levels and versions already, so that it also loosens
// and changes versions only.
func (r *rolling) answersFromLabels(t *testing.T, a *admin, all []string) {
	teams := r.stockOfTeams(t).namespaces
	directions := map[report.Direction]int{}
	for start, had := range []modes{
		{enforce: "restricted:v1.24", audit: "restricted:latest", warn: "baseline:v1.30"},
		{enforce: "baseline:latest", audit: "-"},
	} {
		a.plan(t, 0, append(all, had.flags()...)...)
		for i, m := range proposals() {
			if !full() && i%2 != start {
				continue // TestLabelAnswers tries them all on the labels that the estate comes with
			}
			for _, item := range r.foretold(t, a, m, teams, "--all") {
				directions[item.Direction]++
			}
		}
		a.must(t, 0, "rollback", "--yes")
	}
	for _, d := range []report.Direction{report.DirectionTightens, report.DirectionLoosens, report.DirectionMixed} {
		if directions[d] < len(teams) {
			t.Errorf("only %d of the proposals were %s", directions[d], d)
		}
	}
}

// round writes, rolls, compares and takes it all back.
func (r *rolling) round(t *testing.T, a *admin, args []string, blocked bool) {
	p := a.plan(t, 0, args...)
	kept := map[string]bool{}
	for i := range p.Items {
		kept[p.Items[i].Namespace] = p.Items[i].Action == report.ActionKeep
	}
	predicted := foreseen(p)
	r.awaitWritten(t, p)
	already := standing(r.check(t, "ns"), func(ns string) bool { return kept[ns] })
	maps.Copy(predicted, already)
	r.anew(t, already)
	real := r.roll(t)
	predicted.equal(t, strings.Join(args, " "), real)
	t.Logf("%d workloads are refused", len(real))
	if blocked {
		builtIn := maps.Clone(real)
		maps.DeleteFunc(builtIn, func(one refusal, _ bool) bool { return one.kind == "PreviewEnvironment" })
		r.isBlocked(t).equal(t, "kubectl pss blocked", builtIn)
	}

	a.must(t, 0, "rollback", "--yes")
	for i := range p.Items {
		for _, one := range p.Items[i].Refused {
			if one.Already {
				already[refusal{p.Items[i].Namespace, one.Kind, one.Name, one.Message}] = true
			}
		}
	}
	r.recover(t, already)
}

// anew has Deployments make their ReplicaSets anew that are refused already: a controller tells of some 25 attempts for an
// object, and then of one in five minutes, so that what is refused now might be told of no more.
func (r *rolling) anew(t *testing.T, already refusals) {
	t.Helper()
	for one := range already {
		if one.kind != "Deployment" {
			continue
		}
		sets := r.client.AppsV1().ReplicaSets(one.namespace)
		gone := map[types.UID]bool{}
		replaced := func() (bool, error) {
			all, err := sets.List(t.Context(), metav1.ListOptions{})
			if err != nil {
				return false, err
			}
			for i := range all.Items {
				set := &all.Items[i]
				owner := metav1.GetControllerOfNoCopy(set)
				if owner == nil || owner.Name != one.name || set.Status.Replicas > 0 || *set.Spec.Replicas == 0 {
					continue
				}
				if len(gone) > 0 && !gone[set.UID] {
					return true, nil
				}
				gone[set.UID] = true
				if err := sets.Delete(t.Context(), set.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
					return false, err
				}
			}
			return len(gone) == 0, nil
		}
		eventually(t, "another ReplicaSet of "+one.name, replaced)
	}
}

// standing are the refusals in a report under the labels that there are, in some of its namespaces.
func standing(report *report.CheckReport, in func(namespace string) bool) refusals {
	set := refusals{}
	for i := range report.Items {
		item := &report.Items[i]
		for j := range item.Workloads {
			w := &item.Workloads[j]
			for k := range w.Evidence {
				if e := &w.Evidence[k]; e.Blocks && item.Counted && in(item.Namespace) {
					set[refusal{item.Namespace, w.Kind, w.Name, e.Outcome.Pod.Message}] = true
				}
			}
		}
	}
	return set
}

// isBlocked is what kubectl pss blocked says of the teams' namespaces.
func (r *rolling) isBlocked(t *testing.T) refusals {
	t.Helper()
	b, _ := r.blocked(t, "-A")
	set := refusals{}
	for _, item := range b.Items {
		if !strings.HasPrefix(item.Namespace, "kube-") {
			set[refusal{item.Namespace, item.Kind, item.Name, item.Message}] = true
		}
	}
	return set
}

// recover waits until everything is made again that the server does not refuse any more, and nothing else is called
// blocked; then it puts to rest what had no replicas.
func (r *rolling) recover(t *testing.T, still refusals) {
	t.Helper()
	begin := time.Now()
	defer func() { t.Logf("everything was there again after %s", time.Since(begin).Round(time.Second)) }()
	r.renew(t, still)
	r.nudge(t)
	eventually(t, "everything to be there again", func() (bool, error) {
		time.Sleep(lookInterval)
		k := r.stockOfTeams(t)
		there, err := none("there are not all pods of", slices.DeleteFunc(k.lacking(nil), func(o object) bool {
			return still.about(o.GetNamespace(), k.top(o))
		}))
		if !there || err != nil {
			return false, err
		}
		if left := r.isBlocked(t).minus(still); len(left) > 0 {
			return false, fmt.Errorf("still blocked:\n%s", strings.Join(left, "\n"))
		}
		return true, nil
	})
	for _, o := range r.woken {
		r.patch(t, o, `{"spec":{"replicas":0}}`)
	}
	r.woken = nil
}

// about says whether a workload is among the refused.
func (r refusals) about(namespace string, w ref) bool {
	for one := range r {
		if one.namespace == namespace && one.kind == w.kind && one.name == w.name {
			return true
		}
	}
	return false
}

// recommended writes what is recommended: what is refused then has to be what a check said of the labels before that, and
// no mode may become looser.
func (r *rolling) recommended(t *testing.T, a *admin, before refusals) {
	had := r.policies(t)
	p := a.plan(t, 0, "label", "ns", "--all", "--recommend", "--force-conflicts", "--yes")
	for i := range p.Items {
		if list := p.Items[i].NewlyRefused(); len(list) > 0 {
			t.Errorf("recommended, and refused: %+v", list)
		}
	}
	if p.Summary.Outcomes[report.EndingWritten] < len(r.stockOfTeams(t).namespaces)/2 {
		t.Errorf("hardly anything is recommended: %+v", p.Summary)
	}
	has := r.policies(t)
	for ns, was := range had {
		for mode, level := range was {
			if has[ns][mode] < level {
				t.Errorf("%s of %s was %d and is %d", mode, ns, level, has[ns][mode])
			}
		}
	}
	if cmp.Equal(had, has) {
		t.Error("nothing has become stricter")
	}
	r.awaitWritten(t, p)
	before.equal(t, "after what was recommended", r.roll(t))
}

// awaitWritten waits until pods are judged by the labels that were written.
func (r *rolling) awaitWritten(t *testing.T, p *report.LabelPlan) {
	t.Helper()
	for i := range p.Items {
		if p.Items[i].Action == report.ActionChange {
			r.awaitLabels(t, p.Items[i].Namespace)
		}
	}
}

// policies are how strict each mode of each namespace is, by its labels alone: what is not labelled is privileged, and
// warn is no looser than enforce.
func (s *server) policies(t *testing.T) map[string]map[string]int {
	t.Helper()
	strictness := map[string]int{"": 0, "privileged": 0, "baseline": 1, "restricted": 2}
	found := map[string]map[string]int{}
	for _, ns := range list(t, s.client.CoreV1().Namespaces().List, metav1.ListOptions{},
		func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items }) {
		levels := map[string]int{}
		for _, mode := range []string{"enforce", "audit", "warn"} {
			levels[mode] = strictness[ns.Labels[labelKey(mode)]]
		}
		if _, labelled := ns.Labels[labelKey("warn")]; !labelled {
			levels["warn"] = levels["enforce"]
		}
		found[ns.Name] = levels
	}
	return found
}
