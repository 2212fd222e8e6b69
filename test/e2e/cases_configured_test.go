//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func configuredCases() []numbered {
	return []numbered{
		{"08", case08},
		{"11", case11},
		{"13and14", case13and14},
		{"47", case47},
		{"52", case52},
		{"ExemptUser", caseExemptUser},
		{"Defaults", caseDefaults},
	}
}

// open is a namespace of the configured server in which anything may be stored.
func (s *server) open(t *testing.T, name string) string {
	t.Helper()
	return s.namespace(t, name, modes{enforce: "privileged"}.labels())
}

// case08: without a label it is the server's default that is compared with what was.
func case08(t *testing.T, name string) {
	s := configured(t)
	ns := s.open(t, name)
	create(t, s, plainPod(ns, "p", hostPID))
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: "-"}), existing(ns, "baseline:v1.30", "p: host namespaces"))
}

// case11: of more than 3,000 pods the server looks at 3,000 that chance picks, and says so, and so does the plugin.
func case11(t *testing.T, name string) {
	const count, workers = 3010, 16
	s := configured(t)
	ns := s.open(t, name)
	numbers := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			pods := s.client.CoreV1().Pods(ns)
			for n := range numbers {
				pod := plainPod(ns, fmt.Sprintf("p-%04d", n), hostPID)
				if _, err := pods.Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	group.Wait()

	m := modes{enforce: baseline}
	change := s.checkNamespace(t, ns, m).LabelChange
	first := fmt.Sprintf("new PodSecurity enforce level only checked against the first 3000 of %d existing pods", count)
	a := s.dryLabel(t.Context(), ns, m.patch())
	for end := time.Now().Add(patience); !slices.Contains(a.warnings, first) && time.Now().Before(end); {
		a = s.dryLabel(t.Context(), ns, m.patch()) // a busy machine: a second was not enough for 3,000, or not all are known
	}
	if a.err != nil || len(a.warnings) != 3 || len(change.Warnings) != 3 {
		t.Fatalf("the server warns %q (%v), the plugin %q", a.warnings, a.err, change.Warnings)
	}
	if change.Exact {
		t.Error("what depends on chance is called exact")
	}
	want := []string{first, existing(ns, baseline, "")[0]}
	expect(t, "the first warnings", verdict{Warnings: want}, verdict{Warnings: a.warnings[:2]})
	same(t, "the first warnings", verdict{Warnings: change.Warnings[:2]}, verdict{Warnings: a.warnings[:2]})
	for _, last := range []string{a.warnings[2], change.Warnings[2]} {
		if !strings.HasPrefix(last, "p-") || !strings.HasSuffix(last, " (and 2999 other pods): host namespaces") {
			t.Errorf("the last warning is %q", last)
		}
	}
	s.guessed(t, ns)
}

// case13and14: an exempt namespace has a policy that does nothing, and is told so when enforce changes, but not when
// only another mode does.
func case13and14(t *testing.T, _ string) {
	s := configured(t)
	ns, err := s.newNamespace(t.Context(), "exempt-a", nil)
	if err != nil {
		t.Fatal(err)
	}
	pod := create(t, s, plainPod(ns, "p", hostPID))
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: "restricted"}), []string{
		`namespace "exempt-a" is exempt from Pod Security, and the policy (enforce=restricted:v1.30) will be ignored`,
	})
	expectWarnings(t, s.compareChange(t, ns, modes{warn: baseline}), nil)
	s.compareChange(t, ns, all(baseline))

	item := s.checkNamespace(t, ns, all(restricted))
	if item.Exempt != (report.Exempt{By: report.ExemptNamespace, Source: report.SourceConfig}) {
		t.Errorf("exempt-a is shown as %+v", item.Exempt)
	}
	s.relabel(t, ns, all(restricted))
	again := copyTo(pod, ns)
	again.SetName("again")
	real := s.verdict(t, s.dryCreate(t.Context(), "", again))
	expect(t, "a pod", denied(restricted, ""), real)
	same(t, "a pod", ofPod(evidenceOf(t, workloadOf(t, item, "Pod", "p"), report.EvidencePod, report.RevisionCurrent).Outcome.Pod), real)
}

// case47: pods of an exempt runtime class are not counted when labels change, and not judged when created.
func case47(t *testing.T, name string) {
	s := configured(t)
	ns := s.open(t, name)
	for _, class := range []string{"trusted", "other"} {
		c := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: class}, Handler: class}
		if _, err := s.client.NodeV1().RuntimeClasses().Create(t.Context(), c, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	var stored []*corev1.Pod
	for _, class := range []string{"trusted", "other"} {
		stored = append(stored, create(t, s, plainPod(ns, class, hostPID, func(p *corev1.Pod) { p.Spec.RuntimeClassName = &class })))
	}
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: baseline}), existing(ns, baseline, "other: host namespaces"))
	expect(t, "trusted", denied(baseline, ""), s.comparePod(t, ns, stored[0], all(baseline)))
	expect(t, "other", denied(baseline, "host namespaces (hostPID=true)"), s.comparePod(t, ns, stored[1], all(baseline)))
	object, pod := s.compareWorkload(t, "StatefulSet", create(t, s, statefulSet(stored[0], 0)), all(baseline))
	expect(t, "a template", warned(baseline, ""), object)
	expect(t, "its pod", denied(baseline, ""), pod)
}

// case52: a label that names only a level takes its version from the server's default.
func case52(t *testing.T, name string) {
	s := configured(t)
	ns := s.open(t, name)
	create(t, s, plainPod(ns, "p", hostPID))
	warnings := s.compareChange(t, ns, modes{enforce: "restricted"}).Warnings
	if len(warnings) != 2 || warnings[0] != existing(ns, "restricted:v1.30", "")[0] {
		t.Errorf("the server warns %q", warnings)
	}
}

// caseExemptUser: what the exempt ReplicaSet controller makes is allowed, what other controllers make is not. The
// person who writes the object is somebody else.
func caseExemptUser(t *testing.T, name string) {
	s := configured(t)
	ns := s.open(t, name)
	want := warned(baseline, "host namespaces (hostPID=true)")
	object, pod := s.compareWorkload(t, "Deployment", create(t, s, deployment(plainPod(ns, "w", hostPID), 0)), all(baseline))
	expect(t, "a Deployment", want, object)
	expect(t, "its pod", denied(baseline, ""), pod)
	object, pod = s.compareWorkload(t, "StatefulSet", create(t, s, statefulSet(plainPod(ns, "w", hostPID), 0)), all(baseline))
	expect(t, "a StatefulSet", want, object)
	expect(t, "its pod", denied(baseline, "host namespaces (hostPID=true)"), pod)
}

// caseDefaults: without any label it is the defaults that count, each with its version.
func caseDefaults(t *testing.T, name string) {
	s := configured(t)
	ns := s.open(t, name)
	m := modes{enforce: "-", audit: "-", warn: "-"}
	for _, pod := range []*corev1.Pod{
		create(t, s, plainPod(ns, "denied", hostPID)),
		create(t, s, strictPod(ns, "warned", drop("all"))),
		create(t, s, strictPod(ns, "fine")),
	} {
		s.comparePod(t, ns, pod, m)
	}
	r := s.check(t, "ns", ns)
	want := report.Defaults{Enforce: "baseline:v1.30", Audit: "restricted:v1.29", Warn: "restricted:v1.28", Source: report.SourceConfig}
	if diff := cmp.Diff(want, r.Defaults); diff != "" {
		t.Errorf("the defaults are shown otherwise:\n%s", diff)
	}
}
