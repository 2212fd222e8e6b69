package standard

import (
	"fmt"

	"k8s.io/pod-security-admission/policy"
)

// volumeProse is about volumes and kernel parameters.
func volumeProse(id policy.CheckID) (prose, bool) {
	switch id {
	case "hostPathVolumes":
		return hostPathProse(), true
	case "restrictedVolumes":
		return restrictedVolumesProse(), true
	case "sysctls":
		return sysctlsProse(), true
	default:
		return prose{}, false
	}
}

func hostPathProse() prose {
	return prose{
		forbids: "hostPath volumes",
		risk: "A directory of the node leads past everything that keeps pods apart. The container runtime's socket or a directory from " +
			"which the node starts programs is root on the node; /var/lib/kubelet holds the secrets of every pod there. Mounting it " +
			"read-only does not help: who may write the pod may write it without.",
		remedy: "Use emptyDir for scratch space, configMap, secret or projected for files, persistentVolumeClaim for data; a disk of the " +
			"node can be claimed through a local PersistentVolume. Agents that must read the node go to a namespace of their own that enforces " +
			"privileged. `kubectl pss check` names what each path exposes.",
		fields:  []string{"spec.volumes[*].hostPath"},
		allowed: []values{{values: []string{unset}}},
		denied: `spec:
  volumes:
  - name: logs
    hostPath:
      path: /var/log
`,
		passing: `spec:
  volumes:
  - name: logs
    emptyDir: {}
`,
	}
}

func restrictedVolumesProse() prose {
	return prose{
		forbids: "volume types beyond the portable ones",
		risk: "Other types let the pod's author name a server or disk that the node mounts with its own kernel and, at times, its own " +
			"rights: data of others, file systems made to break the kernel, or, with gitRepo, commands run as root on the node. Which storage may be " +
			"used is then for the pod's author to say and no longer for the cluster's admin.",
		remedy: "Let an admin provide the storage, and claim it: persistentVolumeClaim, or ephemeral for as long as the pod lives. For a " +
			"Git repository use an init container that clones into an emptyDir.",
		fields: []string{
			"spec.volumes[*].awsElasticBlockStore", "spec.volumes[*].azureDisk", "spec.volumes[*].azureFile", "spec.volumes[*].cephfs",
			"spec.volumes[*].cinder", "spec.volumes[*].fc", "spec.volumes[*].flexVolume", "spec.volumes[*].flocker",
			"spec.volumes[*].gcePersistentDisk", "spec.volumes[*].gitRepo", "spec.volumes[*].glusterfs", "spec.volumes[*].hostPath",
			"spec.volumes[*].iscsi", "spec.volumes[*].nfs", "spec.volumes[*].photonPersistentDisk", "spec.volumes[*].portworxVolume",
			"spec.volumes[*].quobyte", "spec.volumes[*].rbd", "spec.volumes[*].scaleIO", "spec.volumes[*].storageos", "spec.volumes[*].vsphereVolume",
		},
		allowed: []values{{values: []string{
			"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
		}}},
		servers: []string{fmt.Sprintf("Servers before v1.%d deny image volumes at every version.", imageVolumesSince)},
		denied: `spec:
  volumes:
  - name: data
    nfs:
      server: nas.example.com
      path: /export
`,
		passing: `spec:
  volumes:
  - name: data
    persistentVolumeClaim:
      claimName: data
`,
	}
}

func sysctlsProse() prose {
	also := func(names ...string) change {
		return change{allows: values{values: names}}
	}
	return prose{
		forbids: "kernel parameters of the whole node",
		risk: "A kernel parameter that no namespace confines changes the node for everybody on it: it can switch protections off, or use up " +
			"what other pods need.",
		remedy: "Ask for allowed names only, spelled with dots (kernel/shm_rmid_forced is denied). Others are set on the nodes, by their admin. " +
			"An older kubelet may still refuse a name that the check has come to allow.",
		fields: []string{"spec.securityContext.sysctls[*].name"},
		allowed: []values{{values: []string{
			"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
			"net.ipv4.tcp_syncookies",
		}}},
		changes: []change{
			also("net.ipv4.ip_local_reserved_ports"),
			also("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time"),
			also("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
			also("net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"),
		},
		denied: `spec:
  securityContext:
    sysctls:
    - name: kernel.msgmax
      value: "65536"
`,
		passing: `spec:
  securityContext:
    sysctls:
    - name: net.ipv4.ip_unprivileged_port_start
      value: "80"
`,
	}
}
