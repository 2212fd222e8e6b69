//go:build e2e

package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// TestOldCases are the older halves of the cases: what the oldest server does that newer ones do not.
func TestOldCases(t *testing.T) {
	t.Parallel()
	for _, c := range oldCases() {
		t.Run("Case"+c.number, func(t *testing.T) {
			t.Parallel()
			c.run(t, "case-"+strings.ToLower(c.number))
		})
	}
}

func oldPodCase(number string, pod *corev1.Pod, want ...judged) numbered {
	return numbered{number, func(t *testing.T, name string) { old(t).holdPod(t, name, pod, want) }}
}

func oldTemplateCase(number string, pod *corev1.Pod, want ...templated) numbered {
	return numbered{number, func(t *testing.T, name string) { old(t).holdTemplate(t, name, pod, want) }}
}

func oldCases() []numbered {
	const (
		hostPorts   = `host namespaces (hostNetwork=true), hostPort (container "c" uses hostPort 8080)`
		appArmorOld = `forbidden AppArmor profile (container.apparmor.security.beta.kubernetes.io/c="unconfined")`
		seccompOld  = `seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")`
		windowsOld  = noEscalation + ", " + noDrop + ", " + noSeccomp
	)
	return []numbered{
		{"13", oldCase13},
		{"15", oldCase15},
		oldTemplateCase("18", plainPod("", "w", hostNetwork), templated{baseline, hostPorts, hostPorts}),
		oldPodCase("21", plainPod("", "p", annotate(appArmor+"c", "unconfined")), judged{baseline, appArmorOld}),
		oldTemplateCase("21t", plainPod("", "w", annotate(appArmor+"c", "unconfined")), templated{baseline, appArmorOld, appArmorOld}),
		{"26", oldCase26},
		oldPodCase("27", plainPod("", "p", windows, nonRoot), judged{restricted, windowsOld}, judged{"restricted:v1.37", windowsOld}),
		{"38", oldCase38},
		oldPodCase("56", plainPod("", "p", podUnconfined),
			judged{"baseline:v1.10", seccompOld},
			judged{baseline, `seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`}),
		// Of a template nothing is synthesized, of the pod that is made of it something is.
		oldTemplateCase("56t", plainPod("", "w", podUnconfined), templated{"baseline:v1.10", "", seccompOld}),
		oldPodCase("SELinux", plainPod("", "p", seLinuxUser), judged{baseline, `seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: )`}),
		oldTemplateCase("SELinuxT", plainPod("", "w", seLinuxUser), templated{
			baseline, `seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: )`, `seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: )`,
		}),
		{"Labels", oldLabels},
	}
}

func seLinuxUser(p *corev1.Pod) {
	security(p).SELinuxOptions = &corev1.SELinuxOptions{User: "system_u"}
}

// oldCase13: nobody is told that a namespace is exempt, and so it is.
func oldCase13(t *testing.T, _ string) {
	s := old(t)
	ns, err := s.newNamespace(t.Context(), "exempt-a", nil)
	if err != nil {
		t.Fatal(err)
	}
	pod := create(t, s, plainPod(ns, "p", hostPID))
	expectWarnings(t, s.compareChange(t, ns, modes{enforce: "restricted"}), nil)
	if got := s.annotations(t, s.dryLabel(t.Context(), ns, modes{enforce: "restricted"}.patch()))["exempt"]; got != "namespace" {
		t.Errorf("the audit log says exempt=%q", got)
	}
	item := s.checkNamespace(t, ns, all(restricted))
	s.relabel(t, ns, all(restricted))
	again := copyTo(pod, ns)
	again.SetName("again")
	real := s.verdict(t, s.dryCreate(t.Context(), "", again))
	expect(t, "a pod", denied(restricted, ""), real)
	same(t, "a pod", ofPod(evidenceOf(t, workloadOf(t, item, "Pod", "p"), report.EvidencePod, report.RevisionCurrent).Outcome.Pod), real)
}

// oldCase15: enforce implies no warning, so that a workload object is told nothing at all.
func oldCase15(t *testing.T, name string) {
	s := old(t)
	o := create(t, s, deployment(plainPod(s.namespace(t, name, nil), "w", hostPID), 0))
	object, pod := s.compareWorkload(t, "Deployment", o, modes{enforce: baseline})
	expect(t, "the object", verdict{Allowed: true}, object)
	expect(t, "the pod", verdict{Message: `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`}, pod)
}

// oldCase26: procMount is reset before anybody looks at it.
func oldCase26(t *testing.T, name string) {
	unmasked := plainPod("", "p", func(p *corev1.Pod) { containerSecurity(p).ProcMount = new(corev1.UnmaskedProcMount) })
	stored := old(t).holdPod(t, name, unmasked, []judged{{baseline, ""}})
	if got := *stored.Spec.Containers[0].SecurityContext.ProcMount; got != corev1.DefaultProcMount {
		t.Errorf("procMount is stored as %s", got)
	}
	expect(t, "as written", denied(baseline, ""), old(t).compareWritten(t, unmasked, all(baseline)))
}

// oldCase38: what the server does not know of a volume leaves an emptyDir.
func oldCase38(t *testing.T, name string) {
	image := strictPod("", "p", volume(corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "example.com/a:1"}}))
	stored := old(t).holdPod(t, name, image, []judged{{restricted, ""}})
	if v := stored.Spec.Volumes[0]; v.Name != "v" || v.EmptyDir == nil {
		t.Errorf("the volume is stored as %+v", v)
	}
	expect(t, "as written", denied(restricted, ""), old(t).compareWritten(t, image, all(restricted)))
}

// oldLabels: the rules for labels are today's, and so is what the server says of itself.
func oldLabels(t *testing.T, name string) {
	s := old(t)
	ns := s.namespace(t, name, nil)
	create(t, s, plainPod(ns, "a", hostPID))
	create(t, s, plainPod(ns, "b", hostPID))
	create(t, s, strictPod(ns, "c", probeHost))
	const lines = "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile"
	for lv, want := range map[string][]string{
		baseline:           {"a (and 1 other pod): host namespaces"},
		"baseline:v1.99":   {"a (and 1 other pod): host namespaces"},
		"restricted:v1.24": {"a (and 1 other pod): host namespaces, " + lines},
		"restricted:v1.7":  {"a (and 1 other pod): host namespaces, runAsNonRoot != true"},
	} {
		expectWarnings(t, s.compareChange(t, ns, modes{enforce: lv}), existing(ns, lv, want...))
	}
	expectWarnings(t, s.compareChange(t, ns, modes{warn: restricted, audit: baseline}), nil)
	r := s.check(t, "ns", ns)
	if !r.Server.Exact || r.Server.PolicyVersion != "v1.24" || r.Server.Version != oldRelease || len(r.Server.Inexact) > 0 {
		t.Errorf("the server is shown as %+v", r.Server)
	}
}
