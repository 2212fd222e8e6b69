//go:build e2e

package e2e

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// pspProbe is a pod that asks a policy for one thing.
type pspProbe struct {
	name string
	// aside is about SELinux or AppArmor, which the second of a policy's levels leaves out.
	aside bool
	pod   *corev1.Pod
}

// pspProbes are each of the requests made by a pod that says nothing else about security, and by one that otherwise
// says all that restricted wants.
func pspProbes(namespace string) []pspProbe {
	requests := slices.Concat(hostRequests(), capabilityRequests(), userRequests(), volumeRequests(), otherRequests())
	probes := make([]pspProbe, 0, 2*len(requests))
	for _, r := range requests {
		for form, base := range map[string]edit{"bare-": noToken, "strict-": strict} {
			pod := plainPod(namespace, form+r.name, noToken, base, r.edit)
			probes = append(probes, pspProbe{name: form + r.name, aside: r.aside, pod: pod})
		}
	}
	return probes
}

// wish is something that a pod may ask for.
type wish struct {
	name  string
	aside bool
	edit  edit
}

// noToken spares a pod the volume with a token, which some policies would not have.
func noToken(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = new(false) }

func hostRequests() []wish {
	port := func(number int32) edit {
		return func(p *corev1.Pod) {
			p.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: number, HostPort: number}}
		}
	}
	return []wish{
		{name: "nothing", edit: func(*corev1.Pod) {}},
		{name: "host-network", edit: func(p *corev1.Pod) { p.Spec.HostNetwork = true }},
		{name: "host-pid", edit: hostPID},
		{name: "host-ipc", edit: func(p *corev1.Pod) { p.Spec.HostIPC = true }},
		{name: "port-80", edit: port(80)},
		{name: "port-9100", edit: port(9100)},
		{name: "privileged", edit: func(p *corev1.Pod) {
			c := containerSecurity(p)
			c.Privileged, c.AllowPrivilegeEscalation = new(true), nil
		}},
		{name: "escalation", edit: func(p *corev1.Pod) { containerSecurity(p).AllowPrivilegeEscalation = new(true) }},
		{name: "no-escalation", edit: func(p *corev1.Pod) { containerSecurity(p).AllowPrivilegeEscalation = new(false) }},
		{name: "writable-root", edit: func(p *corev1.Pod) { containerSecurity(p).ReadOnlyRootFilesystem = new(false) }},
		{name: "read-only-root", edit: func(p *corev1.Pod) { containerSecurity(p).ReadOnlyRootFilesystem = new(true) }},
		{name: "host-process", edit: func(p *corev1.Pod) {
			p.Spec.HostNetwork = true
			security(p).WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
		}},
	}
}

func capabilityRequests() []wish {
	adds := func(names ...corev1.Capability) edit {
		return func(p *corev1.Pod) {
			c := containerSecurity(p)
			if c.Capabilities == nil {
				c.Capabilities = &corev1.Capabilities{}
			}
			c.Capabilities.Add = names
		}
	}
	drops := func(names ...corev1.Capability) edit {
		return func(p *corev1.Pod) { containerSecurity(p).Capabilities = &corev1.Capabilities{Drop: names} }
	}
	requests := []wish{
		{name: "drop-all", edit: drops("ALL")},
		{name: "drop-all-lower-case", edit: drops("all")},
		{name: "drop-net-raw", edit: drops("NET_RAW")},
		{name: "drop-four", edit: drops("KILL", "MKNOD", "SETUID", "SETGID")},
		{name: "add-two", edit: adds("CHOWN", "NET_BIND_SERVICE")},
		{name: "init-add-sys-admin", edit: func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{*p.Spec.Containers[0].DeepCopy()}
			p.Spec.InitContainers[0].Name = "i"
			p.Spec.InitContainers[0].SecurityContext = &corev1.SecurityContext{
				Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}},
			}
		}},
	}
	for _, name := range []string{"ALL", "CHOWN", "KILL", "NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SETUID", "SYS_ADMIN", "SYS_PTRACE"} {
		requests = append(requests, wish{name: "add-" + strings.ToLower(strings.ReplaceAll(name, "_", "-")), edit: adds(corev1.Capability(name))})
	}
	return requests
}

func userRequests() []wish {
	user := func(id int64, nonRoot *bool) edit {
		return func(p *corev1.Pod) {
			if p.Spec.SecurityContext != nil {
				p.Spec.SecurityContext.RunAsNonRoot = nil
			}
			c := containerSecurity(p)
			c.RunAsUser, c.RunAsNonRoot = &id, nonRoot
		}
	}
	return []wish{
		{name: "user-0", edit: user(0, nil)},
		{name: "user-26", edit: user(26, nil)},
		{name: "user-1000", edit: user(1000, nil)},
		{name: "user-1000-non-root", edit: user(1000, new(true))},
		{name: "user-1000-maybe-root", edit: user(1000, new(false))},
		{name: "pod-user-1000", edit: func(p *corev1.Pod) { security(p).RunAsUser, security(p).RunAsNonRoot = new(int64(1000)), nil }},
		{name: "pod-root", edit: podRoot},
		{name: "group-0", edit: func(p *corev1.Pod) { containerSecurity(p).RunAsGroup = new(int64(0)) }},
		{name: "fs-group-2000", edit: func(p *corev1.Pod) { security(p).FSGroup = new(int64(2000)) }},
		{name: "more-groups", edit: func(p *corev1.Pod) { security(p).SupplementalGroups = []int64{0, 5000} }},
		{name: "selinux-level", aside: true, edit: seLinux(corev1.SELinuxOptions{Level: "s0:c1,c2"})},
		{name: "selinux-container-t", aside: true, edit: seLinux(corev1.SELinuxOptions{Type: "container_t"})},
		{name: "selinux-spc-t", aside: true, edit: seLinux(corev1.SELinuxOptions{Type: "spc_t"})},
		{name: "selinux-user", aside: true, edit: seLinux(corev1.SELinuxOptions{User: "system_u"})},
		{name: "selinux-role", aside: true, edit: seLinux(corev1.SELinuxOptions{Role: "system_r"})},
	}
}

func seLinux(o corev1.SELinuxOptions) edit {
	return func(p *corev1.Pod) { containerSecurity(p).SELinuxOptions = &o }
}

func volumeRequests() []wish {
	path := func(at string, readOnly bool) edit {
		return func(p *corev1.Pod) {
			volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: at}})(p)
			p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/v", ReadOnly: readOnly}}
		}
	}
	claim := &corev1.PersistentVolumeClaimTemplate{Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: oneGi()}},
	}}
	return []wish{
		{name: "host-path", edit: path("/srv/data", false)},
		{name: "host-path-log", edit: path("/var/log", true)},
		{name: "host-path-log-written", edit: path("/var/log", false)},
		{name: "empty-dir", edit: volume(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})},
		{name: "secret", edit: volume(corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "s"}})},
		{name: "claim", edit: volume(corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}})},
		{name: "ephemeral", edit: volume(corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{VolumeClaimTemplate: claim}})},
		{name: "nfs", edit: volume(corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "nfs", Path: "/"}})},
		{name: "iscsi", edit: volume(corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{TargetPortal: "t", IQN: "iqn.2001-04.com.example:storage"}})},
		{name: "flex", edit: volume(corev1.VolumeSource{FlexVolume: &corev1.FlexVolumeSource{Driver: "example.com/san"}})},
		{name: "csi", edit: volume(corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "secrets.example.com"}})},
		{name: "cephfs", edit: volume(corev1.VolumeSource{CephFS: &corev1.CephFSVolumeSource{Monitors: []string{"m"}}})},
		{name: "token", edit: func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = nil }},
	}
}

func otherRequests() []wish {
	profile := func(kind corev1.SeccompProfileType, file *string) edit {
		return func(p *corev1.Pod) {
			security(p).SeccompProfile = &corev1.SeccompProfile{Type: kind, LocalhostProfile: file}
		}
	}
	return []wish{
		{name: "safe-sysctl", edit: sysctl("kernel.shm_rmid_forced")},
		{name: "unsafe-sysctl", edit: sysctl("net.core.somaxconn")},
		{name: "seccomp-default", edit: profile(corev1.SeccompProfileTypeRuntimeDefault, nil)},
		{name: "seccomp-unconfined", edit: podUnconfined},
		{name: "seccomp-localhost", edit: profile(corev1.SeccompProfileTypeLocalhost, new("p.json"))},
		{name: "seccomp-none", edit: func(p *corev1.Pod) { security(p).SeccompProfile = nil }},
		{name: "seccomp-container-only", edit: func(p *corev1.Pod) {
			security(p).SeccompProfile = nil
			containerSecurity(p).SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
		}},
		{name: "seccomp-container-unconfined", edit: func(p *corev1.Pod) {
			containerSecurity(p).SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		}},
		{name: "seccomp-annotation", edit: func(p *corev1.Pod) {
			security(p).SeccompProfile = nil
			annotate("seccomp.security.alpha.kubernetes.io/pod", "unconfined")(p)
		}},
		{name: "apparmor-default", aside: true, edit: annotate(appArmor+"c", "runtime/default")},
		{name: "apparmor-unconfined", aside: true, edit: annotate(appArmor+"c", "unconfined")},
		{name: "apparmor-localhost", aside: true, edit: annotate(appArmor+"c", "localhost/p")},
		{name: "runtime-class", edit: func(p *corev1.Pod) { p.Spec.RuntimeClassName = new("sandboxed") }},
	}
}
