//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// onPod and onContainer give what they change a security context first.
func onPod(change func(*corev1.PodSecurityContext)) edit {
	return func(p *corev1.Pod) {
		if p.Spec.SecurityContext == nil {
			p.Spec.SecurityContext = &corev1.PodSecurityContext{}
		}
		change(p.Spec.SecurityContext)
	}
}

func onContainer(i int, change func(*corev1.SecurityContext)) edit {
	return func(p *corev1.Pod) {
		c := &p.Spec.Containers[0]
		if i < 0 {
			c = &p.Spec.InitContainers[0]
		}
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		change(c.SecurityContext)
	}
}

func podAnnotation(key, value string) edit {
	return func(p *corev1.Pod) {
		if p.Annotations == nil {
			p.Annotations = map[string]string{}
		}
		p.Annotations[key] = value
	}
}

func podVolume(source corev1.VolumeSource) edit {
	return func(p *corev1.Pod) {
		name := fmt.Sprintf("v%d", len(p.Spec.Volumes))
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: source})
	}
}

func hostPath(path string, readOnly ...bool) edit {
	return func(p *corev1.Pod) {
		name := fmt.Sprintf("v%d", len(p.Spec.Volumes))
		podVolume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}})(p)
		for i, only := range readOnly {
			c := &p.Spec.Containers[0]
			if i > 0 {
				c = &p.Spec.InitContainers[0]
			}
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/mnt/" + name, ReadOnly: only})
		}
	}
}

func label(user, role, kind, level string) *corev1.SELinuxOptions {
	return &corev1.SELinuxOptions{User: user, Role: role, Type: kind, Level: level}
}

// enginePodEdits are all values of all fields that are tried, by field. Negative containers are init containers.
func enginePodEdits() [][]edit {
	return [][]edit{
		{
			func(p *corev1.Pod) {
				p.Spec.HostNetwork = true
				p.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}}
			},
			func(p *corev1.Pod) { p.Spec.HostPID = true },
			func(p *corev1.Pod) { p.Spec.HostIPC = true },
			func(p *corev1.Pod) {
				p.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 81}}
			},
			func(p *corev1.Pod) {
				p.Spec.InitContainers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 7000}}
			},
		},
		capabilityPods(),
		{
			onContainer(0, func(sc *corev1.SecurityContext) { sc.Privileged = new(true) }),
			onContainer(-1, func(sc *corev1.SecurityContext) { sc.Privileged = new(true) }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.Privileged = new(false) }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.AllowPrivilegeEscalation = new(true) }),
			onContainer(-1, func(sc *corev1.SecurityContext) { sc.AllowPrivilegeEscalation = new(false) }),
		},
		{
			onContainer(0, func(sc *corev1.SecurityContext) { sc.ReadOnlyRootFilesystem = new(true) }),
			onContainer(-1, func(sc *corev1.SecurityContext) { sc.ReadOnlyRootFilesystem = new(false) }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.ProcMount = new(corev1.UnmaskedProcMount) }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.ProcMount = new(corev1.DefaultProcMount) }),
		},
		userPods(),
		{
			onPod(func(sc *corev1.PodSecurityContext) { sc.SupplementalGroups = []int64{50, 3000} }),
			onPod(func(sc *corev1.PodSecurityContext) { sc.SupplementalGroups = []int64{70000} }),
			onPod(func(sc *corev1.PodSecurityContext) { sc.FSGroup = new(int64(5)) }),
			onPod(func(sc *corev1.PodSecurityContext) { sc.FSGroup = new(int64(0)) }),
		},
		{
			onPod(func(sc *corev1.PodSecurityContext) { sc.SELinuxOptions = label("", "", "", "s0:c0,c6") }),
			onPod(func(sc *corev1.PodSecurityContext) { sc.SELinuxOptions = label("u", "r", "container_t", "s0") }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.SELinuxOptions = label("u", "", "spc_t", "s1:c0,c6") }),
			onContainer(-1, func(sc *corev1.SecurityContext) { sc.SELinuxOptions = label("", "", "", "") }),
		},
		{
			onPod(func(sc *corev1.PodSecurityContext) {
				sc.Sysctls = []corev1.Sysctl{{Name: "kernel.shm_rmid_forced", Value: "0"}, {Name: "kernel.msgmax", Value: "1"}}
			}),
			onPod(func(sc *corev1.PodSecurityContext) {
				sc.Sysctls = []corev1.Sysctl{{Name: "net.core.somaxconn", Value: "1"}}
			}),
			onPod(func(sc *corev1.PodSecurityContext) {
				sc.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.ping_group_range", Value: "0 1"}, {Name: "net.ipv4.tcp_syncookies", Value: "1"}}
			}),
			onPod(func(sc *corev1.PodSecurityContext) {
				sc.Sysctls = []corev1.Sysctl{{Name: "net/ipv4/tcp_syncookies", Value: "1"}}
			}),
		},
		volumePods(),
		{
			hostPath("/var/log", false), hostPath("/var/log", true, false), hostPath("/var/log/pods/", true, true),
			hostPath("/var/logs", true), hostPath("/etc"),
		},
		{
			func(p *corev1.Pod) { p.Spec.RuntimeClassName = new(classA) },
			func(p *corev1.Pod) { p.Spec.RuntimeClassName = new(classB) },
		},
		seccompPods(),
		{
			podAnnotation(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+"c", "runtime/default"),
			podAnnotation(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+"init", "localhost/x"),
			podAnnotation(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+"c", "unconfined"),
			podAnnotation(corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+"c", ""),
		},
		{func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = nil }},
	}
}

func capabilityPods() []edit {
	with := func(i int, add, drop []corev1.Capability) edit {
		return onContainer(i, func(sc *corev1.SecurityContext) { sc.Capabilities = &corev1.Capabilities{Add: add, Drop: drop} })
	}
	return []edit{
		with(0, caps("NET_ADMIN"), nil), with(0, caps("CHOWN", "AUDIT_WRITE"), caps("NET_RAW")), with(-1, nil, caps("ALL")),
		with(0, caps("NET_BIND_SERVICE"), caps("ALL")), with(0, nil, caps("NET_RAW", "KILL", "NET_RAW")), with(0, nil, nil),
		with(-1, caps("ALL"), nil), with(0, caps("CAP_CHOWN"), caps("all")),
	}
}

func userPods() []edit {
	var edits []edit
	for _, id := range []int64{0, 5, 1500} {
		edits = append(edits,
			onPod(func(sc *corev1.PodSecurityContext) { sc.RunAsUser = &id }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.RunAsUser = &id }),
			onContainer(-1, func(sc *corev1.SecurityContext) { sc.RunAsGroup = &id }))
	}
	for _, nonRoot := range []bool{true, false} {
		edits = append(edits,
			onPod(func(sc *corev1.PodSecurityContext) { sc.RunAsNonRoot = &nonRoot }),
			onContainer(0, func(sc *corev1.SecurityContext) { sc.RunAsNonRoot = &nonRoot }))
	}
	return append(edits, onPod(func(sc *corev1.PodSecurityContext) { sc.RunAsGroup = new(int64(7)) }))
}

func seccompPods() []edit {
	profile := func(kind corev1.SeccompProfileType) *corev1.SeccompProfile { return &corev1.SeccompProfile{Type: kind} }
	local := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("x")}
	return []edit{
		onPod(func(sc *corev1.PodSecurityContext) {
			sc.SeccompProfile = profile(corev1.SeccompProfileTypeRuntimeDefault)
		}),
		onPod(func(sc *corev1.PodSecurityContext) { sc.SeccompProfile = profile(corev1.SeccompProfileTypeUnconfined) }),
		onPod(func(sc *corev1.PodSecurityContext) { sc.SeccompProfile = local }),
		onContainer(0, func(sc *corev1.SecurityContext) { sc.SeccompProfile = local }),
		onContainer(-1, func(sc *corev1.SecurityContext) {
			sc.SeccompProfile = profile(corev1.SeccompProfileTypeRuntimeDefault)
		}),
		podAnnotation(corev1.SeccompPodAnnotationKey, "runtime/default"),
		podAnnotation(corev1.SeccompPodAnnotationKey, "docker/default"),
		podAnnotation(corev1.SeccompPodAnnotationKey, "localhost/x"),
		podAnnotation(corev1.SeccompContainerAnnotationKeyPrefix+"c", "unconfined"),
		podAnnotation(corev1.SeccompContainerAnnotationKeyPrefix+"init", "docker/default"),
	}
}

func volumePods() []edit {
	token := int64(3600)
	one := resource.MustParse("1Gi")
	projected := func(audience, configMap string) corev1.VolumeSource {
		return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: &token, Audience: audience}},
			{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}}},
		}}}
	}
	named := corev1.LocalObjectReference{Name: "x"}
	sources := []corev1.VolumeSource{
		{},
		{EmptyDir: &corev1.EmptyDirVolumeSource{}},
		{Secret: &corev1.SecretVolumeSource{SecretName: "x"}},
		{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: named}},
		{CephFS: &corev1.CephFSVolumeSource{Monitors: []string{"m"}}},
		{NFS: &corev1.NFSVolumeSource{Server: "s", Path: "/x"}},
		{FlexVolume: &corev1.FlexVolumeSource{Driver: "a/b"}},
		{FlexVolume: &corev1.FlexVolumeSource{Driver: "x/y"}},
		{CSI: &corev1.CSIVolumeSource{Driver: "csi.example.com"}},
		{CSI: &corev1.CSIVolumeSource{Driver: "other.example.com"}},
		{StorageOS: &corev1.StorageOSVolumeSource{VolumeName: "x"}},
		{GitRepo: &corev1.GitRepoVolumeSource{Repository: "https://example.com/x"}},
		{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "x"}},
		{Ephemeral: &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: one}},
			},
		}}},
		projected("", "kube-root-ca.crt"), projected("vault", "kube-root-ca.crt"), projected("", "other"),
	}
	edits := make([]edit, 0, len(sources))
	for _, source := range sources {
		edits = append(edits, podVolume(source))
	}
	return edits
}

// enginePods are pods with each value of each field, then so many with several at random.
func enginePods(r *rand.Rand, namespace string, random int) []*corev1.Pod {
	bare := func() *corev1.Pod {
		p := plainPod(namespace, "p")
		p.Spec.AutomountServiceAccountToken = new(false)
		p.Spec.InitContainers = []corev1.Container{{Name: "init", Image: p.Spec.Containers[0].Image}}
		return p
	}
	pods := []*corev1.Pod{bare(), strictPod(namespace, "p")}
	for _, field := range enginePodEdits() {
		for _, e := range field {
			p := bare()
			e(p)
			pods = append(pods, p)
		}
	}
	for range random {
		p := bare()
		for _, field := range enginePodEdits() {
			if r.IntN(5) == 0 {
				field[r.IntN(len(field))](p)
			}
		}
		pods = append(pods, p)
	}
	return pods
}
