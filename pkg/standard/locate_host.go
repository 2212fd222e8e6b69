package standard

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hostNamespaces: the pod must not share the host's network, processes or IPC.
func hostNamespaces(p pod) []Field {
	var found []Field
	look := func(name string, set bool) {
		if set {
			found = append(found, Field{Path: field.NewPath("spec", name).String(), Value: true})
		}
	}
	look("hostNetwork", p.spec.HostNetwork)
	look("hostPID", p.spec.HostPID)
	look("hostIPC", p.spec.HostIPC)
	return found
}

// hostPorts: containers must not take ports of the host.
func hostPorts(p pod) []Field {
	var found []Field
	for _, s := range p.containers() {
		for i := range s.container.Ports {
			if port := s.container.Ports[i].HostPort; port != 0 {
				found = append(found, s.at(s.path().Child("ports").Index(i).Child("hostPort"), int64(port)))
			}
		}
	}
	return found
}

// handlerHosts: probes and lifecycle handlers must not name a host, not even the local one. HTTP's Host header and
// gRPC probes are free.
func handlerHosts(p pod) []Field {
	var found []Field
	for _, s := range p.containers() {
		c := s.container
		probe := func(name string, probe *corev1.Probe) {
			if probe != nil {
				found = append(found, s.hosts(s.path().Child(name), probe.HTTPGet, probe.TCPSocket)...)
			}
		}
		hook := func(name string, hook *corev1.LifecycleHandler) {
			if hook != nil {
				found = append(found, s.hosts(s.path().Child("lifecycle", name), hook.HTTPGet, hook.TCPSocket)...)
			}
		}
		probe("livenessProbe", c.LivenessProbe)
		probe("readinessProbe", c.ReadinessProbe)
		probe("startupProbe", c.StartupProbe)
		if c.Lifecycle != nil {
			hook("postStart", c.Lifecycle.PostStart)
			hook("preStop", c.Lifecycle.PreStop)
		}
	}
	return found
}

// hosts are the hosts that one handler names.
func (s setter) hosts(path *field.Path, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) []Field {
	var found []Field
	if http != nil && http.Host != "" {
		found = append(found, s.at(path.Child("httpGet", "host"), http.Host))
	}
	if tcp != nil && tcp.Host != "" {
		found = append(found, s.at(path.Child("tcpSocket", "host"), tcp.Host))
	}
	return found
}

// sysctls: the pod may set only what is confined to it. A revision allows the names that were known by then.
func sysctls(revision int) locator {
	return func(p pod) []Field {
		if p.spec.SecurityContext == nil {
			return nil
		}
		var found []Field
		for i, sysctl := range p.spec.SecurityContext.Sysctls {
			if since, known := sysctlSince(sysctl.Name); !known || since > revision {
				path := field.NewPath("spec", "securityContext", "sysctls").Index(i).Child("name")
				found = append(found, Field{Path: path.String(), Value: orNil(sysctl.Name)})
			}
		}
		return found
	}
}

// sysctlSince is the revision that first allowed a sysctl.
func sysctlSince(name string) (revision int, known bool) {
	switch name {
	case "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start":
		return 0, true
	case "net.ipv4.ip_local_reserved_ports":
		return 27, true
	case "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes":
		return 29, true
	case "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem":
		return 32, true
	case "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat":
		return 37, true
	default:
		return 0, false
	}
}
