package standard

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// dice chooses one of n.
type dice func(n int) int

// any of the values.
func oneOf[T any](d dice, values ...T) T { return values[d(len(values))] }

// maybe is a value, mostly nil.
func maybe[T any](d dice, values ...T) *T {
	if d(5) < 3 {
		return nil
	}
	return new(oneOf(d, values...))
}

// several are up to n of what is drawn.
func several[T any](d dice, n int, draw func() T) []T {
	var all []T
	for range d(n + 1) {
		all = append(all, draw())
	}
	return all
}

// randomPod is a pod in which everything that any check looks at is good, bad, strange or unset. Some could never be
// stored: a manifest can hold anything.
func randomPod(d dice) *corev1.Pod {
	p := &corev1.Pod{}
	s := &p.Spec
	if d(3) == 0 {
		p.Annotations = randomAnnotations(d)
	}
	s.HostNetwork, s.HostPID, s.HostIPC = d(6) == 0, d(6) == 0, d(6) == 0
	s.HostUsers = maybe(d, true, false)
	if d(4) == 0 {
		s.OS = &corev1.PodOS{Name: oneOf(d, corev1.Windows, corev1.Windows, corev1.Linux, "")}
	}
	if d(3) > 0 {
		s.SecurityContext = randomPodContext(d)
	}
	s.Volumes = several(d, 2, func() corev1.Volume { return randomVolume(d) })
	c := func() corev1.Container { return randomContainer(d) }
	s.Containers = several(d, 2, c)
	if d(3) == 0 {
		s.InitContainers = several(d, 2, c)
	}
	if d(4) == 0 {
		s.EphemeralContainers = several(d, 2, func() corev1.EphemeralContainer {
			return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c())}
		})
	}
	return p
}

func randomAnnotations(d dice) map[string]string {
	all := map[string]string{}
	for range d(4) {
		key := oneOf(d, "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/",
			"container.apparmor.security.beta.kubernetes.io/", "container.apparmor.security.beta.kubernetes.io/", "example.com/x")
		if key[len(key)-1] == '/' {
			key += oneOf(d, "a", "b", "c", "other", "")
		}
		all[key] = oneOf(d, "runtime/default", "docker/default", "localhost/x", "unconfined", "", "runtime/default/")
	}
	return all
}

func randomPodContext(d dice) *corev1.PodSecurityContext {
	c := randomContext(d)
	return &corev1.PodSecurityContext{
		SELinuxOptions: c.SELinuxOptions, WindowsOptions: c.WindowsOptions, RunAsUser: c.RunAsUser,
		RunAsNonRoot: c.RunAsNonRoot, SeccompProfile: c.SeccompProfile, AppArmorProfile: c.AppArmorProfile,
		Sysctls: several(d, 2, func() corev1.Sysctl {
			return corev1.Sysctl{Value: "1", Name: oneOf(d, "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
				"net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
				"net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
				"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
				"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel/shm_rmid_forced", "kernel.msgmax", "")}
		}),
	}
}

func randomContext(d dice) *corev1.SecurityContext {
	c := &corev1.SecurityContext{
		Privileged:               maybe(d, true, false, false),
		AllowPrivilegeEscalation: maybe(d, true, false, false, false),
		RunAsNonRoot:             maybe(d, true, true, true, false),
		RunAsUser:                maybe(d, int64(0), 1000),
		ProcMount:                maybe(d, corev1.DefaultProcMount, corev1.UnmaskedProcMount, ""),
	}
	if d(3) > 0 {
		c.Capabilities = &corev1.Capabilities{}
		name := func() corev1.Capability {
			return oneOf[corev1.Capability](d, "ALL", "ALL", "NET_BIND_SERVICE", "NET_BIND_SERVICE", "AUDIT_WRITE", "CHOWN",
				"DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
				"NET_RAW", "SYS_ADMIN", "all", "CAP_ALL", "CAP_CHOWN", "")
		}
		if c.Capabilities.Drop = several(d, 2, name); d(2) == 0 {
			c.Capabilities.Drop = append(c.Capabilities.Drop, "ALL")
		}
		if d(2) == 0 {
			c.Capabilities.Add = several(d, 3, name)
		}
	}
	if d(2) == 0 {
		c.SeccompProfile = &corev1.SeccompProfile{Type: oneOf[corev1.SeccompProfileType](d,
			"RuntimeDefault", "RuntimeDefault", "Localhost", "Unconfined", "runtime/default", "")}
	}
	if d(4) == 0 {
		c.AppArmorProfile = &corev1.AppArmorProfile{Type: oneOf[corev1.AppArmorProfileType](d,
			"RuntimeDefault", "RuntimeDefault", "Localhost", "Unconfined", "")}
	}
	if d(4) == 0 {
		c.SELinuxOptions = &corev1.SELinuxOptions{
			Type: oneOf(d, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t"),
			User: oneOf(d, "", "", "system_u"), Role: oneOf(d, "", "", "object_r"), Level: oneOf(d, "", "s0"),
		}
	}
	if d(4) == 0 {
		c.WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: maybe(d, true, false)}
	}
	return c
}

// randomVolume has mostly one source, of any type that the API has.
func randomVolume(d dice) corev1.Volume {
	v := corev1.Volume{Name: oneOf(d, "a", "b", "c")}
	sources := reflect.ValueOf(&v.VolumeSource).Elem()
	for range oneOf(d, 1, 1, 1, 1, 2, 0) {
		if source := sources.Field(d(sources.NumField())); d(3) > 0 {
			source.Set(reflect.New(source.Type().Elem()))
		} else {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	return v
}

func randomContainer(d dice) corev1.Container {
	c := corev1.Container{Name: oneOf(d, "a", "b", "c")}
	if d(5) > 0 {
		c.SecurityContext = randomContext(d)
	}
	if d(4) == 0 {
		c.Ports = several(d, 3, func() corev1.ContainerPort {
			return corev1.ContainerPort{ContainerPort: 80, HostPort: oneOf[int32](d, 0, 80, 8080, -1)}
		})
	}
	if d(4) > 0 {
		return c
	}
	handler := func() (h corev1.ProbeHandler) {
		switch d(4) {
		case 0:
			h.HTTPGet = &corev1.HTTPGetAction{Host: oneOf(d, "", "", "127.0.0.1")}
		case 1:
			h.TCPSocket = &corev1.TCPSocketAction{Host: oneOf(d, "", "", "localhost")}
		case 2:
			h.Exec = &corev1.ExecAction{}
		default:
			h.HTTPGet, h.TCPSocket = &corev1.HTTPGetAction{Host: "::1"}, &corev1.TCPSocketAction{Host: "example.com"}
		}
		return h
	}
	probe := func() *corev1.Probe { return maybe(d, corev1.Probe{ProbeHandler: handler()}) }
	hook := func() *corev1.LifecycleHandler {
		h := handler()
		return maybe(d, corev1.LifecycleHandler{HTTPGet: h.HTTPGet, TCPSocket: h.TCPSocket, Exec: h.Exec})
	}
	c.LivenessProbe, c.ReadinessProbe, c.StartupProbe = probe(), probe(), probe()
	if d(2) == 0 {
		c.Lifecycle = &corev1.Lifecycle{PostStart: hook(), PreStop: hook()}
	}
	return c
}
