package standard

import (
	"testing"

	"k8s.io/pod-security-admission/api"
)

// compliant passes restricted; its container is what a Deployment of the well-behaved kind has.
const compliant = `
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: app
    ports: [{containerPort: 8080}]
    livenessProbe: {httpGet: {path: /healthz, port: 8080}}
    readinessProbe: {httpGet: {path: /readyz, port: 8080}}
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
  volumes: [{name: tmp, emptyDir: {}}, {name: config, configMap: {name: c}}, {name: token, projected: {sources: []}}]`

// violating is what a node agent asks for.
const violating = `
metadata:
  annotations: {container.apparmor.security.beta.kubernetes.io/agent: unconfined}
spec:
  hostNetwork: true
  hostPID: true
  securityContext: {runAsUser: 0, seLinuxOptions: {type: spc_t}, sysctls: [{name: kernel.msgmax, value: "1"}]}
  initContainers: [{name: init, securityContext: {privileged: true}}]
  containers:
  - name: agent
    ports: [{containerPort: 9100, hostPort: 9100}]
    livenessProbe: {httpGet: {host: 127.0.0.1, port: 9100}}
    securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN, NET_ADMIN]}, seccompProfile: {type: Unconfined}}
  volumes: [{name: root, hostPath: {path: /}}, {name: sys, hostPath: {path: /sys}}]`

func BenchmarkDenials(b *testing.B) {
	e := newEvaluator(b, NewestMinor)
	lv := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, c := range []struct {
		name, pod string
		want      int
	}{{"compliant", compliant, 0}, {"violating", violating, 13}} {
		b.Run(c.name, func(b *testing.B) {
			p := podOf(b, c.pod)
			b.ReportAllocs()
			for b.Loop() {
				if got := len(e.Denials(lv, &p.ObjectMeta, &p.Spec)); got != c.want {
					b.Fatalf("%d denials, want %d", got, c.want)
				}
			}
		})
	}
}

// Every denial of the violating pod, located.
func BenchmarkLocate(b *testing.B) {
	e := newEvaluator(b, NewestMinor)
	lv := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	p := podOf(b, violating)
	denials := e.Denials(lv, &p.ObjectMeta, &p.Spec)
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range denials {
			if len(e.Locate(d.Check, e.Latest(), &p.ObjectMeta, &p.Spec)) == 0 {
				b.Fatalf("%s: nothing located", d.Check)
			}
		}
	}
}

func BenchmarkNewEvaluator(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newEvaluator(b, NewestMinor)
	}
}
