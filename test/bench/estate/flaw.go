package estate

import (
	corev1 "k8s.io/api/core/v1"
)

// Flaw is what a workload does that Pod Security minds.
type Flaw string

// The flaws. Careless is what most real manifests are: nothing asked for, nothing given up.
const (
	None         Flaw = ""
	Careless     Flaw = "careless"
	Root         Flaw = "root"
	HostPath     Flaw = "hostPath"
	HostNetwork  Flaw = "hostNetwork"
	Privileged   Flaw = "privileged"
	Capabilities Flaw = "capabilities"
	Sysctl       Flaw = "sysctl"
	Unconfined   Flaw = "unconfined"
)

// flawOf spreads the flaws: 60 % of workloads have none.
func flawOf(i int) Flaw {
	switch n := i * 37 % 100; { // 37 and 100 share no factor: a hundred indexes draw every n once
	case n < 60:
		return None
	case n < 74:
		return Careless
	case n < 80:
		return Root
	case n < 86:
		return HostPath
	case n < 90:
		return HostNetwork
	case n < 93:
		return Privileged
	case n < 96:
		return Capabilities
	case n < 98:
		return Sysctl
	default:
		return Unconfined
	}
}

// into puts the flaw into a spec.
func (f Flaw) into(s *corev1.PodSpec) {
	app := &s.Containers[0]
	yes, root := true, int64(0)
	switch f {
	case None:
	case Careless:
		s.SecurityContext = nil
		for i := range s.Containers {
			s.Containers[i].SecurityContext = nil
		}
		s.InitContainers[0].SecurityContext = nil
	case Root:
		s.SecurityContext.RunAsUser, s.SecurityContext.RunAsNonRoot = &root, nil
	case HostPath:
		s.Volumes = append(s.Volumes, corev1.Volume{Name: "logs", VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: "/var/log"},
		}})
		app.VolumeMounts = append(app.VolumeMounts, corev1.VolumeMount{Name: "logs", MountPath: "/host/log"})
	case HostNetwork:
		s.HostNetwork = true
		for i := range app.Ports {
			app.Ports[i].HostPort = app.Ports[i].ContainerPort
		}
	case Privileged:
		app.SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	case Capabilities:
		app.SecurityContext.Capabilities.Add = []corev1.Capability{"NET_ADMIN", "NET_RAW"}
	case Sysctl:
		s.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.core.somaxconn", Value: "4096"}}
	case Unconfined:
		s.SecurityContext.SeccompProfile.Type = corev1.SeccompProfileTypeUnconfined
		s.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Type: "spc_t"}
	}
}
