package standard

import "testing"

func TestLocateHost(t *testing.T) {
	const handlers = `
spec:
  initContainers:
  - {name: i, restartPolicy: Always, startupProbe: {httpGet: {host: 127.0.0.1, port: 80}}}
  containers:
  - name: a
    livenessProbe: {httpGet: {host: "", port: 80, httpHeaders: [{name: Host, value: x}]}}
    readinessProbe: {tcpSocket: {host: localhost, port: 80}}
    lifecycle: {postStart: {httpGet: {host: b, port: 80}}, preStop: {tcpSocket: {host: c, port: 80}}}
  - {name: b, livenessProbe: {grpc: {port: 80}}}`
	runLocate(t, []locateCase{
		{"all", "hostNamespaces", 0, `{spec: {hostNetwork: true, hostPID: true, hostIPC: true}}`, []Field{
			{"spec.hostNetwork", "", true}, {"spec.hostPID", "", true}, {"spec.hostIPC", "", true},
		}},
		{"one", "hostNamespaces", 37, `{spec: {hostNetwork: false, hostPID: true}}`, []Field{{"spec.hostPID", "", true}}},
		{
			"some ports", "hostPorts", 0, `
spec:
  containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 81, hostPort: 8081}, {containerPort: 82, hostPort: 0}]}]`,
			[]Field{{"spec.containers[0].ports[1].hostPort", "a", int64(8081)}},
		},
		{"before 1.34", "hostProbesAndHostLifecycle", 33, handlers, nil},
		{"since 1.34", "hostProbesAndHostLifecycle", 34, handlers, []Field{
			{"spec.initContainers[0].startupProbe.httpGet.host", "i", "127.0.0.1"},
			{"spec.containers[0].readinessProbe.tcpSocket.host", "a", "localhost"},
			{"spec.containers[0].lifecycle.postStart.httpGet.host", "a", "b"},
			{"spec.containers[0].lifecycle.preStop.tcpSocket.host", "a", "c"},
		}},
		{
			"path of the host", "hostPathVolumes", 0, `
spec: {volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: {path: /var/run}}]}`,
			[]Field{{"spec.volumes[1].hostPath", "", "/var/run"}},
		},
	})
}

func TestLocateSysctls(t *testing.T) {
	// Each of these was first allowed by a revision of its own.
	const pod = `
spec:
  securityContext:
    sysctls:
    - {name: net.ipv4.tcp_syncookies, value: "1"}
    - {name: net.ipv4.ip_local_reserved_ports, value: "1"}
    - {name: net.ipv4.tcp_fin_timeout, value: "1"}
    - {name: net.ipv4.tcp_rmem, value: "1"}
    - {name: net.ipv4.tcp_notsent_lowat, value: "1"}
    - {name: kernel/shm_rmid_forced, value: "1"}`
	bad := []Field{
		{"spec.securityContext.sysctls[1].name", "", "net.ipv4.ip_local_reserved_ports"},
		{"spec.securityContext.sysctls[2].name", "", "net.ipv4.tcp_fin_timeout"},
		{"spec.securityContext.sysctls[3].name", "", "net.ipv4.tcp_rmem"},
		{"spec.securityContext.sysctls[4].name", "", "net.ipv4.tcp_notsent_lowat"},
		{"spec.securityContext.sysctls[5].name", "", "kernel/shm_rmid_forced"},
	}
	runLocate(t, []locateCase{
		{"1.26", "sysctls", 26, pod, bad},
		{"1.27", "sysctls", 27, pod, bad[1:]},
		{"1.29", "sysctls", 29, pod, bad[2:]},
		{"1.32", "sysctls", 32, pod, bad[3:]},
		{"1.37", "sysctls", 37, pod, bad[4:]},
	})
}
