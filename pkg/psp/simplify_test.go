package psp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

func TestSimplify(t *testing.T) {
	p := byName(t, "everything")
	p.TypeMeta = metav1.TypeMeta{APIVersion: "extensions/v1beta1", Kind: "PodSecurityPolicy"}
	p.UID, p.ResourceVersion, p.Labels = "u", "7", map[string]string{"app.kubernetes.io/managed-by": "Helm"}
	p.OwnerReferences = []metav1.OwnerReference{{Name: "o"}}
	p.Annotations["meta.helm.sh/release-name"] = "r"
	before, _ := p.Simplify()
	simple, removed := p.Simplify()

	want := &Policy{
		TypeMeta: metav1.TypeMeta{APIVersion: "policy/v1beta1", Kind: "PodSecurityPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "0p", Annotations: map[string]string{
			CopyOf: "p", SeccompAllowedAnnotation: "localhost/app", AppArmorAllowedAnnotation: "localhost/app,runtime/default",
		}},
		Spec: Spec{
			RequiredDropCapabilities: []corev1.Capability{"ALL", "KILL"},
			AllowedCapabilities:      []corev1.Capability{"NET_RAW", "NET_ADMIN", "CHOWN"},
			Volumes:                  []string{"hostPath", "flexVolume", "csi"},
			HostPorts:                []PortRange{{80, 80}, {8000, 9000}},
			SELinux:                  SELinux{Rule: RunAsAny},
			RunAsUser:                IDs{MustRunAs, []IDRange{{5, 5}, {7, 9}}},
			SupplementalGroups:       IDs{Rule: RunAsAny},
			FSGroup:                  IDs{Rule: RunAsAny},
			AllowPrivilegeEscalation: to(false),
			AllowedUnsafeSysctls:     []string{"kernel.msg*"},
		},
	}
	if diff := cmp.Diff(want, simple); diff != "" {
		t.Errorf("copy (-want +got):\n%s", diff)
	}
	wantRemoved := []string{
		"spec.defaultAllowPrivilegeEscalation: false",
		"spec.defaultAddCapabilities: [CHOWN] (now in spec.allowedCapabilities)",
		"metadata.annotations[seccomp.security.alpha.kubernetes.io/defaultProfileName]: localhost/app",
		"metadata.annotations[apparmor.security.beta.kubernetes.io/defaultProfileName]: runtime/default",
		"spec.readOnlyRootFilesystem: true",
		"spec.allowedHostPaths: [/var/log (read-only), /data]",
		"spec.allowedFlexVolumes: [lvm]",
		"spec.allowedCSIDrivers: [csi.x]",
		"spec.forbiddenSysctls: [kernel.shm_rmid_forced]",
		"spec.runtimeClass.defaultRuntimeClassName: kata",
		"spec.runtimeClass.allowedRuntimeClassNames: [kata]",
		"spec.runAsGroup: MustRunAs [1]",
		"spec.supplementalGroups: MustRunAs [3]",
		"spec.fsGroup: MustRunAs [2]",
	}
	if diff := cmp.Diff(wantRemoved, removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if again, _ := p.Simplify(); !cmp.Equal(before, again) {
		t.Errorf("the original has changed:\n%s", cmp.Diff(before, again))
	}
}

// Every copy is valid, loses nothing that a level can say, writes and demands nothing that none can, but for what is left
// on purpose, and is its own copy.
func TestSimplifyKeepsLevels(t *testing.T) {
	left := func(field string) bool {
		switch field {
		case "spec.requiredDropCapabilities", "spec.seLinux", "spec.runAsUser", "spec.allowPrivilegeEscalation":
			return true
		default:
			return false
		}
	}
	for _, c := range policyChanges() {
		t.Run(c.name, func(t *testing.T) {
			p := restrictedPolicy()
			c.change(p)
			simple, removed := p.Simplify()
			if before, after := p.Validate(), simple.Validate(); len(before) == 0 && len(after) > 0 {
				t.Errorf("the copy is not valid: %v", after)
			}
			was, is := p.Assess(), simple.Assess()
			if was.Table != is.Table || was.Level != is.Level {
				t.Errorf("the copy is %s, aside %s, the original %s, aside %s", is.Table, is.Level, was.Table, was.Level)
			}
			for _, w := range is.Writes {
				if !left(w.Field) {
					t.Errorf("the copy writes by %s", w.Field)
				}
			}
			again, more := simple.Simplify()
			if diff := cmp.Diff(simple, again, cmpopts.EquateEmpty()); diff != "" || len(more) > 0 {
				t.Errorf("a copy of the copy loses %v:\n%s", more, diff)
			}
			if diff := cmp.Diff(p.Spec, simple.Spec); len(removed) == 0 && diff != "" {
				t.Errorf("nothing is said to be removed, but:\n%s", diff)
			}
		})
	}
}

// Pods with hardened templates go by the copy, since it comes first and need not write, whatever the original wrote.
func TestCopyIsChosen(t *testing.T) {
	p := byName(t, "read-only root")
	p.Spec.FSGroup = IDs{MustRunAs, []IDRange{{1, 65535}}}
	copied, _ := p.Simplify()
	all := []*Policy{p, copied}
	pod := restrictedPod()
	pod.Annotations = map[string]string{
		corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "app": "runtime/default",
		corev1.SeccompPodAnnotationKey:                                    "runtime/default",
	}
	pod.Spec.SecurityContext.SeccompProfile = profileOf("runtime/default")
	pod.Spec.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Level: "s0:c1,c2"}
	choice := Choose(all, func(string) bool { return true }, pod)
	if choice.Policy != copied || choice.Mutated {
		t.Errorf("choice is %+v, mutated %v", choice.Policy, choice.Mutated)
	}
}

func TestCopyName(t *testing.T) {
	for _, name := range []string{"p", "a.b-c", "0-x", "00", strings.Repeat("a", 253), strings.Repeat("a", 251) + "-b"} {
		copied := restrictedPolicy()
		copied.Name = CopyName(name)
		if errs := copied.Validate(); len(errs) > 0 {
			t.Errorf("%q: %v", copied.Name, errs)
		}
		if copied.Name >= name {
			t.Errorf("%q does not sort before %q", copied.Name, name)
		}
	}
	if got := CopyName("web"); got != "0web" {
		t.Errorf("the copy of web is called %s", got)
	}
}

func TestBlindIsTrue(t *testing.T) {
	pod := restrictedPod()
	pod.Spec.SecurityContext.SeccompProfile = profileOf("runtime/default")
	pod.Spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Host: "h"}}}
	for minor, want := range map[int]api.Level{33: api.LevelRestricted, 34: api.LevelPrivileged} {
		if got := judgeAt(t, minor).level(pod); got != want {
			t.Errorf("v1.%d calls a probe's host %s, not %s", minor, got, want)
		}
	}
	if len(Blind()) != 2 {
		t.Errorf("Blind says %v", Blind())
	}
}
