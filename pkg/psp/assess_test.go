package psp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// byName is a change of the matrix.
func byName(t *testing.T, name string) *Policy {
	t.Helper()
	changes := policyChanges()
	at := slices.IndexFunc(changes, func(c policyChange) bool { return c.name == name })
	if at < 0 {
		t.Fatalf("no change is called %q", name)
	}
	p := restrictedPolicy()
	changes[at].change(p)
	return p
}

func TestAssessLevels(t *testing.T) {
	tests := []struct {
		change, levels string
		// reasons are against what, field, value and text.
		reasons []string
	}{
		{"nothing", "restricted restricted", nil},
		{"privileged", "privileged privileged", []string{"baseline spec.privileged: true: containers may be privileged, which is root on the node"}},
		{"hostNetwork", "privileged privileged", []string{"baseline spec.hostNetwork: true: pods may use the node's network"}},
		{"hostPID", "privileged privileged", []string{"baseline spec.hostPID: true: pods may see the node's processes"}},
		{"hostIPC", "privileged privileged", []string{"baseline spec.hostIPC: true: pods may use the node's shared memory"}},
		{"port 8080", "privileged privileged", []string{"baseline spec.hostPorts: [8080]: containers may listen on ports of the node"}},
		{"any port", "privileged privileged", []string{"baseline spec.hostPorts: [0-65535]: containers may listen on ports of the node"}},
		{"escalation absent", "baseline baseline", []string{
			"restricted spec.allowPrivilegeEscalation: unset: containers may gain privileges that their parent process has not",
		}},
		{"escalation allowed", "baseline baseline", []string{
			"restricted spec.allowPrivilegeEscalation: true: containers may gain privileges that their parent process has not",
		}},
		{"allowed NET_BIND_SERVICE", "restricted restricted", nil},
		{"allowed CHOWN", "baseline baseline", []string{"restricted spec.allowedCapabilities: [CHOWN]: containers may add CHOWN"}},
		{"allowed NET_RAW", "privileged privileged", []string{"baseline spec.allowedCapabilities: [CHOWN, NET_RAW]: containers may add NET_RAW"}},
		{"allowed *", "privileged privileged", []string{
			"restricted spec.requiredDropCapabilities: unset: containers need not drop ALL capabilities",
			"baseline spec.allowedCapabilities: [*]: containers may add any capability",
		}},
		{"added CHOWN", "baseline baseline", []string{"restricted spec.defaultAddCapabilities: [CHOWN]: containers are given CHOWN"}},
		{"added SYS_ADMIN", "privileged privileged", []string{"baseline spec.defaultAddCapabilities: [SYS_ADMIN]: containers are given SYS_ADMIN"}},
		{"dropped all in lower case", "baseline baseline", []string{
			"restricted spec.requiredDropCapabilities: [all]: containers need not drop ALL capabilities",
		}},
		{"volumes *", "privileged privileged", []string{"baseline spec.volumes: [*]: pods may use any type of volume, hostPath among them"}},
		{"no volumes", "restricted restricted", nil},
		{"nfs", "baseline baseline", []string{
			"restricted spec.volumes: [configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret, nfs]: " +
				"pods may use volumes of type nfs",
		}},
		{"hostPath", "privileged privileged", []string{
			"baseline spec.volumes: [configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret, hostPath]: " +
				"pods may mount files of the node (hostPath)",
		}},
		{"sysctl kernel.msg*", "privileged privileged", []string{
			"baseline spec.allowedUnsafeSysctls: [kernel.msg*]: pods may set kernel parameters beyond the safe ones",
		}},
		{"sysctls forbidden", "restricted restricted", nil},
		{"default /proc", "restricted restricted", nil},
		{"unmasked /proc", "privileged privileged", []string{
			"baseline spec.allowedProcMountTypes: [Default, Unmasked]: containers may see /proc unmasked",
		}},
		{"any user", "baseline baseline", []string{"restricted spec.runAsUser: RunAsAny: containers may run as root"}},
		{"users not root", "baseline baseline", []string{
			"restricted spec.runAsUser: MustRunAs [1-65535]: a user ID is asked for, but not runAsNonRoot, which restricted demands",
		}},
		{"users with root", "baseline baseline", []string{"restricted spec.runAsUser: MustRunAs [0-65535]: containers may run as root"}},
		{"groups", "restricted restricted", nil},
		{"any SELinux label", "privileged restricted", []string{"baseline (aside) spec.seLinux: RunAsAny: pods may have any SELinux label"}},
		{"SELinux user and type", "privileged privileged", []string{
			"baseline spec.seLinux: MustRunAs {user: u, type: spc_t}: pods are given the SELinux user u, type spc_t",
		}},
		{"seccomp absent", "baseline baseline", []string{
			"restricted " + seccompAllowedField + ": unset: no seccomp profile may be set, and restricted demands one",
		}},
		{"seccomp empty", "baseline baseline", []string{
			"restricted " + seccompAllowedField + `: "": no seccomp profile may be set, and restricted demands one`,
		}},
		{"seccomp *", "privileged privileged", []string{
			"baseline " + seccompAllowedField + ": *: any seccomp profile may be set, unconfined among them",
		}},
		{"seccomp unconfined", "privileged privileged", []string{
			"baseline " + seccompAllowedField + ": runtime/default,unconfined: the seccomp profile may be unconfined",
		}},
		{"seccomp docker", "restricted restricted", nil},
		{"seccomp localhost", "restricted restricted", nil},
		{"AppArmor absent", "privileged restricted", []string{
			"baseline (aside) " + appArmorAllowedField + ": unset: any AppArmor profile may be set, unconfined among them",
		}},
		{"AppArmor comma", "baseline restricted", []string{
			"restricted (aside) " + appArmorAllowedField + ": runtime/default,: an empty entry lets the profile be left out, says the official table",
		}},
		{"AppArmor localhost", "restricted restricted", nil},
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			a := byName(t, tt.change).Assess()
			if got := string(a.Table) + " " + string(a.Level); got != tt.levels {
				t.Errorf("levels are %s, want %s", got, tt.levels)
			}
			var got []string
			for _, r := range a.Reasons {
				against := r.Against
				if r.Aside {
					against += " (aside)"
				}
				got = append(got, fmt.Sprintf("%s %s: %s: %s", against, r.Field, r.Value, r.Text))
			}
			if diff := cmp.Diff(tt.reasons, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// The official example of a restricted policy is the witness that the letter of the table helps nobody.
func TestAssessOfficialRestricted(t *testing.T) {
	p := &Policy{Spec: Spec{
		AllowPrivilegeEscalation: to(false),
		RequiredDropCapabilities: []corev1.Capability{"ALL"},
		Volumes:                  []string{"configMap", "emptyDir", "projected", "secret", "downwardAPI", "csi", "persistentVolumeClaim", "ephemeral"},
		RunAsUser:                IDs{Rule: MustRunAsNonRoot},
		SELinux:                  SELinux{Rule: RunAsAny},
		SupplementalGroups:       IDs{MustRunAs, []IDRange{{1, 65535}}},
		FSGroup:                  IDs{MustRunAs, []IDRange{{1, 65535}}},
	}}
	p.Annotations = map[string]string{
		SeccompAllowedAnnotation: "docker/default,runtime/default", SeccompDefaultAnnotation: "runtime/default",
		AppArmorAllowedAnnotation: "runtime/default", AppArmorDefaultAnnotation: "runtime/default",
	}
	a := p.Assess()
	if got := string(a.Table) + " " + string(a.Level); got != "privileged restricted" {
		t.Errorf("levels are %s", got)
	}
	if !strings.HasSuffix(a.Exception, "What it lets through amounts to baseline.") {
		t.Errorf("exception is %q", a.Exception)
	}
}

func TestAssessExceptions(t *testing.T) {
	const nonRoot = "MustRunAsNonRoot admits pods that set a runAsUser but not runAsNonRoot: true, and containers that override " +
		"runAsNonRoot: false or runAsUser: 0 of their pod, all of which restricted refuses."
	const baseline = " What it lets through amounts to baseline."
	tests := []struct{ change, want string }{
		{"nothing", nonRoot + baseline},
		{"hostPID", ""},
		{"any user", ""},
		{"privileged", "Servers refuse privileged containers with allowPrivilegeEscalation: false, which the policy demands. " + nonRoot + baseline},
		{"allowed CAP_SYS_ADMIN", "Servers refuse CAP_SYS_ADMIN with allowPrivilegeEscalation: false, which the policy demands. " + nonRoot + baseline},
		{"port 0", "No port is in some of spec.hostPorts. " + nonRoot + baseline},
		{"no port", "No port is in some of spec.hostPorts. " + nonRoot + baseline},
		{"any port", ""},
		{"sysctl that is safe", "Kernel parameters that are safe are among spec.allowedUnsafeSysctls. " + nonRoot + baseline},
		{"sysctls safe later", "From v1.32 on every level allows net.ipv4.tcp_rmem, net.ipv4.tcp_keepalive_time, and the policy amounts to baseline there."},
		{"sysctl kernel.msg*", ""},
		{"unmasked /proc", "Servers whose alpha gate ProcMountType is off drop spec.allowedProcMountTypes, and the policy amounts to baseline there."},
		{"SELinux of an engine", "From v1.31 on every level allows the SELinux type container_engine_t, and the policy amounts to baseline there."},
		{"AppArmor unconfined", "The policy gives containers the AppArmor profile unconfined. What it lets through amounts to privileged."},
		{"AppArmor unconfined by default", "The policy gives containers the AppArmor profile unconfined. What it lets through amounts to privileged."},
		{"AppArmor may be unconfined", nonRoot + baseline},
		{"users without ranges", "The plug-in leaves the policy out (spec.runAsUser.ranges: Required value: MustRunAs needs at least one range): " +
			"it admits no pod at all."},
		{"seccomp default without a list", "The policy writes a seccomp profile and allows none: it admits no pod at all."},
		{"AppArmor empty", "The policy demands an AppArmor profile and allows none: it admits no pod at all."},
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, byName(t, tt.change).Assess().Exception); diff != "" {
				t.Errorf("exception (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssessWrites(t *testing.T) {
	const c = "spec.containers[*].securityContext."
	tests := []struct {
		change string
		want   []string
	}{
		{"nothing", []string{
			"spec.requiredDropCapabilities: " + c + "capabilities.drop: [ALL] where the container does not drop it already",
			"spec.seLinux: spec.securityContext.seLinuxOptions: {level: s0:c1,c2} where it is not set",
			"spec.runAsUser: " + c + "runAsNonRoot: true where neither runAsUser nor runAsNonRoot is set",
			"spec.allowPrivilegeEscalation: " + c + "allowPrivilegeEscalation: false where it is not set",
		}},
		{"everything", []string{
			"spec.defaultAddCapabilities: " + c + "capabilities.add: [CHOWN] where the container does not drop it",
			"spec.requiredDropCapabilities: " + c + "capabilities.drop: [ALL, KILL] where the container does not drop it already",
			"spec.runAsUser: " + c + "runAsUser: 5 where neither pod nor container sets it",
			"spec.runAsGroup: " + c + "runAsGroup: 1 where neither pod nor container sets it",
			"spec.supplementalGroups: spec.securityContext.supplementalGroups: [3] where it is not set",
			"spec.fsGroup: spec.securityContext.fsGroup: 2 where it is not set",
			"spec.readOnlyRootFilesystem: " + c + "readOnlyRootFilesystem: true where it is not set",
			"spec.defaultAllowPrivilegeEscalation: " + c + "allowPrivilegeEscalation: false where it is not set",
			"spec.runtimeClass.defaultRuntimeClassName: spec.runtimeClassName: kata where it is not set",
			seccompDefaultField + ": metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: localhost/app where the pod names no profile",
			seccompDefaultField + ": spec.securityContext.seccompProfile: Localhost app where the pod names no profile",
			appArmorDefaultField + ": metadata.annotations[container.apparmor.security.beta.kubernetes.io/*]: runtime/default where the container has none",
		}},
		{"nothing at all", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			got := []string{}
			for _, w := range byName(t, tt.change).Assess().Writes {
				got = append(got, fmt.Sprintf("%s: %s: %s %s", w.Field, w.Path, w.Value, w.When))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssessBeyond(t *testing.T) {
	tests := []struct {
		change string
		want   []string
	}{
		{"nothing", []string{
			"spec.seLinux: MustRunAs {level: s0:c1,c2}: this very SELinux label: a level only knows types, users and roles that are wrong",
			appArmorAllowedField + ": runtime/default: an AppArmor profile on every container: no level asks for one",
		}},
		{"everything", []string{
			"spec.allowedCapabilities: [NET_RAW, NET_ADMIN]: of the capabilities that baseline forbids only these; privileged allows all",
			"spec.requiredDropCapabilities: [ALL, KILL]: dropping KILL by name: a level knows ALL or nothing",
			"spec.readOnlyRootFilesystem: true: root filesystems that cannot be written: no level asks for them",
			"spec.hostPorts: [80, 8000-9000]: these ports of the node only: a level allows all or none",
			"spec.allowedHostPaths: [/var/log (read-only), /data]: these paths of the node only: a level allows all or none",
			"spec.allowedFlexVolumes: [lvm]: these drivers only: a level allows all or none",
			"spec.allowedCSIDrivers: [csi.x]: these drivers of inline volumes only: every level allows all",
			"spec.allowedUnsafeSysctls: [kernel.msg*]: these kernel parameters only: a level allows all or the safe ones",
			"spec.forbiddenSysctls: [kernel.shm_rmid_forced]: kernel parameters that are refused although they may be safe ones",
			"spec.runtimeClass.allowedRuntimeClassNames: [kata]: these runtime classes only: no level looks at them",
			"spec.runAsUser: MustRunAs [5, 7-9]: user IDs within ranges: a level knows root and others",
			"spec.runAsGroup: MustRunAs [1]: group IDs within ranges: no level looks at them",
			"spec.supplementalGroups: MustRunAs [3]: group IDs within ranges: no level looks at them",
			"spec.fsGroup: MustRunAs [2]: group IDs within ranges: no level looks at them",
			seccompAllowedField + ": localhost/app: these seccomp profiles of the node only: every level allows all",
			appArmorAllowedField + ": localhost/app,runtime/default: " +
				"one of these AppArmor profiles on every container: a level asks for none and allows all of the node",
		}},
		{"nothing at all", []string{
			"spec.volumes: unset: no volumes at all, not even the one of a service account's token",
			seccompAllowedField + ": unset: no seccomp profile, not even RuntimeDefault: every level allows that one",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			var got []string
			for _, b := range byName(t, tt.change).Assess().Beyond {
				got = append(got, fmt.Sprintf("%s: %s: %s", b.Field, b.Value, b.Text))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("beyond (-want +got):\n%s", diff)
			}
		})
	}
}

// The capabilities and volumes are the official table's. Upstream's checks must not know others.
func TestListsAreUpstreams(t *testing.T) {
	j := judgeAt(t, 37)
	for _, name := range append(baselineCapabilities(), "NET_RAW", "SYS_ADMIN", "AUDIT_CONTROL", "all") {
		pod := restrictedPod()
		pod.Spec.SecurityContext.SeccompProfile = profileOf("runtime/default")
		pod.Spec.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{name}
		want := "baseline"
		if name == netBindService {
			want = "restricted"
		} else if !slices.Contains(baselineCapabilities(), name) {
			want = "privileged"
		}
		if got := string(j.level(pod)); got != want {
			t.Errorf("upstream calls a pod with %s %s, not %s", name, got, want)
		}
	}
}
