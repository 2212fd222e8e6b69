package standard

import (
	"path"
	"strings"
)

// Exposes says what a located field opens to whoever controls the pod: for a hostPath, what is at that path of a
// usual node. Empty where there is nothing to say.
func Exposes(f Field) string {
	hostPath, isText := f.Value.(string)
	if !isText || !strings.HasSuffix(f.Path, ".hostPath") {
		return ""
	}
	if strings.ContainsAny(hostPath, `\`) || len(hostPath) > 1 && hostPath[1] == ':' {
		return onWindows(hostPath)
	}
	clean := path.Clean("/" + hostPath)
	// /var/run is a link to /run wherever systemd is at home.
	if rest, ok := strings.CutPrefix(clean, "/var/run"); ok && (rest == "" || rest[0] == '/') {
		clean = "/run" + rest
	}
	table := exposures()
	for at := clean; ; at = path.Dir(at) {
		for _, e := range table {
			if e.path == at && (e.below || at == clean) {
				return e.what
			}
		}
		if at == "/" {
			return ""
		}
	}
}

// exposure is what a path of the node opens.
type exposure struct {
	path string
	// below says that the same holds of what is below the path, unless that has an entry of its own.
	below bool
	what  string
}

// What several paths open.
const (
	runtimeSocket  = "control over the node's containers, and through new ones root on the node"
	runtimeSockets = "the sockets of the container runtime and other services: control over the node's containers, root on the node"
	containerFiles = "the files of all containers on the node, images and secrets included"
	nodePrograms   = "programs of the node: who can change one has it run as root"
	nodeSchedule   = "what the node runs by itself as root"
	nodeAccounts   = "keys, tokens and kubeconfigs of the people and programs that administer the node"
	harmless       = "nothing secret on a usual node"
)

// exposures is the table. Of a path that is not in it nothing is known: a node's admin may have put anything there.
func exposures() []exposure {
	return append([]exposure{
		{"/", false, "the whole node: the files of every pod and of the system; who can write there is root on the node"},
		{"/boot", true, "the node's kernel and how it starts"},
		{"/dev", false, "every device of the node, its disks with all data on them included"},
		{"/dev", true, "a device of the node"},
		{"/dev/mem", true, "the node's whole memory"},
		{"/dev/kmsg", true, "the kernel's log"},
		{"/dev/shm", true, "shared memory of the node's processes"},
		{"/home", true, nodeAccounts},
		{"/lib", true, nodePrograms},
		{"/lib/modules", true, "the kernel's modules: who can change one runs code in the node's kernel"},
		{"/opt", false, nodePrograms},
		{"/opt/cni", true, "network plugins, which the node runs as root for every new pod"},
		{"/proc", true, "every process of the node, with its memory and environment, and kernel parameters: a way to root on the node"},
		{"/root", true, nodeAccounts},
		{"/sys", true, "the node's kernel and devices: their state, and ways to change it"},
		{"/sys/fs/cgroup", true, "the limits of every container on the node, and with cgroup v1 a way to root on it"},
		{"/tmp", false, "files that programs of the node and other pods share"},
		{"/usr", true, nodePrograms},
		{"/usr/share", true, harmless},
		{"/bin", true, nodePrograms},
		{"/sbin", true, nodePrograms},
		{"/var", false, "the kubelet's directory, the container runtime's and the logs: secrets and files of all pods on the node"},
		{"/var/lib", false, "the kubelet's directory and the container runtime's: secrets and files of all pods on the node"},
		{"/var/lib/kubelet", true, "secrets, tokens and volumes of all pods on the node, and the kubelet's own credentials"},
		{"/var/lib/kubelet/device-plugins", true, "the kubelet's register of device plugins: what devices pods are given"},
		{"/var/lib/kubelet/plugins", true, "sockets and mounts of storage drivers: the volumes of other pods"},
		{"/var/lib/kubelet/plugins_registry", true, "the kubelet's register of storage drivers and other plugins"},
		{"/var/lib/kubelet/pod-resources", true, "which pods hold which devices"},
		{"/var/lib/etcd", true, "the cluster's whole state, every Secret included"},
		{"/var/lib/docker", true, containerFiles},
		{"/var/lib/containerd", true, containerFiles},
		{"/var/lib/containers", true, containerFiles},
		{"/var/lib/rancher", true, "k3s or RKE2 with its credentials and container files: the node, on a server the cluster"},
		{"/var/log", true, "logs of every pod and of the node; who can write there can make the kubelet serve any file of the node"},
		{"/var/spool/cron", true, nodeSchedule},
	}, append(configured(), sockets()...)...)
}

// configured are the directories of configuration.
func configured() []exposure {
	return []exposure{
		{"/etc", true, "the node's configuration, accounts and keys; who can write there is root on the node"},
		{"/etc/cni", true, "how pods are networked: what is configured there runs as root on the node"},
		{"/etc/cron.d", true, nodeSchedule},
		{"/etc/cron.daily", true, nodeSchedule},
		{"/etc/crontab", true, nodeSchedule},
		{"/etc/kubernetes", true, "credentials of the node's Kubernetes components; on a control plane node those of the whole cluster"},
		{"/etc/kubernetes/manifests", true, "static pods: what is written there runs on the node, past any admission"},
		{"/etc/kubernetes/pki", true, "the cluster's keys: who reads them can be anyone in the cluster"},
		{"/etc/localtime", true, harmless},
		{"/etc/machine-id", true, harmless},
		{"/etc/os-release", true, harmless},
		{"/etc/resolv.conf", true, harmless},
		{"/etc/rancher", true, "k3s or RKE2 credentials, on a server those of the whole cluster"},
		{"/etc/ssh", true, "the node's SSH keys and who may log in"},
		{"/etc/ssl/certs", true, "the authorities that the node trusts; nothing secret"},
		{"/etc/systemd", true, nodeSchedule},
		{"/etc/timezone", true, harmless},
	}
}

// sockets are where services of the node listen.
func sockets() []exposure {
	return []exposure{
		{"/run", false, runtimeSockets},
		{"/run/containerd", true, runtimeSocket},
		{"/run/cri-dockerd.sock", true, runtimeSocket},
		{"/run/crio", true, runtimeSocket},
		{"/run/dbus", true, "the node's system bus: services can be started and changed through it"},
		{"/run/docker", true, runtimeSocket},
		{"/run/docker.sock", true, runtimeSocket},
		{"/run/dockershim.sock", true, runtimeSocket},
		{"/run/k3s", true, runtimeSocket},
		{"/run/podman", true, runtimeSocket},
		{"/run/secrets", true, "secrets of containers and of the node"},
		{"/run/systemd", true, "the node's service manager: what runs on it, and as whom"},
	}
}

// onWindows is Exposes for paths of a Windows node.
func onWindows(hostPath string) string {
	p := strings.ToLower(strings.Trim(strings.ReplaceAll(hostPath, `\`, "/"), "/"))
	switch {
	case strings.HasSuffix(p, "pipe/docker_engine"), strings.HasSuffix(p, "pipe/containerd-containerd"):
		return runtimeSocket
	case len(p) == 2 && p[1] == ':':
		return "the whole drive: the files of every pod and of the system"
	case strings.HasPrefix(p[min(2, len(p)):], "/var/lib/kubelet"):
		return "secrets, tokens and volumes of all pods on the node, and the kubelet's own credentials"
	default:
		return ""
	}
}
