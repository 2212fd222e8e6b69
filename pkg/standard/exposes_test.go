package standard

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestExposes(t *testing.T) {
	for hostPath, want := range map[string]string{
		"/":                                  "the whole node: the files of every pod and of the system; who can write there is root on the node",
		"//":                                 "the whole node: the files of every pod and of the system; who can write there is root on the node",
		"/var/run/docker.sock":               runtimeSocket,
		"/run/docker.sock":                   runtimeSocket,
		"/var/run/":                          runtimeSockets,
		"/var/runner":                        "",
		"/run/containerd/containerd.sock":    runtimeSocket,
		"/etc":                               "the node's configuration, accounts and keys; who can write there is root on the node",
		"/etc/shadow":                        "the node's configuration, accounts and keys; who can write there is root on the node",
		"/etc/../etc//kubernetes/pki/ca.key": "the cluster's keys: who reads them can be anyone in the cluster",
		"/etc/kubernetes/admin.conf":         "credentials of the node's Kubernetes components; on a control plane node those of the whole cluster",
		"/etc/localtime":                     harmless,
		"/etcetera":                          "",
		"/proc/1/root":                       "every process of the node, with its memory and environment, and kernel parameters: a way to root on the node",
		"/var/lib/kubelet/pods":              "secrets, tokens and volumes of all pods on the node, and the kubelet's own credentials",
		"/var/lib/kubelet/device-plugins":    "the kubelet's register of device plugins: what devices pods are given",
		"/var/lib":                           "the kubelet's directory and the container runtime's: secrets and files of all pods on the node",
		"/var/lib/myapp":                     "",
		"/var/log/pods":                      "logs of every pod and of the node; who can write there can make the kubelet serve any file of the node",
		"/dev":                               "every device of the node, its disks with all data on them included",
		"/dev/hsm0":                          "a device of the node",
		"/dev/kmsg":                          "the kernel's log",
		"/data":                              "",
		"/tmp":                               "files that programs of the node and other pods share",
		"/tmp/x":                             "",
		"/opt/cni/bin":                       "network plugins, which the node runs as root for every new pod",
		"/opt/app":                           "",
		`\\.\pipe\docker_engine`:             runtimeSocket,
		`\\.\pipe\containerd-containerd`:     runtimeSocket,
		`\\.\pipe\mine`:                      "",
		`C:\`:                                "the whole drive: the files of every pod and of the system",
		`c:\var\lib\kubelet\pods`:            "secrets, tokens and volumes of all pods on the node, and the kubelet's own credentials",
		`C:\data`:                            "",
		"c:/":                                "the whole drive: the files of every pod and of the system",
		"":                                   "the whole node: the files of every pod and of the system; who can write there is root on the node",
	} {
		if got := Exposes(Field{Path: "spec.volumes[0].hostPath", Value: hostPath}); got != want {
			t.Errorf("%q exposes %q, want %q", hostPath, got, want)
		}
	}
}

// Only paths of the node expose it: /etc of an NFS server is its own.
func TestExposesOnlyHostPaths(t *testing.T) {
	for _, f := range []Field{
		{Path: "spec.volumes[0].nfs", Value: "/etc"},
		{Path: "spec.volumes[0].hostPath"},
		{Path: "spec.hostNetwork", Value: true},
	} {
		if got := Exposes(f); got != "" {
			t.Errorf("%v exposes %q, want nothing", f, got)
		}
	}
}

// An entry that another one hides, or that no path leads to, says nothing to anyone.
func TestExposuresAreReached(t *testing.T) {
	for i, e := range exposures() {
		if path.Clean(e.path) != e.path || strings.HasPrefix(e.path, "/var/run") {
			t.Errorf("no cleaned path is %s", e.path)
		}
		at := e.path
		if slices.ContainsFunc(exposures()[:i], func(other exposure) bool { return other.path == e.path }) {
			at += "/x" // the first entry of two is about the path itself
		}
		if got := Exposes(Field{Path: "spec.volumes[0].hostPath", Value: at}); got != e.what {
			t.Errorf("%s exposes %q, want %q", at, got, e.what)
		}
	}
}
