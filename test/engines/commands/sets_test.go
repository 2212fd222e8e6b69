package commands

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-pss/kubectl-pss/pkg/beyond"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// listed is a policy that says something of everything, by lists and ranges of its own, so that every rule is rendered.
const listed = `
metadata:
  name: listed
  annotations:
    seccomp.security.alpha.kubernetes.io/allowedProfileNames: runtime/default
    seccomp.security.alpha.kubernetes.io/defaultProfileName: runtime/default
    apparmor.security.beta.kubernetes.io/allowedProfileNames: runtime/default,localhost/a
    apparmor.security.beta.kubernetes.io/defaultProfileName: runtime/default
spec:
  privileged: false
  hostNetwork: true
  hostPorts: [{min: 80, max: 90}, {min: 1000, max: 9000}]
  allowPrivilegeEscalation: false
  allowedCapabilities: [NET_BIND_SERVICE, CHOWN]
  defaultAddCapabilities: [CHOWN]
  requiredDropCapabilities: [ALL]
  volumes: [configMap, secret, projected, emptyDir, hostPath, flexVolume, csi, persistentVolumeClaim]
  allowedHostPaths: [{pathPrefix: /var/log}, {pathPrefix: /etc, readOnly: true}]
  allowedFlexVolumes: [{driver: example/fine}]
  allowedCSIDrivers: [{name: csi.example.com}]
  allowedUnsafeSysctls: [net.core.*]
  forbiddenSysctls: [kernel.shm_rmid_forced]
  allowedProcMountTypes: [Default]
  readOnlyRootFilesystem: true
  runtimeClass: {allowedRuntimeClassNames: [trusted], defaultRuntimeClassName: trusted}
  seLinux: {rule: MustRunAs, seLinuxOptions: {level: "s0:c1,c2"}}
  runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  runAsGroup: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  fsGroup: {rule: MayRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
  supplementalGroups: {rule: MustRunAs, ranges: [{min: 1, max: 10}, {min: 1000, max: 65535}]}
`

// sets are those that are rendered: what a policy that lists everything says beyond no level at all, all controls, and
// the restricted level but for one workload.
func sets(t *testing.T) []*export.Set {
	t.Helper()
	p := &psp.Policy{}
	if err := yaml.UnmarshalStrict([]byte(listed), p); err != nil {
		t.Fatal(err)
	}
	fromPolicy, err := export.FromPolicy(p, api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()})
	if err != nil {
		t.Fatal(err)
	}
	controls, err := export.FromControls(beyond.Names(), export.ControlParams{Registries: []string{"registry.example.com", "docker.io/library"}})
	if err != nil {
		t.Fatal(err)
	}
	except, err := export.FromStandard(api.LevelRestricted, api.LatestVersion(), export.Exception{Workloads: []export.ExceptedWorkload{{
		Ref: workload.Ref{Group: "apps", Kind: "DaemonSet", Name: "agent"}, ServiceAccount: "agent", Labels: map[string]string{"app": "agent"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return []*export.Set{fromPolicy, controls, except}
}

// pods are random ones, the same in every run, and some with what is too rare among them.
func pods(t *testing.T) map[string]*corev1.Pod {
	t.Helper()
	all := map[string]*corev1.Pod{}
	for i := range uint64(40) {
		name := fmt.Sprintf("random-%d", i)
		all[name] = random.Pod(random.NewDice(8, i, 37), namespace, name)
	}
	for name, text := range rare() {
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(pod.Spec.Containers) == 0 {
			pod.Spec.Containers = []corev1.Container{{Name: "a", Image: "a"}}
		}
		all[name] = pod
	}
	return all
}

// rare are pods by their names; without containers they have one that says nothing.
func rare() map[string]string {
	const pinned = `registry.example.com/a@sha256:` + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	return map[string]string{
		"flex":       `spec: {volumes: [{name: v, flexVolume: {driver: example/bad}}]}`,
		"flex-fine":  `spec: {volumes: [{name: v, flexVolume: {driver: example/fine}}]}`,
		"csi":        `spec: {volumes: [{name: v, csi: {driver: other.example.com}}]}`,
		"fs-group":   `spec: {securityContext: {fsGroup: 11}}`,
		"groups":     `spec: {securityContext: {supplementalGroups: [1, 11]}}`,
		"groups-ok":  `spec: {securityContext: {supplementalGroups: [1, 10], fsGroup: 10, runAsUser: 10, runAsGroup: 1000}}`,
		"log":        `spec: {volumes: [{name: v, hostPath: {path: /var/log/pods}}]}`,
		"logs":       `spec: {volumes: [{name: v, hostPath: {path: /var/logs}}]}`,
		"etc":        `spec: {volumes: [{name: v, hostPath: {path: /etc/a}}], initContainers: [{name: i, image: i, volumeMounts: [{name: v, mountPath: /a}]}]}`,
		"etc-read":   `spec: {volumes: [{name: v, hostPath: {path: /etc/a}}], initContainers: [{name: i, image: i, volumeMounts: [{name: v, mountPath: /a, readOnly: true}]}]}`,
		"debugged":   `spec: {ephemeralContainers: [{name: e, image: e, securityContext: {privileged: true}}]}`,
		"windows":    `spec: {os: {name: windows}}`,
		"categories": `spec: {securityContext: {seLinuxOptions: {level: "s0:c2,c1"}}}`,
		"foreign":    `spec: {containers: [{name: a, image: evil.example.com/a}]}`,
		"pinned":     `spec: {containers: [{name: a, image: "` + pinned + `", resources: {limits: {cpu: 1, memory: 1Gi}}}]}`,
		"token":      `spec: {containers: [{name: a, image: a, volumeMounts: [{name: v, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]}`,
		"agent":      `{metadata: {labels: {app: agent}}, spec: {serviceAccountName: agent, hostPID: true}}`,
		"not-agent":  `{metadata: {labels: {app: agent}}, spec: {hostPID: true}}`,
	}
}

// sorted puts messages in order, which engines do not keep.
func sorted(v verdicts) verdicts {
	for _, messages := range v {
		slices.Sort(messages)
	}
	return v
}
