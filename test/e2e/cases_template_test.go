//go:build e2e

package e2e

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// templated is what a case says of a template and of the pod made of it, as warned and as denied.
type templated struct{ lv, template, pod string }

// templateCase holds one stored Deployment without replicas against the server, warned and enforced.
func templateCase(number string, pod *corev1.Pod, want ...templated) numbered {
	return numbered{number, func(t *testing.T, name string) { plain(t).holdTemplate(t, name, pod, want) }}
}

// holdTemplate stores a Deployment without replicas and holds what is said of it against the server.
func (s *server) holdTemplate(t *testing.T, name string, pod *corev1.Pod, want []templated) {
	t.Helper()
	pod.Namespace = s.namespace(t, name, nil)
	stored := create(t, s, deployment(pod, 0))
	for _, w := range want {
		for _, m := range []modes{all(w.lv), told(w.lv)} {
			object, made := s.compareWorkload(t, "Deployment", stored, m)
			expect(t, "the object", warned(w.lv, w.template), object)
			if m.enforce == "-" {
				expect(t, "the pod", warned(w.lv, w.pod), made)
			} else {
				expect(t, "the pod", denied(w.lv, w.pod), made)
			}
		}
	}
}

func templateCases() []numbered {
	return []numbered{
		{"15", case15},
		{"16", case16},
		templateCase("18", plainPod("", "w", hostNetwork), templated{
			baseline, `host namespaces (hostNetwork=true)`,
			`host namespaces (hostNetwork=true), hostPort (container "c" uses hostPort 8080)`,
		}),
		templateCase("20t", strictPod("", "w", volume(corev1.VolumeSource{})), templated{restricted, "", ""}),
		templateCase("21t", plainPod("", "w", annotate(appArmor+"c", "unconfined")), templated{
			baseline,
			`forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined"")`,
			`forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/c="unconfined"")`,
		}),
		{"22", case22},
		{"48", case48},
		{"49", case49},
		{"50", case50},
		{"51", case51},
		{"57", case57},
	}
}

// case15: enforce alone implies a warning of the same level, which is all that a workload object is told.
func case15(t *testing.T, name string) {
	s := plain(t)
	o := create(t, s, deployment(plainPod(s.namespace(t, name, nil), "w", hostPID), 0))
	object, pod := s.compareWorkload(t, "Deployment", o, modes{enforce: baseline})
	want := warned(baseline, "host namespaces (hostPID=true)")
	want.Audit = "" // audit is not implied
	expect(t, "the object", want, object)
	expect(t, "the pod", verdict{Message: `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`}, pod)
}

// case16: the object is taken without a word, and then its controller fails to create pods.
func case16(t *testing.T, name string) {
	s := plain(t)
	m := modes{enforce: restricted, warn: "privileged:latest"}
	o := create(t, s, deployment(strictPod(s.namespace(t, name, nil), "w", drop("all")), 0))
	object, pod := s.compareWorkload(t, "Deployment", o, m)
	expect(t, "the object", verdict{Allowed: true}, object)

	refused := deployment(strictPod(s.namespace(t, name+"-live", m.labels()), "w", drop("all")), 1)
	refused.Annotations = map[string]string{"demo.example.com/never-ready": "refused"} // or load.sh waits for it
	live := create(t, s, refused)
	eventually(t, "the ReplicaSet to fail", func() (bool, error) {
		now, err := s.client.AppsV1().Deployments(live.Namespace).Get(t.Context(), live.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, c := range now.Status.Conditions {
			if c.Type == appsv1.DeploymentReplicaFailure && c.Reason == "FailedCreate" {
				return strings.HasSuffix(c.Message, " is forbidden: "+pod.Message), nil
			}
		}
		return false, nil
	})
}

// case22: annotations of the object are not those of its pods.
func case22(t *testing.T, name string) {
	s := plain(t)
	d := deployment(plainPod(s.namespace(t, name, nil), "w"), 0)
	d.Annotations = map[string]string{appArmor + "c": "unconfined"}
	object, pod := s.compareWorkload(t, "Deployment", create(t, s, d), all(baseline))
	expect(t, "the object", warned(baseline, ""), object)
	expect(t, "the pod", denied(baseline, ""), pod)
}

// case48: a claim takes the place of the template's volume of the same name, so that the pods are better than the
// template; one of them is really made where restricted is enforced.
func case48(t *testing.T, name string) {
	s := plain(t)
	bad := func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: "/srv"},
		}}}
	}
	o := create(t, s, statefulSet(strictPod(s.namespace(t, name, nil), "w", bad), 0, "data"))
	object, pod := s.compareWorkload(t, "StatefulSet", o, all(restricted))
	expect(t, "the object", warned(restricted, `restricted volume types (volume "data" uses restricted volume type "hostPath")`), object)
	expect(t, "the pod", denied(restricted, ""), pod)

	live := s.namespace(t, name+"-live", all(restricted).labels())
	create(t, s, statefulSet(strictPod(live, "w", bad), 1, "data"))
	s.eventuallyPods(t, live, 1)
}

// case49: what has no pods goes unnoticed when labels change, and fails when it gets some.
func case49(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	stored := map[string]object{
		"idle":      create(t, s, deployment(plainPod(ns, "idle", hostPID), 0)),
		"suspended": create(t, s, cronJob(plainPod(ns, "suspended", hostPID), true)),
		"yearly":    create(t, s, cronJob(plainPod(ns, "yearly", hostPID), false)),
	}
	if warnings := s.compareChange(t, ns, all(baseline)).Warnings; warnings != nil {
		t.Errorf("there are no pods, but %q", warnings)
	}
	for what, o := range stored {
		kind := map[bool]string{true: "Deployment", false: "CronJob"}[what == "idle"]
		_, pod := s.compareWorkload(t, kind, o, all(baseline))
		expect(t, what, denied(baseline, "host namespaces (hostPID=true)"), pod)
		if w := workloadOf(t, s.checkNamespace(t, ns, all(baseline)), kind, what); !w.Blocks {
			t.Errorf("%s does not block: %+v", what, w)
		}
	}
}

// case50: pods of a Job that has completed are listed when labels change, but none will be made again.
func case50(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	create(t, s, job(plainPod(ns, "w", hostPID)))
	eventually(t, "the Job to complete", func() (bool, error) {
		now, err := s.client.BatchV1().Jobs(ns).Get(t.Context(), "w", metav1.GetOptions{})
		return err == nil && now.Status.CompletionTime != nil, err
	})
	if n := len(s.compareChange(t, ns, all(baseline)).Warnings); n != 2 {
		t.Errorf("%d warnings about a completed pod", n)
	}
	w := workloadOf(t, s.checkNamespace(t, ns, all(baseline)), "Job", "w")
	if w.State != report.StateFinished || w.Next.Event != report.EventNever || w.Blocks {
		t.Errorf("a Job that is over: %+v", w)
	}
}

// case51: an old revision that violates has no pods and goes unnoticed, until somebody rolls back to it.
func case51(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	create(t, s, deployment(plainPod(ns, "w", hostPID), 1))
	s.eventuallyPods(t, ns, 1)
	deployments := s.client.AppsV1().Deployments(ns)
	eventually(t, "the update", func() (bool, error) { // its controller writes too
		d, err := deployments.Get(t.Context(), "w", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		d.Spec.Template = template(strictPod(ns, "w"))
		_, err = deployments.Update(t.Context(), d, metav1.UpdateOptions{})
		return true, err
	})
	eventually(t, "the new revision", func() (bool, error) {
		for _, pod := range s.pods(t, ns) {
			if pod.Spec.HostPID {
				return false, nil
			}
		}
		return len(s.pods(t, ns)) == 1, nil
	})
	if warnings := s.compareChange(t, ns, all(baseline)).Warnings; warnings != nil {
		t.Errorf("no pod is of the old revision, but %q", warnings)
	}
	w := workloadOf(t, s.checkNamespace(t, ns, all(baseline)), "Deployment", "w")
	if w.Blocks || len(w.Evidence) != 2 || len(w.Drift) > 0 {
		t.Errorf("a revision without pods counts: %+v", w)
	}
	rollback := s.verdict(t, s.dryCreate(t.Context(), "", s.inScratch(t, plainPod(ns, "w", hostPID), all(baseline))))
	expect(t, "a pod after a rollback", denied(baseline, "host namespaces (hostPID=true)"), rollback)
}
