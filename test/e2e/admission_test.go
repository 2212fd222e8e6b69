//go:build e2e

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// TestThroughAdmission holds what dry runs show against what the server then does to the pods of controllers.
func TestThroughAdmission(t *testing.T) {
	t.Parallel()
	s := plain(t)
	for name, test := range map[string]func(*testing.T, *server){
		"injected": admittedWithSidecar, "hardened": admittedHardened, "refused now": refusedByPolicyNow,
		"webhook": refusedByWebhook, "quota": refusedByQuota, "rights": askedWithoutRights,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// admittedWithSidecar: pods of before the policy are clean, those of every controller get a privileged sidecar from now on.
func admittedWithSidecar(t *testing.T, s *server) {
	mark := "through-inject-" + suite.id
	ns := s.passing(t, "through-inject", map[string]string{injectLabel: mark}) // the demo, if it is loaded, waits for every workload
	objects := s.oneOfEachKind(t, func(name string) *corev1.Pod { return strictPod(ns, name) })
	s.eventuallySteady(t, ns)
	s.inject(t, mark, `[JSONPatch{op: "add", path: "/spec/initContainers", value: [Object.spec.initContainers{
		name: "mesh", image: "registry.example.com/mesh:1",
		securityContext: Object.spec.initContainers.securityContext{privileged: true}}]}]`)
	labels := all(baseline).labels()
	labels[injectLabel] = mark
	there := s.namespace(t, "through-inject-there", labels)
	eventually(t, "the policy to take effect", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", strictPod(there, "probe"))
		return a.err != nil, nil
	})

	plainly := s.check(t, append([]string{"ns", ns}, all(baseline).flags()...)...)
	if plainly.Summary.Verdict != report.Complies {
		t.Errorf("templates and pods of before are clean: %+v", plainly.Summary)
	}
	got, exit := s.through(t, ns, all(baseline))
	if exit != 1 || got.DryRuns.Asked != len(objects) || got.DryRuns.Shown != len(objects) || got.DryRuns.AsOneself != 0 {
		t.Errorf("exit code %d, %+v", exit, got.DryRuns)
	}
	byPolicy := []string{"MutatingAdmissionPolicy/" + policyName(mark)}
	for kind, o := range objects {
		w := workloadOf(t, &got.Items[0], kind, o.GetName())
		e := evidenceOf(t, w, report.EvidenceAdmission, report.RevisionCurrent)
		user := workload.ControllerUser(kind)
		same(t, kind, ofPod(e.Outcome.Pod), s.verdict(t, s.dryCreate(t.Context(), user, podFrom(o, there))))
		if want := kind != "PodTemplate"; w.Blocks != want || !slices.Contains(w.Drift, report.DriftInjected) || e.Admission.User != user {
			t.Errorf("%s: blocks %t, drift %q, asked as %q", kind, w.Blocks, w.Drift, e.Admission.User)
		}
		if diff := cmp.Diff(byPolicy, w.MayBeChangedBy); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		ran := slices.Contains([]string{"Deployment", "StatefulSet"}, kind) // of others no pod tells its revision, or none runs
		if slices.Contains(w.Drift, report.DriftInjectedSince) != ran {
			t.Errorf("%s: drift %q", kind, w.Drift)
		}
		before := workloadOf(t, &plainly.Items[0], kind, o.GetName())
		if unseen := slices.Contains([]string{"DaemonSet", "CronJob", "Job"}, kind); unseen != cmp.Equal(before.MayBeChangedBy, byPolicy) {
			t.Errorf("plain check of %s cannot see what %q does", kind, before.MayBeChangedBy)
		}
	}
	s.recreated(t, ns, objects["StatefulSet"].GetName())
}

// recreated shows that what was foretold comes true: with the labels, the pod is not made again.
func (s *server) recreated(t *testing.T, namespace, set string) {
	t.Helper()
	s.relabel(t, namespace, all(baseline))
	if err := s.client.CoreV1().Pods(namespace).Delete(t.Context(), set+"-0", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pod to be refused", func() (bool, error) {
		events, err := s.client.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=FailedCreate"})
		return err == nil && slices.ContainsFunc(events.Items, func(e corev1.Event) bool {
			return e.InvolvedObject.Name == set && strings.Contains(e.Message, `container "mesh" must not set securityContext.privileged=true`)
		}), err
	})
}

// admittedHardened: templates fail restricted and the server makes pods of them that pass.
func admittedHardened(t *testing.T, s *server) {
	mark := "through-harden-" + suite.id
	labels := all(restricted).labels()
	labels[injectLabel] = mark
	ns, there := s.namespace(t, "through-harden", map[string]string{injectLabel: mark}), s.namespace(t, "through-harden-there", labels)
	old := create(t, s, deployment(plainPod(ns, "old"), 1)) // its pod is older than the policy
	s.eventuallyPods(t, ns, 1)
	s.inject(t, mark, `[
		JSONPatch{op: "add", path: "/spec/securityContext", value: Object.spec.securityContext{
			runAsNonRoot: true, seccompProfile: Object.spec.securityContext.seccompProfile{type: "RuntimeDefault"}}},
		JSONPatch{op: "add", path: "/spec/containers/0/securityContext", value: Object.spec.containers.securityContext{
			allowPrivilegeEscalation: false, capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}}}]`)
	eventually(t, "the policy to take effect", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", plainPod(there, "probe"))
		return a.err == nil, nil
	})
	idle := create(t, s, deployment(plainPod(ns, "idle"), 0))
	got, exit := s.through(t, ns, modes{enforce: restricted})
	if exit != 0 || got.Summary.Verdict != report.Complies {
		t.Errorf("exit code %d, %+v", exit, got.Summary)
	}
	for name, drift := range map[string][]report.Drift{
		old.Name: {report.DriftMutated, report.DriftMutatedSince}, idle.Name: {report.DriftMutated},
	} {
		w := workloadOf(t, &got.Items[0], "Deployment", name)
		if diff := cmp.Diff(drift, w.Drift); diff != "" || w.Blocks {
			t.Errorf("%s blocks %t, drift:\n%s", name, w.Blocks, diff)
		}
	}
	// Audit and warn tell of the object as well, which nobody hardens.
	got, exit = s.through(t, ns, all(restricted))
	for _, o := range []object{old, idle} {
		w := workloadOf(t, &got.Items[0], "Deployment", o.GetName())
		e := evidenceOf(t, w, report.EvidenceAdmission, report.RevisionCurrent)
		real := s.verdict(t, s.dryCreate(t.Context(), workload.ControllerUser("Deployment"), podFrom(o, there)))
		same(t, o.GetName(), ofPod(e.Outcome.Pod), real)
		if exit != 1 || !w.Blocks || e.Blocks {
			t.Errorf("%s: exit code %d, blocks %t, its admitted pod %t", o.GetName(), exit, w.Blocks, e.Blocks)
		}
	}
	if w := workloadOf(t, s.checkNamespace(t, ns, all(restricted)), "Deployment", idle.Name); !w.Blocks || len(w.MayBeChangedBy) != 1 {
		t.Errorf("without dry runs only the template is known, and that something matches it: %+v", w)
	}
}

// refusedByPolicyNow: where the policy enforced now refuses the dry run, its words are the answer.
func refusedByPolicyNow(t *testing.T, s *server) {
	mark := "through-now-" + suite.id
	labels := modes{enforce: restricted}.labels()
	labels[injectLabel] = mark
	ns := s.namespace(t, "through-now", labels)
	s.injectNetAdmin(t, mark)
	d := create(t, s, deployment(strictPod(ns, "d"), 0))
	eventually(t, "the policy to take effect", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", strictPod(ns, "probe"))
		return a.err != nil, nil
	})
	real := s.verdict(t, s.dryCreate(t.Context(), workload.ControllerUser("Deployment"), podFrom(d, ns)))
	for name, tt := range map[string]struct {
		m      modes
		exit   int
		blocks bool
	}{
		"as it is": {modes{}, 1, true}, "the same": {modes{enforce: restricted}, 1, true}, "looser": {modes{enforce: baseline}, 3, false},
	} {
		got, exit := s.through(t, ns, tt.m)
		w := workloadOf(t, &got.Items[0], "Deployment", "d")
		e := evidenceOf(t, w, report.EvidenceAdmission, report.RevisionCurrent)
		if exit != tt.exit || w.Blocks != tt.blocks || e.Admission.Refused != real.Message || !slices.Contains(w.Drift, report.DriftInjected) {
			t.Errorf("%s: exit code %d, blocks %t, drift %q, %q instead of %q", name, exit, w.Blocks, w.Drift, e.Admission.Refused, real.Message)
		}
		if tt.blocks && e.Outcome.Pod.Message != real.Message {
			t.Errorf("%s: %q instead of %q", name, e.Outcome.Pod.Message, real.Message)
		}
		if len(got.Gaps) != 1 || got.Gaps[0].Name != "d" || got.Gaps[0].Reason != "refusedNow" {
			t.Errorf("%s: gaps: %+v", name, got.Gaps)
		}
	}
}

// refusedByQuota: what a quota refuses is not shown.
func refusedByQuota(t *testing.T, s *server) {
	ns := s.namespace(t, "through-quota", nil)
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")},
	}}
	if _, err := s.client.CoreV1().ResourceQuotas(ns).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quota to refuse", func() (bool, error) {
		a := s.dryCreate(t.Context(), "", strictPod(ns, "probe"))
		return strings.Contains(a.message(), "exceeded quota"), nil
	})
	create(t, s, deployment(strictPod(ns, "fine"), 0))
	create(t, s, cronJob(strictPod(ns, "bad", hostPID), false))
	s.unanswered(t, ns, 3, modes{}, map[string]string{"fine": "quota", "bad": "quota"})
	s.unanswered(t, ns, 1, modes{enforce: baseline}, map[string]string{"fine": "quota", "bad": "quota"})
}

// unanswered fails unless the workloads of a namespace, by name, are gaps for these reasons, and judged by their templates.
func (s *server) unanswered(t *testing.T, namespace string, exit int, m modes, reasons map[string]string) {
	t.Helper()
	got, code := s.through(t, namespace, m)
	found := map[string]string{}
	for _, g := range got.Gaps {
		found[g.Name] = g.Reason
	}
	if diff := cmp.Diff(reasons, found); diff != "" || code != exit || got.DryRuns.Shown != 0 {
		t.Errorf("exit code %d instead of %d, %+v, gaps:\n%s", code, exit, got.DryRuns, diff)
	}
	for i := range got.Items[0].Workloads {
		w := &got.Items[0].Workloads[i]
		evidenceOf(t, w, report.EvidenceTemplate, report.RevisionCurrent)
		if slices.ContainsFunc(w.Evidence, func(e report.Evidence) bool { return e.Answered || e.Source == report.EvidenceAdmission }) {
			t.Errorf("%s was not answered: %+v", w.Name, w.Evidence)
		}
	}
}

// askedWithoutRights: a reader gets gaps, a developer asks as oneself, and both are told.
func askedWithoutRights(t *testing.T, s *server) {
	ns := s.namespace(t, "through-rights", nil)
	create(t, s, deployment(strictPod(ns, "d"), 0))
	create(t, s, cronJob(strictPod(ns, "c"), false))
	var role rbacv1.ClusterRole
	readme(t, "least ClusterRole", &role)
	got, exit := s.through(t, ns, modes{enforce: restricted}, "--as", s.grant(t, "through-reader", "", role.Rules))
	reasons := map[string]string{}
	for _, g := range got.Gaps {
		reasons[g.Name] = g.Reason
	}
	if diff := cmp.Diff(map[string]string{"d": "forbidden", "c": "forbidden"}, reasons); diff != "" || exit != 3 || got.DryRuns.Asked != 0 {
		t.Errorf("exit code %d, %+v, gaps:\n%s", exit, got.DryRuns, diff)
	}
	creates := append(slices.Clone(role.Rules), rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}})
	got, exit = s.through(t, ns, modes{enforce: restricted}, "--as", s.grant(t, "through-developer", "", creates))
	if exit != 0 || got.DryRuns.Asked != 2 || got.DryRuns.Shown != 2 || got.DryRuns.AsOneself != 2 || got.DryRuns.Why == "" {
		t.Errorf("exit code %d, %+v", exit, got.DryRuns)
	}
	if names := slices.Sorted(maps.Keys(s.pods(t, ns))); len(names) > 0 {
		t.Errorf("dry runs left %q", names)
	}
}
