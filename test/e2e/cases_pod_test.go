//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// judged is what a case says of a pod under one level and version; an empty detail means that it is allowed.
type judged struct{ lv, detail string }

// podCase holds one stored bare pod against the server, under each level and version enforced, and then warned.
func podCase(number string, pod *corev1.Pod, want ...judged) numbered {
	return numbered{number, func(t *testing.T, name string) { plain(t).holdPod(t, name, pod, want) }}
}

// holdPod stores a pod and holds what is said of it against the server.
func (s *server) holdPod(t *testing.T, name string, pod *corev1.Pod, want []judged) *corev1.Pod {
	t.Helper()
	pod.Namespace = s.namespace(t, name, nil)
	stored := create(t, s, pod)
	for _, w := range want {
		expect(t, "enforced", denied(w.lv, w.detail), s.comparePod(t, pod.Namespace, stored, all(w.lv)))
		expect(t, "warned", warned(w.lv, w.detail), s.comparePod(t, pod.Namespace, stored, told(w.lv)))
	}
	return stored
}

const (
	baseline   = "baseline:latest"
	restricted = "restricted:latest"

	noEscalation = `allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)`
	noDrop       = `unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])`
	noNonRoot    = `runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)`
	noSeccomp    = `seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
)

func podCases() []numbered {
	return []numbered{
		{"17", case17},
		podCase("19", plainPod("", "p", hostNetwork),
			judged{baseline, `host namespaces (hostNetwork=true), hostPort (container "c" uses hostPort 8080)`}),
		podCase("20", strictPod("", "p", volume(corev1.VolumeSource{})), judged{restricted, ""}),
		podCase("21", plainPod("", "p", annotate(appArmor+"c", "unconfined")),
			judged{baseline, `forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/c="unconfined"")`}),
		podCase("23", strictPod("", "p", rootInUserNamespace),
			judged{restricted, ""},
			judged{"restricted:v1.34", `runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)`}),
		podCase("24", strictPod("", "p", unmaskedInUserNamespace),
			judged{baseline, ""},
			judged{restricted, `procMount (container "c" must not set securityContext.procMount to "Unmasked")`}),
		{"25", case25},
		podCase("27", plainPod("", "p", windows, nonRoot),
			judged{restricted, ""},
			judged{"restricted:v1.24", noEscalation + ", " + noDrop + ", " + noSeccomp}),
		podCase("28", plainPod("", "p", nodeSelector("windows"), nonRoot),
			judged{restricted, noEscalation + ", " + noDrop + ", " + noSeccomp}),
		podCase("29", plainPod("", "p", windows), judged{restricted, noNonRoot}),
		podCase("30", plainPod("", "p", windows, hostProcess),
			judged{baseline, `host namespaces (hostNetwork=true), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)`}),
		podCase("31", strictPod("", "p", drop("all")), judged{restricted, noDrop}),
		podCase("31b", strictPod("", "p", drop("CAP_ALL")), judged{restricted, noDrop}),
		podCase("32", strictPod("", "p", add("SYS_ADMIN")),
			judged{restricted, `unrestricted capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)`},
			judged{"restricted:v1.21", `non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)`}),
		podCase("33", strictPod("", "p", volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}})),
			judged{restricted, `restricted volume types (volume "v" uses restricted volume type "hostPath")`},
			judged{baseline, `hostPath volumes (volume "v")`}),
		podCase("34", strictPod("", "p", podRoot), judged{restricted, `runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)`}),
		podCase("35", strictPod("", "p", podUserZero), judged{restricted, `runAsUser=0 (pod must not set runAsUser=0)`}),
		podCase("36", plainPod("", "p", podUnconfined),
			judged{baseline, `seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`}),
		podCase("37", plainPod("", "p", probeHost),
			judged{baseline, `probe or lifecycle host (container "c" uses probe or lifecycle host "127.0.0.1")`},
			judged{"baseline:v1.33", ""}),
		podCase("38", strictPod("", "p", volume(corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "example.com/a:1"}})),
			judged{restricted, ""}),
		podCase("39", plainPod("", "p", sysctl("net.ipv4.tcp_rmem")),
			judged{baseline, ""}, judged{"baseline:v1.31", `forbidden sysctls (net.ipv4.tcp_rmem)`}),
		{"40", case40},
		{"46", case46},
		{"55", case55},
		{"58", case58},
	}
}

// case17: nobody is warned about a pod that is refused, but the audit annotation is written.
func case17(t *testing.T, name string) {
	s := plain(t)
	m := modes{enforce: baseline, audit: restricted, warn: restricted}
	pod := create(t, s, plainPod(s.namespace(t, name, nil), "p", hostPID))
	expect(t, "hostPID", verdict{
		Message: `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`,
		Audit: `would violate PodSecurity "restricted:latest": host namespaces (hostPID=true), ` +
			strings.Join([]string{noEscalation, noDrop, noNonRoot, noSeccomp}, ", "),
	}, s.comparePod(t, pod.Namespace, pod, m))
}

// case25: API validation comes first, so that such a pod never reaches Pod Security, nor a cluster.
func case25(t *testing.T, _ string) {
	s := plain(t)
	pod := strictPod("", "p", unmaskedInUserNamespace, func(p *corev1.Pod) { p.Spec.HostUsers = nil })
	a := s.dryCreate(t.Context(), "", s.inScratch(t, pod, all(baseline)))
	if a.code() != http.StatusUnprocessableEntity || strings.Contains(a.message(), "PodSecurity") {
		t.Errorf("got %d %s", a.code(), a.message())
	}
}

// case40: what a claim is bound to is nobody's business.
func case40(t *testing.T, name string) {
	s := plain(t)
	ns := s.namespace(t, name, nil)
	volumes, claims := s.client.CoreV1().PersistentVolumes(), s.client.CoreV1().PersistentVolumeClaims(ns)
	size := corev1.ResourceList{corev1.ResourceStorage: oneGi()}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	_, err := volumes.Create(t.Context(), &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: ns}, Spec: corev1.PersistentVolumeSpec{
		Capacity: size, AccessModes: modes, StorageClassName: ns,
		PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = claims.Create(t.Context(), &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: modes, StorageClassName: &ns, VolumeName: ns, Resources: corev1.VolumeResourceRequirements{Requests: size},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the claim to be bound", func() (bool, error) {
		claim, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
		return err == nil && claim.Status.Phase == corev1.ClaimBound, err
	})
	pod := create(t, s, strictPod(ns, "p", volume(corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"},
	})))
	expect(t, "claim", denied(restricted, ""), s.comparePod(t, ns, pod, all(restricted)))
}

// case46: a static pod's mirror is refused like any pod; the static pod keeps running without it.
func case46(t *testing.T, name string) {
	s := plain(t)
	node, err := s.client.CoreV1().Nodes().Get(t.Context(), "node-1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod := create(t, s, plainPod(s.namespace(t, name, nil), "static-node-1", hostPID, annotate(corev1.MirrorPodAnnotationKey, "x"),
		func(p *corev1.Pod) {
			p.Spec.NodeName = node.Name
			p.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID, Controller: new(true),
			}}
		}))
	expect(t, "mirror", denied(baseline, "host namespaces (hostPID=true)"), s.comparePod(t, pod.Namespace, pod, all(baseline)))
	item := s.checkNamespace(t, pod.Namespace, all(baseline))
	if w := workloadOf(t, item, "Pod", pod.Name); w.Owner == nil || w.Owner.Kind != "Node" || !w.Blocks {
		t.Errorf("a mirror pod that the kubelet makes again: %+v", w)
	}
}

// case55: the denial names the pod by the name that the server has generated.
func case55(t *testing.T, name string) {
	s := plain(t)
	pod := create(t, s, plainPod(s.namespace(t, name, nil), "", hostPID, func(p *corev1.Pod) { p.GenerateName = "gen-" }))
	predicted := denied(baseline, "host namespaces (hostPID=true)")
	expect(t, "stored", predicted, s.comparePod(t, pod.Namespace, pod, all(baseline)))
	again, ok := s.inScratch(t, pod, all(baseline)).(*corev1.Pod)
	if !ok {
		t.Fatal("a copy of a pod is none")
	}
	again.Name = ""
	a := s.dryCreate(t.Context(), "", again)
	expect(t, "generated", predicted, s.verdict(t, a))
	if text := a.message(); !strings.HasPrefix(text, `pods "gen-`) || strings.HasPrefix(text, `pods "gen-"`) {
		t.Errorf("no generated name in %s", text)
	}
}

// case58: the token volume that the server puts into nearly every pod is a projected one.
func case58(t *testing.T, name string) {
	s := plain(t)
	pod := create(t, s, strictPod(s.namespace(t, name, nil), "p"))
	if len(pod.Spec.Volumes) != 1 || pod.Spec.Volumes[0].Projected == nil {
		t.Fatalf("no token volume was put in: %+v", pod.Spec.Volumes)
	}
	expect(t, "token", denied(restricted, ""), s.comparePod(t, pod.Namespace, pod, all(restricted)))
}
