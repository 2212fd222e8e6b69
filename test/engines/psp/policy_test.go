package psp

import (
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
)

// dice decide. The same seed and number make the same policies and pods.
type dice struct{ *rand.Rand }

func newDice(seed, number uint64) dice { return dice{rand.New(rand.NewPCG(seed, number))} }

// chance is true in that many of a hundred cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func one[T any](d dice, values ...T) T { return values[d.IntN(len(values))] }

// some are up to n of the values, each once.
func some[T any](d dice, n int, values ...T) []T {
	var list []T
	for _, i := range d.Perm(len(values))[:min(len(values), d.IntN(n+1))] {
		list = append(list, values[i])
	}
	return list
}

func capabilities() []corev1.Capability {
	return []corev1.Capability{
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
		"SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "ALL", "all", "chown", "CAP_CHOWN",
	}
}

func volumeNames() []string {
	return []string{
		"azureFile", "flocker", "flexVolume", "hostPath", "emptyDir", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "secret", "nfs",
		"iscsi", "glusterfs", "persistentVolumeClaim", "rbd", "cinder", "cephFS", "downwardAPI", "fc", "configMap", "vsphereVolume", "quobyte",
		"azureDisk", "photonPersistentDisk", "storageos", "projected", "portworxVolume", "scaleIO", "csi", "ephemeral",
	}
}

// randomPolicy is lenient in most of its fields, so that those which are not decide.
func randomPolicy(d dice) *psp.Policy {
	p := &psp.Policy{}
	p.Name, p.Annotations = "random", map[string]string{}
	strict := one(d, 10, 30, 60)
	demands := func() bool { return d.chance(strict) }
	s := &p.Spec
	s.Privileged, s.HostNetwork, s.HostPID, s.HostIPC = !demands(), !demands(), !demands(), !demands()
	s.HostPorts = []psp.PortRange{{Min: 0, Max: 65535}}
	if demands() {
		s.HostPorts = some(d, 2, psp.PortRange{Min: 80, Max: 80}, psp.PortRange{Min: 8000, Max: 9000}, psp.PortRange{Min: 9000, Max: 8000})
	}
	s.AllowedCapabilities = []corev1.Capability{psp.All}
	if demands() {
		s.AllowedCapabilities = some(d, 19, capabilities()...)
		s.RequiredDropCapabilities = some[corev1.Capability](d, 3, "ALL", "KILL", "MKNOD", "NET_RAW", "all")
	}
	s.DefaultAddCapabilities = some[corev1.Capability](d, one(d, 0, 0, 2), "CHOWN", "SYS_ADMIN", "NET_BIND_SERVICE")
	s.Volumes = []string{psp.All}
	if demands() {
		s.Volumes = some(d, len(volumeNames()), volumeNames()...)
	}
	if demands() {
		s.AllowedHostPaths = some(d, 3, psp.HostPath{PathPrefix: "/var/log"}, psp.HostPath{PathPrefix: "/var/log/", ReadOnly: true},
			psp.HostPath{PathPrefix: "/", ReadOnly: true}, psp.HostPath{PathPrefix: "/data/a"}, psp.HostPath{PathPrefix: "/data//", ReadOnly: true})
		s.AllowedFlexVolumes = some(d, 1, psp.FlexVolume{Driver: "example.com/a"}, psp.FlexVolume{Driver: "b"})
		s.AllowedCSIDrivers = some(d, 1, psp.CSIDriver{Name: "a.example.com"}, psp.CSIDriver{Name: "b"})
	}
	s.AllowedUnsafeSysctls = some(d, 3, "kernel.msg*", "vm.swappiness", "net.*", "*", "kernel.shm_rmid_forced")
	s.ForbiddenSysctls = some(d, one(d, 0, 2), "kernel.shm*", "net.ipv4.tcp_syncookies", "fs.file-max", "kernel.msgmax")
	s.AllowedProcMountTypes = one(d, nil, nil, []corev1.ProcMountType{"Default"}, []corev1.ProcMountType{"Unmasked"}, []corev1.ProcMountType{"Default", "Unmasked"})
	randomIDs(d, s, demands)
	s.ReadOnlyRootFilesystem = demands()
	s.AllowPrivilegeEscalation = one(d, nil, new(true), new(!demands()))
	s.DefaultAllowPrivilegeEscalation = one(d, nil, nil, new(false), new(true))
	if demands() {
		s.RuntimeClass = &psp.RuntimeClass{AllowedRuntimeClassNames: one(d, []string{}, []string{"plain"}, []string{"*"}, []string{"trusted", "plain"})}
		if names := s.RuntimeClass.AllowedRuntimeClassNames; len(names) > 0 && d.chance(50) {
			s.RuntimeClass.DefaultRuntimeClassName = new(one(d, names[0], "plain"))
		}
	}
	randomProfiles(d, p, demands)
	return p
}

func randomIDs(d dice, s *psp.Spec, demands func() bool) {
	ids := func(rules ...string) psp.IDs {
		if !demands() {
			return psp.IDs{Rule: psp.RunAsAny}
		}
		ids := psp.IDs{Rule: one(d, rules...)}
		if ids.Rule == psp.MustRunAs || ids.Rule == psp.MayRunAs {
			ids.Ranges = append([]psp.IDRange{{Min: one[int64](d, 0, 1, 1000), Max: 1000}}, some(d, 1, psp.IDRange{Min: 2000, Max: 3000}, psp.IDRange{Min: 5, Max: 5})...)
		}
		return ids
	}
	s.RunAsUser = ids(psp.MustRunAs, psp.MustRunAsNonRoot)
	s.SupplementalGroups, s.FSGroup = ids(psp.MustRunAs, psp.MayRunAs), ids(psp.MustRunAs, psp.MayRunAs)
	if group := ids(psp.MustRunAs, psp.MayRunAs); d.chance(80) {
		s.RunAsGroup = &group
	}
	s.SELinux.Rule = psp.RunAsAny
	if demands() {
		s.SELinux = psp.SELinux{Rule: psp.MustRunAs, Options: &corev1.SELinuxOptions{
			Level: one(d, "s0:c1,c2", "s0", "", "s0:c1,c2,c1"), Type: one(d, "", "container_t", "spc_t"), User: one(d, "", "", "system_u"),
		}}
	}
}

func randomProfiles(d dice, p *psp.Policy, demands func() bool) {
	p.Annotations[psp.SeccompAllowedAnnotation] = "*"
	if demands() {
		p.Annotations[psp.SeccompAllowedAnnotation] = one(d, "", "runtime/default", "runtime/default,", "docker/default,localhost/profiles/a.json", "localhost/a", "unconfined", ",unconfined")
		if d.chance(20) {
			delete(p.Annotations, psp.SeccompAllowedAnnotation)
		}
	}
	if demands() {
		p.Annotations[psp.SeccompDefaultAnnotation] = one(d, "runtime/default", "docker/default", "localhost/a", "unconfined")
	}
	if demands() {
		p.Annotations[psp.AppArmorAllowedAnnotation] = one(d, "runtime/default", "runtime/default,localhost/a", "localhost/a,", "unconfined", "")
	}
	if demands() {
		p.Annotations[psp.AppArmorDefaultAnnotation] = one(d, "runtime/default", "localhost/a", "unconfined")
	}
}
