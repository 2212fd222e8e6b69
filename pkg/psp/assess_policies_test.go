package psp

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// restrictedPolicy is restricted by the official table to the letter.
func restrictedPolicy() *Policy {
	return &Policy{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Annotations: map[string]string{
			SeccompAllowedAnnotation: "runtime/default", AppArmorAllowedAnnotation: "runtime/default",
		}},
		Spec: Spec{
			AllowPrivilegeEscalation: to(false),
			RequiredDropCapabilities: []corev1.Capability{"ALL"},
			Volumes:                  restrictedVolumes(),
			SELinux:                  SELinux{Rule: MustRunAs, Options: &corev1.SELinuxOptions{Level: "s0:c1,c2"}},
			RunAsUser:                IDs{Rule: MustRunAsNonRoot},
			SupplementalGroups:       IDs{Rule: RunAsAny},
			FSGroup:                  IDs{Rule: RunAsAny},
		},
	}
}

type policyChange struct {
	name   string
	change func(p *Policy)
}

func annotated(key, value string) func(*Policy) {
	return func(p *Policy) { p.Annotations[key] = value }
}

func notAnnotated(key string) func(*Policy) {
	return func(p *Policy) { delete(p.Annotations, key) }
}

func spec(change func(*Spec)) func(*Policy) {
	return func(p *Policy) { change(&p.Spec) }
}

// policyChanges are the ways in which policies differ from restrictedPolicy.
func policyChanges() []policyChange {
	caps := func(names ...corev1.Capability) []corev1.Capability { return names }
	ids := func(from, to int64) []IDRange { return []IDRange{{from, to}} }
	return []policyChange{
		{"nothing", func(*Policy) {}},
		{"privileged", spec(func(s *Spec) { s.Privileged = true })},
		{"hostNetwork", spec(func(s *Spec) { s.HostNetwork = true })},
		{"hostPID", spec(func(s *Spec) { s.HostPID = true })},
		{"hostIPC", spec(func(s *Spec) { s.HostIPC = true })},
		{"port 8080", spec(func(s *Spec) { s.HostPorts = []PortRange{{8080, 8080}} })},
		{"port 0", spec(func(s *Spec) { s.HostPorts = []PortRange{{0, 0}} })},
		{"no port", spec(func(s *Spec) { s.HostPorts = []PortRange{{9000, 8000}} })},
		{"any port", spec(func(s *Spec) { s.HostPorts = []PortRange{{0, 65535}} })},
		{"escalation absent", spec(func(s *Spec) { s.AllowPrivilegeEscalation = nil })},
		{"escalation allowed", spec(func(s *Spec) { s.AllowPrivilegeEscalation = to(true) })},
		{"no escalation by default", spec(func(s *Spec) {
			s.AllowPrivilegeEscalation, s.DefaultAllowPrivilegeEscalation = nil, to(false)
		})},
		{"allowed NET_BIND_SERVICE", spec(func(s *Spec) { s.AllowedCapabilities = caps("NET_BIND_SERVICE") })},
		{"allowed CHOWN", spec(func(s *Spec) { s.AllowedCapabilities = caps("CHOWN") })},
		{"allowed NET_RAW", spec(func(s *Spec) { s.AllowedCapabilities = caps("CHOWN", "NET_RAW") })},
		{"allowed CAP_SYS_ADMIN", spec(func(s *Spec) { s.AllowedCapabilities = caps("CAP_SYS_ADMIN") })},
		{"allowed *", spec(func(s *Spec) { s.AllowedCapabilities, s.RequiredDropCapabilities = caps(All), nil })},
		{"added CHOWN", spec(func(s *Spec) { s.DefaultAddCapabilities = caps("CHOWN") })},
		{"added SYS_ADMIN", spec(func(s *Spec) { s.DefaultAddCapabilities = caps("SYS_ADMIN") })},
		{"nothing dropped", spec(func(s *Spec) { s.RequiredDropCapabilities = nil })},
		{"dropped by name", spec(func(s *Spec) { s.RequiredDropCapabilities = caps("KILL", "MKNOD", "SETUID", "SETGID") })},
		{"dropped all in lower case", spec(func(s *Spec) { s.RequiredDropCapabilities = caps("all") })},
		{"volumes *", spec(func(s *Spec) { s.Volumes = []string{All} })},
		{"no volumes", spec(func(s *Spec) { s.Volumes = nil })},
		{"nfs", spec(func(s *Spec) { s.Volumes = append(s.Volumes, "nfs") })},
		{"hostPath", spec(func(s *Spec) { s.Volumes = append(s.Volumes, "hostPath") })},
		{"hostPath read-only", spec(func(s *Spec) {
			s.Volumes, s.AllowedHostPaths = append(s.Volumes, "hostPath"), []HostPath{{"/var/log", true}}
		})},
		{"sysctl kernel.msg*", spec(func(s *Spec) { s.AllowedUnsafeSysctls = []string{"kernel.msg*"} })},
		{"sysctl that is safe", spec(func(s *Spec) { s.AllowedUnsafeSysctls = []string{"kernel.shm_rmid_forced"} })},
		{"sysctls safe later", spec(func(s *Spec) {
			s.AllowedUnsafeSysctls = []string{"net.ipv4.tcp_rmem", "kernel.shm_rmid_forced", "net.ipv4.tcp_keepalive_time"}
		})},
		{"sysctls forbidden", spec(func(s *Spec) { s.ForbiddenSysctls = []string{"kernel.shm*"} })},
		{"default /proc", spec(func(s *Spec) { s.AllowedProcMountTypes = []corev1.ProcMountType{corev1.DefaultProcMount} })},
		{"unmasked /proc", spec(func(s *Spec) {
			s.AllowedProcMountTypes = []corev1.ProcMountType{corev1.DefaultProcMount, corev1.UnmaskedProcMount}
		})},
		{"any user", spec(func(s *Spec) { s.RunAsUser = IDs{Rule: RunAsAny} })},
		{"users not root", spec(func(s *Spec) { s.RunAsUser = IDs{MustRunAs, ids(1, 65535)} })},
		{"users with root", spec(func(s *Spec) { s.RunAsUser = IDs{MustRunAs, ids(0, 65535)} })},
		{"users without ranges", spec(func(s *Spec) { s.RunAsUser = IDs{Rule: MustRunAs} })},
		{"groups", spec(func(s *Spec) {
			s.RunAsGroup, s.FSGroup, s.SupplementalGroups = &IDs{MayRunAs, ids(1, 9)}, IDs{MustRunAs, ids(2, 9)}, IDs{MustRunAs, ids(3, 9)}
		})},
		{"fsGroup without ranges", spec(func(s *Spec) { s.FSGroup = IDs{Rule: MayRunAs} })},
		{"any SELinux label", spec(func(s *Spec) { s.SELinux = SELinux{Rule: RunAsAny} })},
		{"SELinux user and type", spec(func(s *Spec) {
			s.SELinux = SELinux{MustRunAs, &corev1.SELinuxOptions{User: "u", Type: "spc_t"}}
		})},
		{"SELinux of an engine", spec(func(s *Spec) { s.SELinux = SELinux{MustRunAs, &corev1.SELinuxOptions{Type: containerEngine}} })},
		{"SELinux without label", spec(func(s *Spec) { s.SELinux = SELinux{Rule: MustRunAs} })},
		{"read-only root", spec(func(s *Spec) { s.ReadOnlyRootFilesystem = true })},
		{"runtime class", spec(func(s *Spec) { s.RuntimeClass = &RuntimeClass{[]string{"kata"}, to("kata")} })},
		{"seccomp absent", notAnnotated(SeccompAllowedAnnotation)},
		{"seccomp empty", annotated(SeccompAllowedAnnotation, "")},
		{"seccomp *", annotated(SeccompAllowedAnnotation, "*")},
		{"seccomp docker", annotated(SeccompAllowedAnnotation, "docker/default")},
		{"seccomp localhost", annotated(SeccompAllowedAnnotation, "localhost/app")},
		{"seccomp unconfined", annotated(SeccompAllowedAnnotation, "runtime/default,unconfined")},
		{"seccomp default", annotated(SeccompDefaultAnnotation, "runtime/default")},
		{"AppArmor absent", notAnnotated(AppArmorAllowedAnnotation)},
		{"AppArmor empty", annotated(AppArmorAllowedAnnotation, "")},
		{"AppArmor comma", annotated(AppArmorAllowedAnnotation, "runtime/default,")},
		{"AppArmor localhost", annotated(AppArmorAllowedAnnotation, "localhost/app")},
		{"seccomp default without a list", func(p *Policy) {
			delete(p.Annotations, SeccompAllowedAnnotation)
			p.Annotations[SeccompDefaultAnnotation] = "runtime/default"
		}},
		{"everything", everything},
		{"nothing at all", func(p *Policy) {
			p.Annotations, p.Spec = map[string]string{}, Spec{
				SELinux: SELinux{Rule: RunAsAny}, RunAsUser: IDs{Rule: RunAsAny}, SupplementalGroups: IDs{Rule: RunAsAny}, FSGroup: IDs{Rule: RunAsAny},
			}
		}},
		{"AppArmor unconfined", annotated(AppArmorAllowedAnnotation, "unconfined")},
		{"AppArmor may be unconfined", annotated(AppArmorAllowedAnnotation, "runtime/default,unconfined")},
		{"AppArmor unconfined by default", func(p *Policy) {
			delete(p.Annotations, AppArmorAllowedAnnotation)
			p.Annotations[AppArmorDefaultAnnotation] = "unconfined"
		}},
		{"AppArmor default", annotated(AppArmorDefaultAnnotation, "runtime/default")},
	}
}

// everything uses each field that writes or says what no level can.
func everything(p *Policy) {
	p.Annotations = map[string]string{
		SeccompAllowedAnnotation: "localhost/app", SeccompDefaultAnnotation: "localhost/app",
		AppArmorAllowedAnnotation: "localhost/app,runtime/default", AppArmorDefaultAnnotation: "runtime/default",
	}
	p.Spec = Spec{
		DefaultAddCapabilities:          []corev1.Capability{"CHOWN"},
		RequiredDropCapabilities:        []corev1.Capability{"ALL", "KILL"},
		AllowedCapabilities:             []corev1.Capability{"NET_RAW", "NET_ADMIN"},
		Volumes:                         []string{"hostPath", "flexVolume", "csi"},
		HostPorts:                       []PortRange{{80, 80}, {8000, 9000}},
		SELinux:                         SELinux{Rule: RunAsAny},
		RunAsUser:                       IDs{MustRunAs, []IDRange{{5, 5}, {7, 9}}},
		RunAsGroup:                      &IDs{MustRunAs, []IDRange{{1, 1}}},
		SupplementalGroups:              IDs{MustRunAs, []IDRange{{3, 3}}},
		FSGroup:                         IDs{MustRunAs, []IDRange{{2, 2}}},
		ReadOnlyRootFilesystem:          true,
		DefaultAllowPrivilegeEscalation: to(false),
		AllowPrivilegeEscalation:        to(false),
		AllowedHostPaths:                []HostPath{{"/var/log", true}, {"/data", false}},
		AllowedFlexVolumes:              []FlexVolume{{"lvm"}},
		AllowedCSIDrivers:               []CSIDriver{{"csi.x"}},
		AllowedUnsafeSysctls:            []string{"kernel.msg*"},
		ForbiddenSysctls:                []string{"kernel.shm_rmid_forced"},
		RuntimeClass:                    &RuntimeClass{[]string{"kata"}, to("kata")},
	}
}
