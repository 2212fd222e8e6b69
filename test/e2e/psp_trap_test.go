//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// trapped are the workloads of the shop whose templates say too little; pricing is the only other one.
var trapped = []string{"abandoned-carts", "black-friday", "cart", "sessions", "storefront"}

// springTrap shows the outage that waits where a policy writes what templates leave out: twice the same shop, once as it
// is and once with the patches that psp check prints. Both are taken out of the policy's care and enforce restricted.
func (s *server) springTrap(t *testing.T) {
	t.Helper()
	mended, left := s.openShop(t, "mended"), s.openShop(t, "left")
	foretold := map[string]*report.PSPTrap{}
	for _, ns := range []string{mended, left} {
		s.documentedDryRun(t, ns)
		c, r := s.checkPolicies(t, ns)
		foretold = traps(&c.Items[0])
		if diff := cmp.Diff(trapped, slices.Sorted(maps.Keys(foretold))); diff != "" || r.exit != 1 {
			t.Fatalf("psp check %s, exit code %d, trapped (-want +got):\n%s", ns, r.exit, diff)
		}
	}

	state := t.TempDir()
	command := fmt.Sprintf("set -o pipefail; kubectl pss psp check %s -o patch | sh", mended)
	if out, code := s.shell(t.Context(), t, state, command); code != 0 && code != 1 {
		t.Fatalf("$ %s\n%s\nexit code %d", command, out, code)
	}
	if c, r := s.checkPolicies(t, mended); r.exit != 0 || len(traps(&c.Items[0])) > 0 {
		t.Errorf("after the patches: exit code %d, %+v", r.exit, c.Items[0])
	}
	s.rolledOut(t, mended)

	for _, ns := range []string{mended, left} {
		s.bypass(t, ns)
		s.relabel(t, ns, modes{enforce: levelRestricted})
		s.must(t, state, fmt.Sprintf("kubectl -n %s delete pods --all --wait=false", ns))
		s.must(t, state, fmt.Sprintf("kubectl -n %s scale deployment black-friday --replicas=1", ns))
		s.must(t, state, fmt.Sprintf("kubectl -n %s create job carts-now --from=cronjob/abandoned-carts", ns))
	}
	s.allBack(t, mended)
	s.refusedAsForetold(t, left, foretold)
}

// openShop loads the demo's shop into a namespace of its own, under the policy that hardens it, and lets it run.
func (s *server) openShop(t *testing.T, name string) string {
	t.Helper()
	ns := s.passing(t, name, nil)
	s.letUse(t, "hardened", ns, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:serviceaccounts:" + ns})
	s.awaitUse(t, "hardened", ns)
	manifest, err := os.ReadFile("../../hack/demo/psp/10-shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "shop.yaml")
	text := strings.ReplaceAll(string(manifest), "namespace: shop", "namespace: "+ns)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, t.TempDir(), "kubectl apply -f "+file)
	s.rolledOut(t, ns)
	return ns
}

// documentedDryRun is what the official guide has people do before they enforce a level. It sees what runs, and what
// runs is in order.
func (s *server) documentedDryRun(t *testing.T, ns string) {
	t.Helper()
	r := s.exec(t, s.Kubectl, "label", "--dry-run=server", "--overwrite", "ns", ns, "pod-security.kubernetes.io/enforce=restricted")
	if r.exit != 0 || r.stderr != "" {
		t.Errorf("the documented dry run was to say nothing: %+v", r)
	}
}

// bypass takes a namespace out of the care of policies, as the guide does: all of its service accounts may use one that
// allows everything and writes nothing.
func (s *server) bypass(t *testing.T, ns string) {
	t.Helper()
	s.letUse(t, "privileged", ns, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:serviceaccounts:" + ns})
	s.awaitUse(t, "privileged", ns)
}

// rolledOut waits until everything that should run does, with the template that it has now.
func (s *server) rolledOut(t *testing.T, ns string) {
	t.Helper()
	eventually(t, "the workloads of "+ns, func() (bool, error) {
		deployments, err := s.client.AppsV1().Deployments(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, d := range deployments.Items {
			is, want := d.Status, *d.Spec.Replicas
			if is.ObservedGeneration != d.Generation || is.UpdatedReplicas != want || is.AvailableReplicas != want || is.Replicas != want {
				return false, fmt.Errorf("deployment %s is at %d of %d", d.Name, is.AvailableReplicas, want)
			}
		}
		sets, err := s.client.AppsV1().StatefulSets(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, set := range sets.Items {
			is, want := set.Status, *set.Spec.Replicas
			if is.ObservedGeneration != set.Generation || is.UpdatedReplicas != want && is.CurrentRevision != is.UpdateRevision || is.ReadyReplicas != want {
				return false, fmt.Errorf("statefulset %s is at %d of %d", set.Name, is.ReadyReplicas, want)
			}
		}
		return true, nil
	})
}

// allBack waits until every workload of a namespace has pods again.
func (s *server) allBack(t *testing.T, ns string) {
	t.Helper()
	want := map[string]int{"black-friday": 1, "cart": 3, "carts-now": 1, "pricing": 2, "sessions": 2, "storefront": 4}
	eventually(t, "all pods of "+ns+" to come back", func() (bool, error) {
		return alike(want, s.backAgain(t, ns))
	})
}

// alike is a condition to wait for, which can tell what is amiss.
func alike[T any](want, got T) (bool, error) {
	if diff := cmp.Diff(want, got); diff != "" {
		return false, fmt.Errorf("not yet (-want +got):\n%s", diff)
	}
	return true, nil
}

// refusedAsForetold waits until the named workloads, and no others, are refused for the very reason that was foretold.
func (s *server) refusedAsForetold(t *testing.T, ns string, foretold map[string]*report.PSPTrap) {
	t.Helper()
	eventually(t, "refusals in "+ns, func() (bool, error) {
		refusals := s.refusals(t.Context(), t, ns)
		for name, trap := range foretold {
			maker := strings.Replace(name, "abandoned-carts", "carts-now", 1)
			if !slices.ContainsFunc(refusals, func(e corev1.Event) bool {
				return strings.HasPrefix(e.InvolvedObject.Name, maker) && strings.Contains(e.Message, trap.Message)
			}) {
				return false, fmt.Errorf("%s is not refused with %q: %+v", name, trap.Message, refusals)
			}
		}
		return alike(map[string]int{"pricing": 2}, s.backAgain(t, ns))
	})
	for _, e := range s.refusals(t.Context(), t, ns) {
		if strings.HasPrefix(e.InvolvedObject.Name, "pricing") {
			t.Errorf("pricing is refused, which nobody foretold: %s", e.Message)
		}
	}
}

// refusals are the events that say that Pod Security refused a pod.
func (s *server) refusals(ctx context.Context, t *testing.T, ns string) []corev1.Event {
	t.Helper()
	events, err := s.client.CoreV1().Events(ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(events.Items, func(e corev1.Event) bool { return !strings.Contains(e.Message, "violates PodSecurity") })
}

// backAgain counts the pods that are not on their way out by the workload that they are called after.
func (s *server) backAgain(t *testing.T, ns string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for name, pod := range s.pods(t, ns) {
		if pod.DeletionTimestamp != nil {
			continue
		}
		for _, workload := range append([]string{"carts-now", "pricing"}, trapped...) {
			if strings.HasPrefix(name, workload+"-") {
				counts[workload]++
			}
		}
	}
	return counts
}

// must runs a command line that has to succeed.
func (s *server) must(t *testing.T, state, command string) string {
	t.Helper()
	out, code := s.shell(t.Context(), t, state, command)
	if code != 0 {
		t.Fatalf("$ %s\n%s\nexit code %d", command, out, code)
	}
	return out
}
